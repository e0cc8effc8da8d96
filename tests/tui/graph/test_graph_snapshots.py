"""What the graph and a source look like, small and large, read as a script of key presses."""

from typing import Any

import pytest

from tests.support import graph_run as run
from tests.support import scripted_run as script
from tui.graph.state import GrowthStep
from tui.source.screen import SourceScreen

SMALL, LARGE = (80, 24), (120, 40)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
HOSTILE = "[red]bold[/red]\x1b[2J\x1b]0;gone\x07\x9b31m\u202eevil\u2066\x00 鐘🔔"


def session(events: Any = run.EVENTS, **how: Any) -> script.ScriptedSession:
    found = script.ScriptedSession(events, **how)
    found.indexed, found.sources = run.indexed(), dict(run.SOURCES)
    return found


def graph(words: str, *keys: str) -> Any:
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: pilot.app.session.hold or pilot.app.ask_screen.feed.state.finished)
        await pilot.press("f4")
        screen = pilot.app.screen
        grown = sum(isinstance(event, GrowthStep) for event in pilot.app.session.script)
        await script.until(pilot, lambda: screen.selection.growth.total == grown)
        await pilot.press(*keys)
        await script.until(pilot, lambda: words in script.screen_text(pilot.app) and not screen.pace.due)
        await script.until(pilot, lambda: all(worker.group != "passage" for worker in screen.workers))

    return play


def source(words: str, citations: Any = run.CITATIONS) -> Any:
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.app.push_screen(SourceScreen(pilot.app.session.library, citations, 1))
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))

    return play


@both_sizes
def test_graph(snap_compare, size):
    app = script.app(session())
    assert snap_compare(app, run_before=graph("path question", "j", "j", "j"), terminal_size=size)


@both_sizes
def test_graph_growing(snap_compare, size):
    app = script.app(session(run.EVENTS[:11], hold=True))
    assert snap_compare(app, run_before=graph("step 8/8"), terminal_size=size)


def test_graph_stepped_back(snap_compare):
    app = script.app(session())
    assert snap_compare(app, run_before=graph("step 14/16", "comma", "comma"), terminal_size=SMALL)


def test_graph_of_one_persona_to_what_is_cited(snap_compare):
    app = script.app(session())
    assert snap_compare(app, run_before=graph("only tracker · only what", "2", "c"), terminal_size=SMALL)


def test_graph_without_a_question(snap_compare):
    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        await pilot.press("f4")
        await script.until(pilot, lambda: "Ask a question first" in script.screen_text(pilot.app))

    assert snap_compare(script.app(session()), run_before=play, terminal_size=SMALL)


@both_sizes
def test_graph_with_hostile_texts(snap_compare, size):
    steps = [script.step(name, n, title=HOSTILE, via=HOSTILE) for n in range(4) for name in (HOSTILE, "tracker")]
    app = script.app(session([*run.STARTED, *steps, *run.WALK]))
    assert snap_compare(app, run_before=graph("step 22/22", "G", "k", "k"), terminal_size=size)


@both_sizes
def test_source_in_its_document(snap_compare, size):
    assert snap_compare(script.app(session()), run_before=source("citation 2 of 2"), terminal_size=size)


def test_source_that_has_changed(snap_compare):
    found = session()
    found.sources["/library/gannet-stack-light.md"] = "# Gannet Stack Light\n\nAll was written anew.\n"
    assert snap_compare(script.app(found), run_before=source("no longer has the quote"), terminal_size=SMALL)


def test_source_that_is_gone(snap_compare):
    found = session()
    found.sources.clear()
    assert snap_compare(script.app(found), run_before=source("No such file"), terminal_size=SMALL)
