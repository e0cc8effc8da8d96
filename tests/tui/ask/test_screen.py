"""The main screen, by its keys: asking, cancelling, reading sources, copying, replaying."""

from typing import Any

import pytest

from db.personas.ledger_entries import Rewards
from engine.errors import LibraryError
from engine.events import (
    AnswerWritten,
    Citation,
    GateReceipt,
    Mark,
    PersonaBorn,
    QuotationsChosen,
    RecordedEvent,
    RunStarted,
)
from engine.run.state import Outcome, Phase, RunState
from tests.support import scripted_run as script
from tui.ask.ask_input import AskInput
from tui.ask.walk_log import WalkLog
from tui.source.screen import SourceScreen

HOSTILE = "[red]bold[/red]\x1b[2J\x1b]0;gone\x07\x9b31m\u202eevil\u2066\x00 鐘🔔"
SHOWN = "[red]bold[/red][2J]0;gone31mevil 鐘🔔"


async def asked(pilot: Any, question: str = "who?") -> Any:
    """Type a question, and wait for the run's end."""
    await script.ready(pilot)
    pilot.app.screen.query_one(AskInput).value = question
    await pilot.press("enter")
    await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished and not pilot.app.ask_screen.player.busy)
    await script.drawn(pilot)
    return pilot.app.ask_screen.feed.state


async def test_a_question_is_answered_from_the_sample_library(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        view = await asked(pilot, "Who led the Net Strike of 1894?")
        assert view.outcome in {Outcome.ANSWERED, Outcome.UNANSWERED}
        assert "Net Strike" in script.screen_text(pilot.app)
    assert session.runs.history.recent(1, 0)[0].question == "Who led the Net Strike of 1894?"


@pytest.mark.parametrize("keys", [["2", "enter"], ["down", "2"]], ids=["typed", "in the list"])
async def test_the_empty_screen_offers_questions_by_number(keys):
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        assert "2 Who led the Net Strike of 1894?" in script.screen_text(pilot.app)
        await pilot.press(*keys)
        await script.until(pilot, lambda: session.asked)
    assert session.asked == ["Who led the Net Strike of 1894?"]


async def test_a_digit_without_its_suggestion_is_typed():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("8", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.session.asked)
        assert pilot.app.ask_screen.session.asked == ["8"]


async def test_a_library_that_cannot_be_opened_says_what_to_do():
    session = script.ScriptedSession()
    session.opening_error = LibraryError("the search index is damaged", hint="run `persona-moe library rebuild`")
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        text = script.screen_text(pilot.app)
        assert "! the search index is damaged (run `persona-moe library rebuild`)" in text
        assert "no library" in text


async def test_the_suggestions_are_reached_by_arrow_and_enter():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("down", "down", "down", "enter")
        await script.until(pilot, lambda: session.asked)
    assert session.asked[0] in session.library.suggestions()


async def test_an_empty_question_is_not_asked():
    session = script.ScriptedSession()
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("space", "enter")
    assert session.asked == []


async def test_a_question_waits_for_the_library():
    session = script.ScriptedSession(script.answered())
    session.may_open.clear()
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: "waiting for the library" in script.screen_text(pilot.app))
        assert session.asked == []
        session.may_open.set()
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
    assert session.asked == ["w"]


async def test_escape_cancels_and_says_so():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.phase is Phase.WALKING)
        await pilot.press("escape")
        await script.until(pilot, lambda: "■ Cancelled" in script.screen_text(pilot.app))
        assert session.cancelled
        await pilot.press("ctrl+n")
        await script.until(pilot, lambda: "Suggestions" in script.screen_text(pilot.app))


async def test_a_second_question_does_not_end_the_first():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test() as pilot:
        await script.ready(pilot)
        await pilot.press("a", "enter")
        await script.until(pilot, lambda: session.asked)
        await pilot.press("b", "enter")
        await pilot.pause()
        assert (session.asked, session.cancelled) == (["a"], False)
        assert pilot.app.screen.query_one(AskInput).value == "b"


async def test_the_answer_comes_with_its_sources():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(120, 40)) as pilot:
        await asked(pilot)
        text = script.screen_text(pilot.app)
        assert all(
            words in text for words in ("● Answer", "[1]", script.KEPT.quote, "people/ysolde-marrak.md", "Sources · 2")
        )


