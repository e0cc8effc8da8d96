"""What all screens share: help, palette, remapped keys, theme, the way out."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from db import log
from db.workspace import Workspace
from tests.support import scripted_run as script
from tui.command_line import main
from tui.navigation.help_screen import HelpScreen


def with_screen(**changed: Any) -> script.ScriptedSession:
    session = script.ScriptedSession()
    session.settings = replace(session.settings, screen=replace(session.settings.screen, **changed))
    return session


async def test_help_lists_the_keys_with_their_ids():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("f1")
        text = script.screen_text(pilot.app)
        assert isinstance(pilot.app.screen, HelpScreen)
        assert all(words in text for words in ("Keys · Ask", "f2", "personas", "^q", "quit", "Panel: ● called"))
        await pilot.press("f1")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_a_screen_is_reached_from_the_help_unless_words_are_searched_there():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24), notifications=True) as pilot:
        await script.ready(pilot)
        await pilot.press("f1", "slash", "w")
        await pilot.press("f3")
        await script.until(pilot, lambda: "Close this window first" in script.screen_text(pilot.app))
        await pilot.press("escape", "f3")
        await script.until(pilot, lambda: pilot.app.current_mode == "history")


async def test_help_is_of_the_screen_and_the_pane_and_finds_and_scrolls():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 50)) as pilot:
        await script.ready(pilot)
        await pilot.press("f2", "question_mark")
        text = script.screen_text(pilot.app)
        assert text.index("This screen") < text.index("Move it to the archive") < text.index("Everywhere")
        assert "● active" in text
        assert "Panel:" not in text
        await pilot.press("slash", *"archive prune")
        text = script.screen_text(pilot.app)
        assert "Move it to the archive" in text
        assert "One state up" not in text
        await pilot.press("escape", "G")
        assert pilot.app.screen.query_one("#dialog").scroll_offset.y > 0
        await pilot.press("g", "j", "j", "k")
        await pilot.pause()
        assert pilot.app.screen.query_one("#dialog").scroll_offset.y == 1
        await pilot.press("escape")
        assert pilot.app.screen.title == "Personas"


async def test_jumping_to_a_pane_by_its_letter():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press("ctrl+o")
        lines = script.screen_text(pilot.app).splitlines()
        assert lines[1].startswith("Ask   a ")  # the corner of the input
        assert sum(line.startswith((" s ", " d ")) for line in lines) == 2
        await pilot.press("0", "g")
        assert pilot.app.screen is pilot.app.ask_screen
        assert pilot.app.focused.id == "walk"
        await pilot.press("ctrl+o", "escape")
        assert pilot.app.focused.id == "walk"
        await pilot.press("ctrl+o", "3")
        await script.until(pilot, lambda: pilot.app.current_mode == "history")


async def test_a_question_mark_is_typed_in_a_question_and_asks_for_help_before_it():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("w", "question_mark")
        assert pilot.app.ask_screen.query_one("#ask").value == "w?"
        await pilot.press("backspace", "backspace", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)


@pytest.mark.parametrize(
    "keys",
    [
        (), ("shift+tab",), ("shift+tab",) * 2, ("shift+tab",) * 3, ("f2",), ("f3",), ("f4",), ("f5",), ("f6",),
        ("f6", "space"), ("f7",), ("down", "enter"),
    ],
)  # fmt: skip
async def test_every_shown_key_has_an_id_and_a_tooltip_and_fits_eighty_columns(keys):
    async with script.app(script.ScriptedSession(script.answered(), runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press("down", *keys)
        await script.drawn(pilot)
        shown = [active.binding for active in pilot.app.screen.active_bindings.values() if active.binding.show]
        assert all(binding.id and binding.tooltip for binding in shown)
        cells = {
            binding.action: len(pilot.app.get_key_display(binding)) + len(binding.description) + 2 for binding in shown
        }
        assert sum(cells.values()) - 1 <= 80  # no gap after the last


async def test_ids_are_unique_on_each_screen():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        for keys in ("f1", "f2", "f3", "f4", "f5", "f6", "f7"):
            await pilot.press(keys)
            found = [
                (key.binding.id, key.binding.action)
                for key in pilot.app.screen.active_bindings.values()
                if key.binding.id
            ]
            assert len({name for name, _ in found}) == len(set(found))
            await pilot.press("escape")


async def test_keys_can_be_changed_in_the_settings():
    async with script.app(with_screen(keymap={"personas": "f6"})).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("f6")
        assert pilot.app.current_mode == "personas"


async def test_the_theme_comes_from_the_settings():
    async with script.app(with_screen(theme="nord")).run_test() as pilot:
        assert pilot.app.theme == "nord"


async def test_an_unknown_theme_is_told_and_the_default_stays():
    async with script.app(with_screen(theme="[red]nowhere")).run_test(notifications=True) as pilot:
        await pilot.pause()
        assert pilot.app.theme == "textual-dark"
        assert [note.message for note in pilot.app._notifications] == [
            "There is no theme '[red]nowhere'; ctrl+p lists them."
        ]


async def test_the_palette_knows_the_keys():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        names = [command.title for command in pilot.app.get_system_commands(pilot.app.screen)]
        assert {"Personas (f2 alt+p)", "History (f3 f8 alt+h)", "Help (f1 ?)", "Theme: high-contrast"} <= set(names)
        assert {"Go to Personas: Prune (x)", "Go to History: Find (/)", "Go to Settings: Reset (r)"} <= set(names)
        assert len(names) == len(set(names))


async def test_a_command_of_another_screen_goes_there_and_names_its_key():
    async with script.app(script.ScriptedSession()).run_test(notifications=True) as pilot:
        await script.ready(pilot)
        commands = {command.title: command for command in pilot.app.get_system_commands(pilot.app.screen)}
        commands["Go to Personas: Prune (x)"].callback()
        await pilot.pause()
        assert pilot.app.current_mode == "personas"
        (note,) = pilot.app._notifications
        assert note.message == "x: Move it to the archive; u or r brings it back"


async def test_a_theme_of_the_palette_is_kept(session):
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        commands = {command.title: command for command in pilot.app.get_system_commands(pilot.app.screen)}
        await commands["Theme: nord"].callback()
        assert pilot.app.theme == "nord"
    assert session.settings_files.read().screen.theme == "nord"


async def test_what_is_wrong_with_the_users_keys_is_told():
    async with script.app(with_screen(keymap={"promot": "f5"})).run_test(notifications=True) as pilot:
        await script.ready(pilot)
        await script.until(pilot, lambda: len(pilot.app._notifications) > 0)
        assert [note.message for note in pilot.app._notifications] == [
            "keymap: there is no action 'promot' (did you mean 'promote'?)"
        ]


async def test_quitting_cancels_the_run_and_closes_the_session():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: session.asked)
        await pilot.press("ctrl+q")
        await script.until(pilot, lambda: session.cancelled)
    assert (session.closed, pilot.app.return_code) == (True, 0)


async def test_control_c_does_not_quit():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("ctrl+c")
        assert pilot.app.is_running


async def test_a_run_goes_on_while_another_screen_is_in_front():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await pilot.press("f2")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)


@pytest.mark.parametrize("where", ["callback", "worker"])
def test_a_defect_ends_the_program_and_its_traceback_goes_to_the_log(workspace, monkeypatch, capsys, where):
    def fail():
        raise ZeroDivisionError("a\x1b[31m\nb")

    async def failing():
        fail()

    def start(app, **_options):
        start = (lambda: app.call_later(fail)) if where == "callback" else lambda: app.run_worker(failing())
        asyncio.run(app.run_async(headless=True, auto_pilot=lambda _pilot: asyncio.sleep(0, start())))

    monkeypatch.setattr("tui.terminal.requirements.terminal_problem", lambda *_, **__: None)
    monkeypatch.setattr("tui.app.app.PersonaMoeApp.run", start)
    assert main(["--workspace", str(workspace), "--model", "none"]) == 1
    out, err = capsys.readouterr()
    path = Workspace(workspace).log
    assert (out, err) == ("", f"persona-moe: internal error: ZeroDivisionError: a[31m b; its traceback is in {path}\n")
    [entry] = log.last_errors(path)
    assert "in fail" in entry["traceback"]


async def test_a_size_of_the_terminal_that_was_missed_is_followed(monkeypatch):
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        monkeypatch.setattr("tui.terminal.textual_fixes.shutil.get_terminal_size", lambda: (40, 12))
        pilot.app.check_size()
        await script.until(pilot, lambda: pilot.app.screen.size == (40, 12))
