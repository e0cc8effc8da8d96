"""Events in, state out: the only place where a run's events are interpreted for the screen."""

from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerThought,
    AnswerWritten,
    ClaimsWritten,
    CycleStarted,
    Degraded,
    ModelReplied,
    OutputProduced,
    OutputScored,
    PersonaBorn,
    PersonaTransitioned,
    QuestionRead,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.run.state import LOG_LINES, Outcome, Phase, RunState
from tests.support import scripted_run as script
from tui.ask.answer_pane import answer_note, answer_text
from tui.ask.status_text import status_text


def view_of(*events: RunEvent) -> RunState:
    view = RunState()
    for event in events:
        view.apply(event)
    return view


def test_a_new_view_is_ready_and_empty():
    view = RunState()
    assert (view.phase, view.running, view.panel(), view.number_of("nobody")) == (Phase.READY, False, [], -1)


def test_the_phases_follow_the_run():
    view, phases = RunState(), list[Phase]()
    for event in script.answered():
        view.apply(event)
        if not phases or phases[-1] is not view.phase:
            phases.append(view.phase)
    assert phases == [Phase.READING, Phase.CHOOSING, Phase.WALKING, Phase.SCORING, Phase.WRITING]
    assert view.outcome is Outcome.ANSWERED
    assert not view.running


def test_the_start_names_the_question_the_library_and_the_model():
    view = view_of(script.STARTED)
    assert (view.question, view.run_id, view.passages, view.model) == (script.QUESTION, "run-1", 412, None)
    assert view.running


def test_the_question_is_kept_as_it_was_read():
    read = QuestionRead(("A",), ("A",), ("x",))
    assert view_of(script.STARTED, read).read == read


def test_the_panel_shows_the_called_ones_first_and_keeps_their_order():
    view = view_of(script.receipt("a", activated=False), script.receipt("b"), script.receipt("c"))
    assert [row.persona_id for row in view.panel()] == ["b", "c", "a"]
    assert [view.number_of(name) for name in "abc"] == [0, 1, 2]


def test_who_walked_in_an_earlier_cycle_stays_called():
    view = view_of(script.receipt("a", score=0.5), script.receipt("a", score=0.7, activated=False))
    assert [(row.activated, row.gate) for row in view.panel()] == [(True, 0.5)]


def test_a_receipt_of_a_later_cycle_replaces_the_earlier_one():
    view = view_of(script.receipt("a", score=-0.1, activated=False), script.receipt("a", score=0.5))
    (row,) = view.panel()
    assert (row.gate, row.activated, row.reason) == (0.5, True, "expected gain")


def test_steps_are_counted_for_each_persona_and_logged_in_order():
    view = view_of(
        script.receipt("a"), CycleStarted(1, ("a", "b")), script.step("a"), script.step("b"), script.step("a", 1)
    )
    assert (view.steps, view.rows["a"].steps, view.rows["b"].steps) == (3, 2, 1)
    assert [type(entry).__name__ for entry in view.log] == ["GateReceipt", "CycleStarted"] + ["PersonaStepped"] * 3
    assert view.cycle == 1


def test_the_log_is_bounded_but_its_count_is_not():
    view = RunState()
    for n in range(LOG_LINES + 10):
        view.apply(script.step("a", n))
    assert (len(view.log), view.steps, view.log_changes) == (LOG_LINES, LOG_LINES + 10, LOG_LINES + 10)


def test_scores_and_credit_stand_in_the_row():
    scores = Scores(0.1, 0.2, 0.3, 0.4, 0.25)
    view = view_of(script.receipt("a"), OutputProduced("a", ("p",), "x"), OutputScored("a", scores, 0.05))
    assert (view.rows["a"].scores, view.rows["a"].credit, view.phase) == (scores, 0.05, Phase.SCORING)


def test_a_transition_changes_the_row_and_is_logged():
    moved = PersonaTransitioned("a", "stable", "active", "promotion_threshold", "rule")
    view = view_of(script.receipt("a", "stable"), moved)
    assert (view.rows["a"].state, view.transitions, view.log[-1]) == ("active", [moved], moved)


def test_a_birth_is_logged():
    born = PersonaBorn("a-b-2", ("a", "b"), {"focus": 3}, "run-1")
    view = view_of(script.receipt("a"), born)
    assert (list(view.log)[-1], view.log_changes, view.panel_changes) == (born, 2, 2)