async def test_a_source_opens_with_its_place_in_the_file():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        await pilot.press("down", "down", "enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        words = "/library/places/gannet-stack-light.md · characters 0 to 66"
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("“It was built by Tobiász Krelle.”")
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_the_answer_is_copied_with_its_sources():
    async with script.app(script.ScriptedSession(script.answered())).run_test() as pilot:
        await asked(pilot)
        quoted = f"“{script.BUILT.quote}” (Gannet Stack Light, {script.BUILT.source}, characters 0 to 66)"
        await pilot.press("down", "down", "y")
        assert pilot.app.clipboard == quoted
        await pilot.press("Y")
        assert pilot.app.clipboard.splitlines()[0] == f"{script.KEPT.quote} [1] {script.BUILT.quote} [2]"
        assert f"[2] {quoted}" in pilot.app.clipboard


async def test_a_birth_stands_in_the_walk():
    born = PersonaBorn("analyst-reader-2", ("analyst", "reader"), {"focus": 3}, "run-1")
    async with script.app(script.ScriptedSession([*script.walk(), born], hold=True)).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: born in pilot.app.ask_screen.feed.state.log)
        await script.drawn(pilot)
        assert "analyst-reader-2 is born of analyst and reader" in script.screen_text(pilot.app)


async def test_an_abstention_does_not_look_like_an_answer():
    async with script.app(script.ScriptedSession(script.abstained())).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        text = script.screen_text(pilot.app)
        assert "○ Unanswered: not in the library" in text
        assert "● Answer" not in text
        assert "Nearest passages · 1" in text


async def test_the_nearest_passages_of_an_abstention_can_be_opened_but_not_judged():
    async with script.app(script.ScriptedSession(script.abstained())).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        pilot.app.screen.query_one("#sources").focus()
        await script.drawn(pilot)
        assert not pilot.app.screen.check_action("judge", (True,))
        await pilot.press("enter")
        await script.until(pilot, lambda: type(pilot.app.screen).__name__ == "SourceScreen")


async def test_a_failure_shows_its_message_and_its_hint():
    async with script.app(script.ScriptedSession(script.failed())).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        text = script.screen_text(pilot.app)
        assert all(
            words in text for words in ("✗ Failed", "the search index is damaged", "persona-moe library rebuild")
        )
        assert "! no language model" in text


async def test_fragments_are_shown_while_they_come():
    session = script.ScriptedSession(script.streamed(), hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: "She kept Gannet Stack Light" in script.screen_text(pilot.app))


async def test_the_log_follows_its_end_until_the_reader_scrolls_up():
    session = script.ScriptedSession([*script.walk(), *(script.step("tracker", n % 5) for n in range(100))], hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        log = pilot.app.screen.query_one(WalkLog)
        await script.until(pilot, lambda: log.lines > 100)
        await script.drawn(pilot)
        assert log.top == log.last_top > 0
        assert "searched → Gannet" in script.screen_text(pilot.app)
        log.focus()
        await pilot.press("g")
        await script.until(pilot, lambda: log.top == 0)
        pilot.app.ask_screen.feed.state.apply(script.step("tracker", 101))
        pilot.app.ask_screen.pace.mark()
        await script.drawn(pilot)
        assert log.top == 0
        await pilot.press("pagedown", "j", "k", "G")
        assert log.top == log.last_top


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (40, 12)])
async def test_texts_from_documents_steer_nothing(size):
    events: list[Any] = [
        RunStarted("r", HOSTILE, 1, 1, HOSTILE),
        GateReceipt(HOSTILE, HOSTILE, 1, 0, 0, 0, 0, 0, 0, 0, activated=False, reason=HOSTILE),
        script.step(HOSTILE, title=HOSTILE, via=HOSTILE),
        AnswerWritten(HOSTILE, abstained=False, citations=(Citation(1, HOSTILE, HOSTILE, 0, 1, HOSTILE),), removed=0),
    ]
    async with script.app(script.ScriptedSession(events, hold=True)).run_test(size=size) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.answer is not None)
        await script.drawn(pilot)
        text = script.screen_text(pilot.app)
        assert not set(text) & set("\x1b\x07\x9b\u202e\u2066\x00")
        if size[1] > 20:
            assert SHOWN in text
        await pilot.press("escape", "down", "enter")


async def test_a_replay_can_be_paused_stepped_and_ended():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        screen = pilot.app.ask_screen
        screen.show_run(screen.session.runs.replay("run-0"))
        await pilot.press("space", ".", ".")
        await script.until(pilot, lambda: screen.player.replay is not None and screen.player.replay.position >= 2)
        position, speed = screen.player.replay.position, screen.player.replay.speed
        await pilot.press("+")
        assert (screen.player.replay.position, screen.player.replay.speed > speed) == (position, True)
        await pilot.press("-")
        assert screen.player.replay.speed == speed
        assert "paused" in script.screen_text(pilot.app)
        await pilot.press("escape")
        await script.until(pilot, lambda: screen.feed.state.finished)
        assert (screen.feed.state.outcome, screen.player.replay.ended) == (Outcome.ANSWERED, True)


