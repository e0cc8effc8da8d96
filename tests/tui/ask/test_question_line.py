"""The question's line: earlier questions, the search backwards, titles, pasted texts, and follow-ups."""

from typing import Any

import pytest
from textual import events

from db.runs.summary import RunSummary
from engine.errors import StoreError
from engine.events import AnswerWritten, QuestionRead, RunFinished
from tests.support import scripted_run as script
from tui.ask.ask_input import LONGEST, AskInput
from tui.ask.question_history import PAGE, QuestionHistory


def line(pilot: Any) -> AskInput:
    found: AskInput = pilot.app.ask_screen.query_one(AskInput)
    return found


async def shows(pilot: Any, words: str) -> None:
    await script.until(pilot, lambda: words in script.screen_text(pilot.app))


async def holds(pilot: Any, value: str) -> None:
    await script.until(pilot, lambda: line(pilot).value == value)


def asked(n: int) -> str:
    """The question that the scripted history has at place `n`."""
    return f"Question {n}: {script.QUESTION}"


# -- up and down ------------------------------------------------------------------------------------------------------


async def test_up_and_down_walk_through_earlier_questions_and_keep_what_was_typed():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*"half", "up")
        await holds(pilot, asked(0))
        await pilot.press("up", "up")
        await holds(pilot, asked(2))
        await pilot.press("up")
        await shows(pilot, "! there is no older question")
        await pilot.press("down", "down")
        await holds(pilot, asked(0))
        await pilot.press("down")
        await holds(pilot, "half")
        await pilot.press("down")
        assert pilot.app.focused is pilot.app.screen.query_one("#suggestions")


async def test_a_recalled_question_that_was_changed_is_the_newest_one():
    async with script.app(script.ScriptedSession(runs=3)).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("up", "up")
        await holds(pilot, asked(1))
        await pilot.press("x", "up")
        await holds(pilot, asked(0))
        await pilot.press("down")
        await holds(pilot, f"{asked(1)}x")


async def test_the_question_just_asked_is_the_newest():
    async with script.app(script.ScriptedSession(script.answered(), runs=3)).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
        await pilot.press("up")
        await holds(pilot, "w")
        await pilot.press("up")
        await holds(pilot, asked(0))


class Pages:
    """A history that notes what is read of it."""

    def __init__(self, questions: list[str]) -> None:
        self.runs = [
            script.summary(n, question=question, question_is_cut=question.endswith("…"))
            for n, question in enumerate(questions)
        ]
        self.reads: list[tuple[int, int]] = []

    def recent(self, limit: int, offset: int) -> list[RunSummary]:
        self.reads.append((limit, offset))
        return self.runs[offset : offset + limit]


def test_a_question_stands_in_the_history_once_and_pages_are_read_when_they_are_needed():
    session: Any = script.ScriptedSession()
    session.runs.history = pages = Pages(["a", "a", *(f"q{n}" for n in range(PAGE))])
    history = QuestionHistory(session.runs)
    assert [history.older("") for _ in range(3)] == ["a", "q0", "q1"]
    assert pages.reads == [(PAGE, 0)]
    history.note("q1")
    assert [history.older("") for _ in range(3)] == ["q1", "a", "q0"]
    rest = [question for _ in range(PAGE) if (question := history.older(""))]
    assert rest[-1] == f"q{PAGE - 1}"
    assert pages.reads == [(PAGE, 0), (PAGE, PAGE)]


def test_a_long_question_is_read_in_whole_from_its_run():
    session: Any = script.ScriptedSession()
    session.runs.history = Pages(["Who built the lighthouse that…", "Damaged…"])  # of the latter the events are damaged
    history = QuestionHistory(session.runs)
    assert [history.older(""), history.older("")] == [script.QUESTION, "Damaged…"]
    assert history.find("LIGHTHOUSE that") == (0, script.QUESTION)


async def test_a_history_that_cannot_be_read_is_told():
    session: Any = script.ScriptedSession(runs=3)

    def fail(_limit: int, _offset: int) -> None:
        raise StoreError("the history is damaged", hint="see the log")

    session.runs.history.recent = fail
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("up")
        await shows(pilot, "! the history is damaged (see the log)")


# -- the search backwards ---------------------------------------------------------------------------------------------


