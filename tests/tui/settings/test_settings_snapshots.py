"""What the settings, the help and our own themes look like."""

from typing import Any

import pytest
from msgspec.structs import replace

from tests.support import scripted_run as script

SMALL, LARGE = (80, 24), (120, 40)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


def pressing(words: str, *keys: str) -> Any:
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.press(*keys)
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))

    return play


@both_sizes
def test_settings(snap_compare, session, size):
    play = pressing("system.batch_size", "f6", "j")
    assert snap_compare(script.app(session), run_before=play, terminal_size=size)


@both_sizes
def test_an_invalid_value(snap_compare, session, size):
    play = pressing("is not valid", "f6", "j", "enter", "9", "9")
    assert snap_compare(script.app(session), run_before=play, terminal_size=size)


@both_sizes
def test_a_changed_value(snap_compare, session, size):
    play = pressing("WARNING → ERROR", "f6", "j", "j", "space")
    assert snap_compare(script.app(session), run_before=play, terminal_size=size)


def test_settings_small(snap_compare, session):
    play = pressing("max_iterations", "f6")
    assert snap_compare(script.app(session), run_before=play, terminal_size=(40, 10))


@pytest.mark.parametrize("name", ["high-contrast", "high-contrast-light", "colour-blind", "colour-blind-light"])
def test_our_themes(snap_compare, name):
    session = script.ScriptedSession(script.answered())
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme=name))

    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press("down")
        await script.until(pilot, lambda: "! No such file" in script.screen_text(pilot.app))
        await script.drawn(pilot)

    assert snap_compare(script.app(session), run_before=play, terminal_size=LARGE)


def test_no_color(snap_compare, session, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    play = pressing("system.batch_size", "f6", "j")
    assert snap_compare(script.app(session), run_before=play, terminal_size=SMALL)


@both_sizes
@pytest.mark.parametrize(("place", "words"), [("f2", "Archivist"), ("f3", "Question 2"), ("f6", "max_iterations")])
def test_help(snap_compare, place, words, size):
    async def play(pilot: Any) -> None:
        await pressing(words, place)(pilot)  # what shows beside the dialog is read in a thread
        await pilot.press("f1")
        await script.until(pilot, lambda: "Keys · " in script.screen_text(pilot.app))

    assert snap_compare(script.app(script.ScriptedSession(runs=3)), run_before=play, terminal_size=size)


def test_what_help_finds(snap_compare):
    async def play(pilot: Any) -> None:
        await pressing("Archivist", "f2")(pilot)
        await pilot.press("f1", "slash", *"prune")

    assert snap_compare(script.app(script.ScriptedSession()), run_before=play, terminal_size=SMALL)