async def test_a_recorded_run_is_scrubbed_there_and_back():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        screen = pilot.app.ask_screen
        recorded = screen.session.runs.replay("run-0")
        screen.show_run(recorded, play=False)
        await script.until(pilot, lambda: not screen.player.busy)
        await script.drawn(pilot)
        assert "record ━━━━━━━━━━ 36/36" in script.screen_text(pilot.app)
        assert screen.feed.state.outcome is Outcome.ANSWERED
        for keys, position in (
            (["comma"], 35), (["comma", "comma"], 33), (["full_stop"], 34), (["left"], 30), (["right", "right"], 36),
            (["less_than_sign"], 0), (["right"], 4), (["left", "left"], 0), (["greater_than_sign"], 36),
        ):  # fmt: skip
            await pilot.press(*keys)
            await script.drawn(pilot)
            view = RunState()
            for one in recorded[:position]:
                view.apply(one.event)
            assert (screen.player.replay.position, screen.feed.state) == (position, view)
            assert f"{position}/36" in script.screen_text(pilot.app)
        await pilot.press("space")
        await script.until(
            pilot, lambda: screen.player.busy and not screen.player.replay.paused and screen.player.replay.position < 30
        )
        await pilot.press("left", "escape")
        await script.until(pilot, lambda: not screen.player.busy)
        assert (screen.player.replay.ended, screen.feed.state.outcome) == (True, Outcome.ANSWERED)
        await pilot.press("ctrl+n", "space", "left")
        assert (screen.player.replay.ended, screen.player.busy) == (True, False)
        assert "Suggestions" in script.screen_text(pilot.app)


async def test_a_long_record_is_scrubbed_at_once():
    session = script.ScriptedSession(runs=1)
    steps = [RecordedEvent(float(n), script.step("tracker", n)) for n in range(5000)]
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        screen = pilot.app.ask_screen
        screen.show_run([RecordedEvent(0.0, script.STARTED), *steps], play=False)
        await pilot.press("left", "comma")
        screen.action_replay("step_back")
        assert screen.feed.state.steps == screen.player.replay.position - 1 == 4498


async def test_an_answer_is_judged_from_its_pane():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        pilot.app.screen.query_one("#answer").focus()
        await script.until(pilot, lambda: "+/- Judge" in script.screen_text(pilot.app))
        await pilot.press("plus")
        words = "✓ noted for the answer: + archivist, tracker · - skeptic · = control"
        await script.until(pilot, lambda: words in script.screen_text(pilot.app))
        await pilot.press("minus")
        await script.until(pilot, lambda: len(session.judged) == 2)
        await pilot.press("minus")
        await script.until(pilot, lambda: "! the answer was judged so already" in script.screen_text(pilot.app))
        await pilot.press("ctrl+n")
        await script.until(pilot, lambda: "Suggestions" in script.screen_text(pilot.app))
        assert "judged so already" not in script.screen_text(pilot.app)
    assert session.judged == [("run-1", None, True), ("run-1", None, False)]


@pytest.mark.parametrize("question", ["2019 storm?", "- and what else", "+1 more", "=x", " ? what"])
async def test_a_question_may_begin_with_any_character(question):
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        for _ in range(2):  # with the suggestions, and with an answer
            await pilot.press(*question)
            assert pilot.app.screen.query_one(AskInput).value == question
            await pilot.press("enter")
            await script.until(pilot, lambda: session.asked and not pilot.app.ask_screen.player.busy)
    assert session.asked == [question, question]
    assert session.judged == []


async def test_escape_keeps_the_answer_and_a_new_question_only_hides_it():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        await pilot.press("escape", "escape")
        assert script.KEPT.quote in script.screen_text(pilot.app)
        await pilot.press("ctrl+n")
        await script.until(pilot, lambda: "Suggestions" in script.screen_text(pilot.app))
        await pilot.press("escape")
        await script.until(pilot, lambda: script.KEPT.quote in script.screen_text(pilot.app))


async def test_a_question_mark_in_the_empty_input_opens_the_help():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("question_mark")
        await script.until(pilot, lambda: "Keys · Ask" in script.screen_text(pilot.app))
        await pilot.press("escape", "w", "question_mark")
        assert pilot.app.screen.query_one(AskInput).value == "w?"