def test_only_the_receipts_of_those_that_were_called_are_logged():
    called, resting = script.receipt("a"), script.receipt("b", activated=False)
    assert list(view_of(called, resting).log) == [called]


def test_a_reason_of_degradation_is_shown_once():
    assert view_of(Degraded("no model"), Degraded("no model"), Degraded("slow")).degraded == ["no model", "slow"]


def test_fragments_add_up_until_the_answer_is_written():
    view = view_of(AnswerFragment("She "), AnswerFragment("kept it."))
    assert ("".join(view.draft), view.answer, view.phase) == ("She kept it.", None, Phase.WRITING)
    view.apply(AnswerWritten("She kept it. [1]", abstained=False, citations=(script.KEPT,), removed=1))
    assert (view.outcome, view.answer is not None and view.answer.citations) == (Outcome.ANSWERED, (script.KEPT,))


def test_an_abstention_is_not_an_answer():
    assert view_of(*script.abstained()).outcome is Outcome.UNANSWERED


def test_the_end_keeps_the_outcome_and_the_timings():
    view = view_of(AnswerWritten("x", abstained=False, citations=(), removed=0), RunFinished({"walk": 1.0}))
    assert (view.outcome, view.finished, view.timings_ms) == (Outcome.ANSWERED, True, {"walk": 1.0})


def test_a_cancelled_run_keeps_what_it_had():
    view = view_of(script.STARTED, script.step("a"), RunCancelled())
    assert (view.outcome, view.finished, view.steps) == (Outcome.CANCELLED, True, 1)


def test_a_failed_run_keeps_its_message_and_hint():
    view = view_of(script.STARTED, RunFailed("it broke", "mend it"))
    assert (view.outcome, view.running, view.failure) == (Outcome.FAILED, False, RunFailed("it broke", "mend it"))


def test_only_the_counters_of_the_changed_part_grow():
    view = view_of(script.STARTED, script.receipt("a"))
    before = (view.panel_changes, view.log_changes, view.answer_changes)
    view.apply(script.step("a"))
    assert (view.panel_changes, view.log_changes, view.answer_changes) == (before[0], before[1] + 1, before[2])


STARTED = RunStarted("run-1", "Who?", 0, 9, "qwen3:4b")


def replied(persona_id: str, tokens: int, ms: float) -> ModelReplied:
    return ModelReplied(
        "claims" if persona_id else "answer", persona_id, "http://x:1", "qwen3:4b", 100, tokens, 0.0, 9.0, ms
    )


def test_what_the_model_wrote_and_how_fast_stands_in_the_status_line():
    assert "qwen3:4b · 9 passages" in status_text(view_of(STARTED), library="9 passages").plain
    view = view_of(STARTED, replied("a", 112, 4000.0), replied("", 700, 22_000.0))
    assert [view.use(name).output_tokens for name in (None, "a", "", "b")] == [812, 112, 700, 0]
    assert (view.use("a").tokens_per_second, view.use("a").prompt_tokens, view.use().requests) == (28.0, 100, 2)
    assert "qwen3:4b 812 tokens, 31/s · x" in status_text(view, library="x").plain
    assert "qwen3:4b 7 tokens · x" in status_text(view_of(STARTED, replied("", 7, 0.0)), library="x").plain


def test_thoughts_are_kept_and_not_shown():
    view = view_of(STARTED, AnswerThought("Hm, "), AnswerThought("who?"))
    assert "".join(view.thoughts) == "Hm, who?"
    assert "qwen3:4b thinks" in status_text(view, library="x").plain
    view.apply(AnswerFragment("She."))
    assert answer_text(view).plain == "She."
    assert "thinks" not in status_text(view, library="x").plain


def test_claims_are_kept_by_persona():
    written = ClaimsWritten("a", (), 2)
    assert view_of(STARTED, written).claims == {"a": written}


def test_a_part_of_an_answer_is_kept_and_marked():
    answer = AnswerWritten("Quoted. [1]", abstained=False, citations=(), removed=0)
    view = view_of(STARTED, AnswerFragment("She\x1b[2J"), AnswerCutShort("She\x1b[2J", "reset"), answer)
    assert answer_text(view).plain == "Quoted. [1]"
    assert answer_note(view) == "the model's own answer broke off, unchecked: She[2J …"
