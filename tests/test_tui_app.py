"""What all screens share: help, palette, remapped keys, theme, the way out."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
import scripted_run as script

from db import log
from db.workspace import Workspace
from tui.command_line import main
from tui.help_screen import HelpScreen


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


@pytest.mark.parametrize("keys", [(), ("f2",), ("f3",), ("f4",), ("down", "enter")])
async def test_every_shown_key_has_an_id_and_a_tooltip_and_fits_eighty_columns(keys):
    async with script.app(script.ScriptedSession(script.answered(), runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.view.finished)
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
        for keys in ("f1", "f2", "f3", "f4"):
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
        assert {"Personas (f2)", "History (f3 f8)", "Help (f1)"} <= set(names)


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
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.view.finished)


@pytest.mark.parametrize("where", ["callback", "worker"])
def test_a_defect_ends_the_program_and_its_traceback_goes_to_the_log(workspace, monkeypatch, capsys, where):
    def fail():
        raise ZeroDivisionError("a\x1b[31m\nb")

    async def failing():
        fail()

    def start(app, **_options):
        start = (lambda: app.call_later(fail)) if where == "callback" else lambda: app.run_worker(failing())
        asyncio.run(app.run_async(headless=True, auto_pilot=lambda _pilot: asyncio.sleep(0, start())))

    monkeypatch.setattr("tui.terminal.terminal_problem", lambda *_, **__: None)
    monkeypatch.setattr("tui.app.PersonaMoeApp.run", start)
    assert main(["--workspace", str(workspace), "--model", "none"]) == 1
    out, err = capsys.readouterr()
    path = Workspace(workspace).log
    assert (out, err) == ("", f"persona-moe: internal error: ZeroDivisionError: a[31m b; its traceback is in {path}\n")
    [entry] = log.last_errors(path)
    assert "in fail" in entry["traceback"]