async def test_plus_and_minus_are_typed_once_something_is_typed():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        await pilot.press("a", "plus", "minus", "equals_sign")
        assert pilot.app.screen.query_one(AskInput).value == "a+-="
        await script.until(pilot, lambda: "Judge" not in script.screen_text(pilot.app))
    assert session.judged == []


async def test_the_citation_under_the_cursor_is_judged():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        await pilot.press("down", "down", "plus")
        await script.until(pilot, lambda: "noted for citation 2" in script.screen_text(pilot.app))
        await script.until(pilot, lambda: pilot.app.screen.query_one("#sources").has_focus)
        assert "asked again by your marks" in script.screen_text(pilot.app)
        assert (len(session.asked), session.again.marks) == (2, (Mark("", 0, 66, liked=True),))
        pilot.app.screen.query_one("#answer").focus()
        await pilot.press("minus")
        await script.until(pilot, lambda: "noted for the answer" in script.screen_text(pilot.app))
    assert session.judged == [("run-1", 2, True), ("run-1", None, False)]


async def test_a_source_that_was_disliked_is_missing_at_once_and_earns_nobody_anything(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        first = await asked(pilot, "Who led the Net Strike of 1894?")
        bad = first.answer.citations[0]
        pilot.app.screen.query_one("#sources").focus()
        await pilot.press("minus")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.marks)
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        second = pilot.app.ask_screen.feed.state
        (mark,) = second.marks
        assert mark == Mark(bad.passage, bad.start, bad.end, liked=False)
        assert not any(mark.overlaps(c.passage, c.start, c.end) for c in second.answer.citations)
        scores = [{p.id: p.score for p in state.evidence.passages} for state in (first, second)]
        assert scores[1][bad.passage] < scores[0][bad.passage]
    rewarded = [entry.run_id for entry in session.personas.roster.ledger.entries() if isinstance(entry, Rewards)]
    assert rewarded == [first.run_id]
    assert session.personas.roster.verify() == []


async def test_a_source_is_judged_while_a_model_writes():
    quoted = QuotationsChosen(script.KEPT.quote, (script.KEPT,))
    session = script.ScriptedSession([*script.walk(), *script.scored(), script.evidence(0.9), quoted], hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.quotations is not None)
        pilot.app.screen.query_one("#sources").focus()
        pilot.app.ask_screen.feed.state.judge({1: False})
        await pilot.press("minus")
        await script.until(pilot, lambda: "judged so already" in script.screen_text(pilot.app))
        assert not session.cancelled
        pilot.app.ask_screen.feed.state.judge({})
        session.hold = False
        await pilot.press("minus")
        await script.until(pilot, lambda: len(session.asked) == 2)
    assert session.judged == [("run-1", 1, False)]
    assert [mark.liked for mark in session.again.marks] == [False]


async def test_a_replayed_run_is_judged_when_it_is_over():
    session = script.ScriptedSession(runs=3)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        screen = pilot.app.ask_screen
        screen.show_run(session.runs.replay("run-0"))
        await pilot.press("plus", "escape")
        await script.until(pilot, lambda: screen.feed.state.finished and not screen.player.busy)
        assert session.judged == []
        await pilot.press("minus")
        await script.until(pilot, lambda: "noted for the answer" in script.screen_text(pilot.app))
    assert session.judged == [("run-1", None, False)]


async def test_a_run_that_cites_nothing_cannot_be_judged():
    session = script.ScriptedSession(script.failed())
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await asked(pilot)
        assert "Judge" not in script.screen_text(pilot.app)
        await pilot.press("plus")
        assert pilot.app.screen.query_one(AskInput).value == "+"
    assert session.judged == []


async def test_a_judgement_reaches_the_real_personas(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        view = await asked(pilot, "Who led the Net Strike of 1894?")
        pilot.app.screen.query_one("#answer").focus()
        await pilot.press("plus")
        await script.until(pilot, lambda: "noted for the answer" in script.screen_text(pilot.app))
        assert session.runs.judgements() == {view.run_id: {None: True}}
    assert session.personas.roster.verify() == []


async def test_nothing_is_drawn_when_nothing_happens():
    async with script.app(script.ScriptedSession(script.answered())).run_test() as pilot:
        await asked(pilot)
        draws = list[int]()
        pilot.app.ask_screen.pace._draw = lambda: draws.append(1)
        await pilot.pause(0.3)
        assert draws == []