async def test_a_search_finds_older_and_older_questions_and_enter_asks():
    session = script.ScriptedSession(script.answered(), runs=30)
    async with script.app(session).run_test(size=(120, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("ctrl+r")
        await shows(pilot, "a part of an earlier question")
        assert "Find" in script.screen_text(pilot.app)
        await pilot.press(*"ion 2")
        await shows(pilot, f"ion 2  ← {asked(2)}")
        await pilot.press("ctrl+r")
        await shows(pilot, f"ion 2  ← {asked(20)}")
        await pilot.press("enter")
        await script.until(pilot, lambda: session.asked)
    assert session.asked == [asked(20)]


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_what_was_found_is_taken_into_the_input(key):
    async with script.app(script.ScriptedSession(runs=30)).run_test(size=(120, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("ctrl+r", *"on 7:")
        await shows(pilot, f"← {asked(7)}")
        await pilot.press(key)
        await holds(pilot, asked(7))
        assert (line(pilot).searching, pilot.app.focused) == (False, line(pilot))


async def test_escape_leaves_the_search_with_what_was_typed_before():
    session = script.ScriptedSession(runs=3)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*"half", "ctrl+r", *"1+")
        await shows(pilot, "1+  ← nothing found")
        await pilot.press("enter", "up", "down", "escape")
        await holds(pilot, "half")
        assert "Ask  half" in script.screen_text(pilot.app)
    assert session.asked == []


async def test_the_last_one_found_stays_when_there_is_no_older_one():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("ctrl+r", *"n 2", "ctrl+r")
        await shows(pilot, "! there is no older question with these words")
        await pilot.press("tab")
        await holds(pilot, asked(2))


# -- titles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_a_title_is_offered_and_taken(key):
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*"who gann")
        await shows(pilot, "who gannet Stack Light")
        assert line(pilot).value == "who gann"
        await pilot.press("e")  # the offer stays, no new one is looked for
        assert "who gannet Stack Light" in script.screen_text(pilot.app)
        await pilot.press(key)
        assert (line(pilot).value, pilot.app.focused) == ("who Gannet Stack Light", line(pilot))


async def test_tab_goes_on_where_there_is_nothing_to_complete():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press(*"who", "tab")
        assert pilot.app.focused is not line(pilot)


async def test_titles_come_from_the_library(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*"how high is gannet st")
        await shows(pilot, "how high is gannet stack Light")
        await pilot.press("tab")
        assert line(pilot).value == "how high is Gannet Stack Light"


# -- pasted texts -----------------------------------------------------------------------------------------------------


async def test_every_line_of_a_pasted_text_is_kept_and_none_is_asked():
    session = script.ScriptedSession()
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*"Say: ")
        pilot.app.post_message(events.Paste("Who built\r\n  the lighthouse\x1b[2J\nthat she kept?\n"))
        question = "Say: Who built\nthe lighthouse[2J\nthat she kept?"
        await holds(pilot, question)
        await shows(pilot, "Say: Who built↵the lighthouse[2J↵that she kept?")
        assert session.asked == []
        await pilot.press("enter")
        await script.until(pilot, lambda: session.asked)
    assert session.asked == [question]


async def test_a_pasted_text_that_is_no_question_is_refused():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("a")
        pilot.app.post_message(events.Paste("word " * LONGEST))
        await shows(pilot, "! 19,999 characters are too many for a question (4,000 at most)")
        assert line(pilot).value == "a"


async def test_what_was_copied_here_is_pasted_in_whole():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        pilot.app.copy_to_clipboard("one\ntwo")
        await pilot.press("ctrl+v")
        await holds(pilot, "one\ntwo")


# -- follow-up questions ----------------------------------------------------------------------------------------------


READ = QuestionRead(("vane head light",), ("vane head light",), (), understood="Who built Vane Head Light\x1b[2J?")
ANSWER = AnswerWritten("x", abstained=False, citations=(script.KEPT,), removed=0)


async def test_a_follow_up_gets_the_conversation_and_a_new_start_forgets_it():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        for number in range(2):
            await pilot.press("w", "enter")
            await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
            assert (session.before is not None) == bool(number)
            await shows(pilot, "a follow-up on Ysolde Marrak")
        assert session.before.question == script.QUESTION
        await pilot.press("ctrl+n")
        await shows(pilot, "a question about your documents")
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: len(session.asked) == 3)
        assert session.before is None


async def test_what_a_follow_up_was_read_as_stands_below_it_and_is_taken_back_by_a_key():
    session = script.ScriptedSession([script.STARTED, READ, ANSWER, RunFinished({})])
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await shows(pilot, "read as: Who built Vane Head Light[2J?  ^t asks it as written")
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
        session.script = [script.STARTED, ANSWER, RunFinished({})]
        await pilot.press("ctrl+t")
        await script.until(pilot, lambda: len(session.asked) == 2)
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
        assert (session.asked[1], session.before) == (script.QUESTION, None)
        assert "read as" not in script.screen_text(pilot.app)
        await pilot.press("ctrl+t")  # there is nothing to take back
        await pilot.pause()
        assert len(session.asked) == 2


async def test_a_follow_up_is_answered_about_what_was_talked_of(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        for question in ("How high is Gannet Stack Light?", "Who built it?"):
            line(pilot).value = question
            await pilot.press("enter")
            await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
            await script.until(pilot, lambda: "a follow-up on" in script.screen_text(pilot.app))
        await shows(pilot, "read as: Who built Gannet Stack Light?")
        await shows(pilot, "Tobiász Krelle")
        await pilot.press("ctrl+t")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.understood == "")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        assert "read as" not in script.screen_text(pilot.app)
