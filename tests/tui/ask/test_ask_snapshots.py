"""What the main screen looks like at every stage, small and large, dark and light."""

from typing import Any

import pytest
from msgspec.structs import replace

from engine.events import AnswerFragment, AnswerWritten, Citation, GateReceipt, QuestionRead, RunStarted
from tests.support import scripted_run as script

SMALL, LARGE = (80, 24), (120, 40)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
HOSTILE = "[red]bold[/red]\x1b[2J\x1b]0;gone\x07\x9b31m\u202eevil\u2066\x00 鐘🔔"


def session_of(events: Any = (), *, theme: str = "textual-dark", **options: Any) -> script.ScriptedSession:
    session = script.ScriptedSession(events, **options)
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme=theme))
    return session


def after(*keys: str, words: str = "", focus: str = "") -> Any:
    """Ask, wait for the script's end, focus a pane, press keys, and wait for words."""

    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        screen = pilot.app.ask_screen
        if screen.session.script:
            await pilot.press("w", "enter")
            await script.until(pilot, lambda: len(screen.feed.events) >= len(screen.session.script))
            await script.until(pilot, lambda: screen.session.hold or not screen.player.busy)
        if focus:
            screen.query_one(focus).focus()
        await pilot.press(*keys)
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))
        await script.drawn(pilot)

    return play


def hostile() -> list[Any]:
    cited = Citation(1, HOSTILE, HOSTILE, 0, 1, HOSTILE)
    return [
        RunStarted("r", HOSTILE, 1, 1, HOSTILE),
        QuestionRead((), (), (), understood=HOSTILE),
        GateReceipt(HOSTILE, HOSTILE, 1, 0, 0, 0, 0, 0, 0, 0, activated=True, reason=HOSTILE),
        script.step(HOSTILE, title=HOSTILE, via=HOSTILE),
        AnswerFragment(HOSTILE),
        AnswerWritten(f"# {HOSTILE} **b** [1]", abstained=False, citations=(cited,), removed=0),
    ]


@both_sizes
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_empty(snap_compare, size, theme):
    assert snap_compare(script.app(session_of(theme=theme)), run_before=after(), terminal_size=size)


@both_sizes
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
def test_answered(snap_compare, size, theme):
    app = script.app(session_of(script.answered(), theme=theme))
    play = after("plus", words="judged +", focus="#answer")
    assert snap_compare(app, run_before=play, terminal_size=size)


@both_sizes
def test_hostile(snap_compare, size):
    assert snap_compare(script.app(session_of(hostile())), run_before=after(focus="#walk"), terminal_size=size)


@both_sizes
def test_filtered_log(snap_compare, size):
    app = script.app(session_of(script.walk(), hold=True))
    assert snap_compare(app, run_before=after("2", "up", words="stands", focus="#walk"), terminal_size=size)


@both_sizes
def test_sorted_panel(snap_compare, size):
    app = script.app(session_of(script.answered()))
    assert snap_compare(app, run_before=after("s", "S", words="by earned ▴", focus="#panel"), terminal_size=size)


def test_gate_columns(snap_compare):
    app = script.app(session_of(script.answered()))
    assert snap_compare(app, run_before=after("v", words="expected+bonus", focus="#panel"), terminal_size=SMALL)


def test_wide(snap_compare):
    app = script.app(session_of(script.answered()))
    assert snap_compare(app, run_before=after(focus="#panel"), terminal_size=(200, 60))


def test_tiny(snap_compare):
    app = script.app(session_of(script.answered()))
    assert snap_compare(app, run_before=after(focus="#answer"), terminal_size=(40, 10))


@both_sizes
def test_streaming(snap_compare, size):
    app = script.app(session_of(script.streamed(), hold=True))
    assert snap_compare(app, run_before=after(words="She kept Gannet"), terminal_size=size)


def test_completion(snap_compare):
    play = after(*"Who built gann", words="gannet Stack Light")
    assert snap_compare(script.app(session_of()), run_before=play, terminal_size=SMALL)


def test_reverse_search(snap_compare):
    play = after("ctrl+r", *"2: Who", words="← Question 2")
    assert snap_compare(script.app(session_of(runs=3)), run_before=play, terminal_size=SMALL)


def test_saving(snap_compare):
    play = after("w", words="Save the answer", focus="#answer")
    assert snap_compare(script.app(session_of(script.answered())), run_before=play, terminal_size=SMALL)
