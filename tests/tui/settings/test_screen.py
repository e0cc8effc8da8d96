"""The settings screen on a real workspace: every key, every file as it should be afterwards."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from engine.settings.options import option
from engine.shipped import shipped
from tests.support import scripted_run as script
from tests.support.ollama_server import COMPLETION, OllamaServer


@pytest.fixture
async def screen(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("f6")
        await until_shown(pilot, "max_iterations")
        yield pilot


def file(pilot: Any, name: str) -> str:
    return str((pilot.app.session.workspace.configs / f"{name}.yaml").read_text())


async def until_shown(pilot: Any, *words: str) -> None:
    await script.until(pilot, lambda: all(word in script.screen_text(pilot.app) for word in words))


async def find(pilot: Any, words: str) -> None:
    await pilot.press("slash", *words, "enter")


async def test_a_number_is_typed_checked_and_written(screen):
    await find(screen, "pruning")
    await until_shown(screen, "Below this an experimental persona", "valid: a number from 0 to 1")
    await screen.press("enter", *"0.49x")  # what is typed takes the place of the old value
    await until_shown(screen, "'0.49x' is not valid (a number from 0 to 1)")
    await screen.press("enter")  # refused: the line stays open
    assert "pruning_threshold: 0.4\n" in file(screen, "thresholds")
    await screen.press("backspace", "enter")
    await until_shown(screen, "pruning_threshold: 0.4 → 0.49, from the next question on", "* pruning_threshold")
    shown = shipped("configs/thresholds.yaml").read_text()
    assert file(screen, "thresholds") == shown.replace("pruning_threshold: 0.4", "pruning_threshold: 0.49")
    assert screen.app.session.settings.thresholds.pruning_threshold == 0.49


async def test_escape_leaves_the_value_then_the_screen(screen):
    await screen.press("e", "9", "escape")
    assert "max_iterations: 2\n" in file(screen, "system")
    await screen.press("escape")
    assert screen.app.current_mode == "ask"


async def test_choices_turn_with_space_and_arrows_and_none_is_lost(screen):
    await find(screen, "log_level")
    await screen.press("space", "space", "left", "right", "l", "h")
    await until_shown(screen, "* log_level                 DEBUG")
    await script.until(screen, lambda: "log_level: DEBUG\n" in file(screen, "system"))
    await find(screen, "evolution")
    await screen.press("space")
    await until_shown(screen, "evolution: false → true")


async def test_reset_and_undo(screen):
    await find(screen, "seed")
    await screen.press("enter", "7", "enter")
    await until_shown(screen, "seed: 0 → 7")
    await screen.press("r")
    await until_shown(screen, "seed: 7 → 0")
    assert file(screen, "system") == shipped("configs/system.yaml").read_text()
    await screen.press("G", "u")
    await until_shown(screen, "seed: 0 → 7", "─ system.seed")
    await screen.press("u")
    await until_shown(screen, "seed: 7 → 0")
    assert file(screen, "system") == shipped("configs/system.yaml").read_text()


async def test_a_theme_counts_at_once(screen):
    await find(screen, "theme")
    await screen.press("enter", *["backspace"] * 20, *"nordd")
    await until_shown(screen, "there is no 'nordd' (near: nord")
    await screen.press("backspace", "enter")
    await script.until(screen, lambda: screen.app.theme == "nord")
    await screen.press("right")
    await script.until(screen, lambda: screen.app.theme == "rose-pine")
    assert "\ntheme: rose-pine\n" in file(screen, "screen")


async def test_keys_count_at_once_also_in_the_first_line(screen):
    await find(screen, "keymap")
    await screen.press("enter", *"personas: f10")
    await screen.press("enter")
    await until_shown(screen, "f10 Personas")
    await screen.press("f10")
    assert screen.app.current_mode == "personas"


async def test_moving(screen):
    listed = screen.app.screen.query_one("#options")
    await screen.press("j", "j", "k")
    assert listed.highlighted == 2
    await screen.press("G")
    await until_shown(screen, "─ opensearch.replicas")
    await screen.press("g")
    assert listed.highlighted == 1
    await screen.press("slash", *"qqq")
    await until_shown(screen, "no setting has 'qqq' in its name")


async def test_what_another_session_wrote_is_seen_at_the_next_visit(screen):
    path = screen.app.session.workspace.configs / "system.yaml"
    path.write_text(path.read_text().replace("batch_size: 6", "batch_size: 9"))
    await screen.press("escape", "f6")
    await until_shown(screen, "* batch_size                9")


async def test_a_broken_file_is_told_and_not_overwritten(screen):
    path = screen.app.session.workspace.configs / "system.yaml"
    path.write_text("seed: [\n")
    await screen.resize_terminal(240, 24)
    await screen.press("escape", "f6")
    await until_shown(screen, "the settings were not read again: ")
    await find(screen, "seed")
    await screen.press("enter", "1", "enter")
    await until_shown(screen, "was left as it is")
    assert path.read_text() == "seed: [\n"


async def test_the_models_of_the_server_are_offered(session):
    with OllamaServer({"qwen3:4b": COMPLETION, "llama3:8b": COMPLETION}) as server:
        settings = session.settings
        session.adopt(replace(settings, ollama=replace(settings.ollama, api_endpoint=server.url)))
        session.settings_files.read = lambda: session.settings
        async with script.app(session).run_test(size=(80, 24)) as pilot:
            await script.ready(pilot)
            await pilot.press("f6")
            await find(pilot, "model_name")
            await until_shown(pilot, "valid: auto, none, llama3:8b, qwen3:4b")
            await pilot.press("left")
            await until_shown(pilot, "model_name: auto → qwen3:4b")
        assert "\nmodel_name: qwen3:4b\n" in file(pilot, "ollama")


async def test_a_server_that_is_not_there_offers_nothing(session):
    session.adopt(replace(session.settings, ollama=replace(session.settings.ollama, api_endpoint="http://127.0.0.1:9")))
    assert await session.runs.installed_models() == ()


async def test_changing_the_model_leaves_the_old_connection_until_the_end(session):
    class Model:
        closed = False

        async def close(self) -> None:
            self.closed = True

    old = session.model._model = Model()
    session.adopt(await asyncio.to_thread(session.settings_files.read))
    assert session.model._model is old
    session.adopt(await asyncio.to_thread(session.settings_files.write, option("num_ctx"), 4096))
    assert session.model._model != old
    assert not old.closed
    await session.close()
    assert old.closed
