"""What the help says of the figures of a run."""

from engine.run.state import RunState
from tests.support import scripted_run as script
from tui.ask.run_figures import run_figures


def test_the_best_persona_and_the_refused_ones_are_explained():
    state = script.state_of(script.answered())
    lines = run_figures(state).splitlines()
    best = max((row for row in state.rows.values() if row.scored), key=lambda row: row.reward or 0.0)
    assert lines[0] == "In this run:"
    assert lines[1].startswith(f"{best.persona_id} earned {best.reward:.2f}: ")
    assert lines[1].endswith(f"vs usual: {best.change:+.2f}.")
    assert best.receipt is not None
    assert lines[2].startswith(f"The gate gave it {best.receipt.score:.2f} ({best.receipt.expected:.2f} expected, ")
    refused = [row for row in state.rows.values() if not row.activated]
    assert lines[3:] == [f"{row.persona_id} was not called: {row.reason}." for row in refused]


def test_without_a_run_nothing_is_explained():
    assert run_figures(RunState()) == ""


async def test_the_help_of_the_ask_screen_explains_the_run_that_is_shown():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(120, 60)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press("f1")
        await script.until(pilot, lambda: pilot.app.screen.query("#legend"))
        assert "In this run:" in str(pilot.app.screen.query_one("#legend").render())
