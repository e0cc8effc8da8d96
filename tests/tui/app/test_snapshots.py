"""What every screen looks like, small and large, read as a script of key presses."""

import time
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support import scripted_run as script
from tui.navigation.screens import SCREENS

SMALL, LARGE = (80, 24), (120, 40)
LOADED = {
    "personas": "The Archivist", "history": "Question 2", "graph": "the answer cites", "library": "damaged PDF",
    "settings": "max_iterations", "health": "boom",
}  # fmt: skip
"""What stands on a screen once it has read what it shows."""

both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


@pytest.fixture(autouse=True)
def _one_time_zone(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def asking(*then: str) -> Any:
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        session = pilot.app.session
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy or bool(session.asked and session.hold))
        await script.drawn(pilot)
        await pilot.press(*then)
        await script.drawn(pilot)

    return play


def pressing(words: str, *keys: str) -> Any:
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.press(*keys)
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))

    return play


@both_sizes
def test_empty(snap_compare, size):
    assert snap_compare(script.app(script.ScriptedSession()), run_before=script.ready, terminal_size=size)


@both_sizes
def test_walking(snap_compare, size):
    session = script.ScriptedSession(script.walk(), hold=True)
    assert snap_compare(script.app(session), run_before=asking(), terminal_size=size)


@both_sizes
def test_answer(snap_compare, size):
    assert snap_compare(script.app(script.ScriptedSession(script.answered())), run_before=asking(), terminal_size=size)


@both_sizes
def test_judged(snap_compare, size):
    async def play(pilot: Any) -> None:
        await asking()(pilot)
        pilot.app.screen.query_one("#answer").focus()
        await pilot.press("plus")
        await script.until(pilot, lambda: "noted for the answer" in script.screen_text(pilot.app))

    session = script.ScriptedSession(script.answered())
    assert snap_compare(script.app(session), run_before=play, terminal_size=size)


def test_abstention(snap_compare):
    session = script.ScriptedSession(script.abstained())
    assert snap_compare(script.app(session), run_before=asking(), terminal_size=SMALL)


def test_failure(snap_compare):
    session = script.ScriptedSession(script.failed())
    assert snap_compare(script.app(session), run_before=asking(), terminal_size=SMALL)


@both_sizes
def test_history(snap_compare, size):
    app = script.app(script.ScriptedSession(runs=60))
    assert snap_compare(app, run_before=pressing("± 2026-01-02", "f3", "j"), terminal_size=size)


def test_history_empty(snap_compare):
    app = script.app(script.ScriptedSession())
    assert snap_compare(app, run_before=pressing("No question", "f3"), terminal_size=SMALL)


@both_sizes
def test_history_found(snap_compare, size):
    app = script.app(script.ScriptedSession(runs=60))
    found = pressing("is:cancelled” · 1 ", "f3", "slash", *"17 is:cancelled", "enter", "slash")
    assert snap_compare(app, run_before=found, terminal_size=size)


def test_history_refused(snap_compare):
    app = script.app(script.ScriptedSession(runs=60))

    async def play(pilot: Any) -> None:
        await pressing("did you", "f3", "slash", *"is:x", "enter")(pilot)
        await script.until(pilot, lambda: "Nothing found" in script.screen_text(pilot.app))

    assert snap_compare(app, run_before=play, terminal_size=SMALL)


@both_sizes
def test_history_compare(snap_compare, size):
    app = script.app(script.ScriptedSession(runs=60))

    async def play(pilot: Any) -> None:
        await pressing("± 2026-01-02", "f3")(pilot)
        await pressing("Two runs", "c", "j", "j", "c")(pilot)

    assert snap_compare(app, run_before=play, terminal_size=size)


@both_sizes
def test_history_export(snap_compare, size):
    app = script.app(script.ScriptedSession(runs=60))

    async def play(pilot: Any) -> None:
        await pressing("± 2026-01-02", "f3")(pilot)
        await pressing("Save the answer", "e")(pilot)

    assert snap_compare(app, run_before=play, terminal_size=size)


@both_sizes
def test_history_hostile(snap_compare, size):
    text = "[red]bold[/red]\x1b[2J\x1b]0;gone\x07\x9b31m\u202eevil\u2066 鐘🔔"
    session = script.ScriptedSession()
    runs = [script.summary(n, question=text, answer=text, model=text, top_persona=text) for n in range(3)]
    session.runs.history = script.history_of(runs, session.root / "hostile")
    assert snap_compare(script.app(session), run_before=pressing(" ± 2026", "f3"), terminal_size=size)


@both_sizes
def test_replay(snap_compare, size):
    async def play(pilot: Any) -> None:
        await pressing("± 2026-01-02", "f3")(pilot)
        await pressing("record", "enter")(pilot)
        await pressing("paused ━━━━━━····", "left", "left", "left", "comma")(pilot)

    assert snap_compare(script.app(script.ScriptedSession(runs=60)), run_before=play, terminal_size=size)


@both_sizes
def test_library(snap_compare, size):
    app = script.app(script.ScriptedSession())
    assert snap_compare(app, run_before=pressing("damaged PDF", "f5"), terminal_size=size)


@both_sizes
def test_topics(snap_compare, session, size):
    async def play(pilot: Any) -> None:
        await pressing("Library · 55 files", "f5")(pilot)
        await pressing("Topics · ", "t")(pilot)
        await pilot.press("n", *["down"] * 4)
        await script.drawn(pilot)

    assert snap_compare(script.app(session), run_before=play, terminal_size=size)


def test_reading(snap_compare):
    app = script.app(script.ScriptedSession(hold=True))
    assert snap_compare(app, run_before=pressing("12 of 340 files", "f5", "s"), terminal_size=SMALL)


@both_sizes
def test_health(snap_compare, size):
    app = script.app(script.ScriptedSession())
    assert snap_compare(app, run_before=pressing("boom", "f7"), terminal_size=size)


def test_help(snap_compare):
    app = script.app(script.ScriptedSession())
    assert snap_compare(app, run_before=pressing("Keys · Ask", "f1"), terminal_size=SMALL)


@pytest.mark.parametrize("place", SCREENS, ids=lambda place: place.mode)
def test_in_the_light_theme(snap_compare, place):
    session = script.ScriptedSession(script.answered(), runs=3)
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme="textual-light"))

    async def play(pilot: Any) -> None:
        await asking()(pilot)
        await pilot.press(place.keys.partition(",")[0])
        await script.until(pilot, lambda: LOADED[place.mode] in script.screen_text(pilot.app))

    assert snap_compare(script.app(session), run_before=play, terminal_size=SMALL)
