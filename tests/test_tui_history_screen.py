"""Earlier questions: read page by page, found by words, replayed by enter."""

from typing import Any

import pytest
import scripted_run as script
from textual.widgets import DataTable

from tui.history_screen import PAGE, local_time, outcome
from tui.run_view import Phase


async def opened(pilot: Any) -> DataTable[Any]:
    await script.ready(pilot)
    await pilot.press("f3")
    await script.until(
        pilot, lambda: "History ·" in script.screen_text(pilot.app) or "No question" in script.screen_text(pilot.app)
    )
    table: DataTable[Any] = pilot.app.screen.query_one(DataTable)
    return table


async def test_an_empty_history_says_so():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await opened(pilot)
        assert "No question was asked here yet" in script.screen_text(pilot.app)


async def test_a_run_of_the_real_session_can_be_replayed(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: not pilot.app.ask_screen.busy)
        first = pilot.app.ask_screen.feed.view
        await opened(pilot)
        await pilot.press("enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.replay is not None)
        await pilot.press("escape")
        await script.until(pilot, lambda: not pilot.app.ask_screen.busy)
        again = pilot.app.ask_screen.feed.view
    assert again is not first
    assert (again.answer, again.rows, list(again.log)) == (first.answer, first.rows, list(first.log))


async def test_what_was_said_of_a_run_stands_below_it():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await script.until(pilot, lambda: "20 passages · no model" in script.screen_text(pilot.app))
        assert "judged" not in script.screen_text(pilot.app)
        await pilot.press("j", "j")
        await script.until(pilot, lambda: "no model · judged + [1]-" in script.screen_text(pilot.app))


async def test_a_damaged_ledger_leaves_the_history_as_it_is(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: not pilot.app.ask_screen.busy)
        with session.workspace.ledger.open("ab") as file:
            file.write(b'{"entry":"Feedback"}\n')
        await opened(pilot)
        await script.until(pilot, lambda: "Who led the Net Strike of 1894?" in script.screen_text(pilot.app))


async def test_pages_are_read_when_they_are_needed():
    session = script.ScriptedSession(runs=120)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert (table.row_count, session.history.reads) == (PAGE, [(PAGE, 0)])
        await pilot.press("end", "G")
        table.move_cursor(row=PAGE - 1)
        await script.until(pilot, lambda: table.row_count == 2 * PAGE)
        table.move_cursor(row=2 * PAGE - 1)
        await script.until(pilot, lambda: table.row_count == 120)
        assert "History · 120 " in script.screen_text(pilot.app)


async def test_words_are_found_and_escape_ends_the_search():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"Question 42", "enter")
        await script.until(pilot, lambda: table.row_count == 1)
        assert "Found “Question 42” · 1" in script.screen_text(pilot.app)
        await pilot.press("escape")
        await script.until(pilot, lambda: table.row_count == PAGE)


async def test_nothing_found_is_said():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", "q", "q", "enter")
        await script.until(pilot, lambda: "Nothing found" in script.screen_text(pilot.app))


async def test_a_run_that_cannot_be_read_is_one_line():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "enter")
        await script.until(pilot, lambda: "! the events of run-1 are damaged" in script.screen_text(pilot.app))


async def test_a_running_question_is_not_replaced_by_a_replay():
    session = script.ScriptedSession(script.walk(), hold=True, runs=3)
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: session.asked)
        await opened(pilot)
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert (pilot.app.ask_screen.replay, session.cancelled) == (None, False)
        assert pilot.app.ask_screen.feed.view.phase is Phase.WALKING


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"status": "done", "abstained": False}, "● answered"),
        ({"status": "done", "abstained": True}, "○ no answer"),
        ({"status": "cancelled"}, "■ cancelled"),
        ({"status": "failed"}, "✗ failed"),
    ],
)
def test_an_outcome_is_a_mark_and_a_word(changed, words):
    run: Any = script.summary(0, **changed)
    assert outcome(run) == words


def test_a_time_that_cannot_be_read_is_shown_as_it_is():
    assert local_time("yesterday\x1b").strip() == "yesterday"
