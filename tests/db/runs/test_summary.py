"""The summary of a run: what it takes of the run's state, how it is shortened, and that those of version 0.1 load."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from db.runs.history import History
from db.runs.summary import fitted, last_event, summary_from, summary_of
from db.runs.trash import Trash
from engine.events import AnswerWritten, RunCancelled, RunFailed, RunFinished
from engine.run.state import Outcome, RunState
from tests.support import scripted_run as script


def old_fields(n: int, *, status: str, abstained: bool = False, question: str = "Who?") -> dict[str, Any]:
    """The run number `n` as version 0.1 stored it."""
    fields: dict[str, Any] = msgspec.to_builtins(script.summary(n, abstained=abstained, question=question))
    del fields["outcome"], fields["question_is_cut"]
    return {**fields, "status": status}


OLD = (
    (old_fields(0, status="done"), Outcome.ANSWERED),
    (old_fields(1, status="done", abstained=True), Outcome.UNANSWERED),
    (old_fields(2, status="cancelled", abstained=True), Outcome.CANCELLED),
    (old_fields(3, status="failed"), Outcome.FAILED),
)


@pytest.mark.parametrize(("fields", "outcome"), OLD)
def test_a_summary_of_version_0_1_has_its_outcome(fields, outcome):
    summary = summary_from(fields)
    assert (summary.outcome, summary.abstained, summary.question_is_cut) == (outcome, fields["abstained"], False)
    assert msgspec.convert(msgspec.to_builtins(summary), type(summary)) == summary


def test_a_long_question_of_version_0_1_is_known_to_be_cut():
    assert summary_from(old_fields(0, status="done", question="Who really …")).question_is_cut


def test_a_history_of_both_versions_is_read_and_added_to(tmp_path):
    folder = tmp_path / "history"
    folder.mkdir()
    table = {str(n): fields for n, (fields, _) in enumerate(OLD, start=1)}
    (folder / "runs-000001.json").write_bytes(msgspec.json.encode({"_default": table}))
    history = History(folder)
    assert [run.outcome for run in history.recent()] == [outcome for _, outcome in reversed(OLD)]
    history.add(script.summary(9))
    assert [run.outcome for run in History(folder).recent()][1:] == [outcome for _, outcome in reversed(OLD)]
    assert history.problems() == []


def test_a_run_that_version_0_1_deleted_comes_back(tmp_path):
    for name in ("history", "runs", "trash"):
        (tmp_path / name).mkdir()
    placed = {"name": "runs-000001.json", "number": 1, "summary": old_fields(0, status="failed")}
    record = {"deleted_at": "2999-01-01T00:00:00.000000+00:00", "placed": placed}
    (tmp_path / "trash" / "run-0.deleted.json").write_bytes(msgspec.json.encode(record))
    history = History(tmp_path / "history")
    Trash(tmp_path / "trash", history, tmp_path / "runs").restore()
    assert [(run.run_id, run.outcome) for run in history.recent()] == [("run-0", Outcome.FAILED)]


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        (script.answered(), Outcome.ANSWERED),
        (script.abstained(), Outcome.UNANSWERED),
        (script.failed(), Outcome.FAILED),
        ([*script.walk(), RunCancelled()], Outcome.CANCELLED),
        ([AnswerWritten("x", abstained=False, citations=(), removed=0), RunCancelled()], Outcome.CANCELLED),
        (script.answered()[:-1], Outcome.CANCELLED),
        ([RunFinished({})], Outcome.CANCELLED),
        ([], Outcome.CANCELLED),
    ],
)
def test_a_run_that_has_no_end_was_cancelled(events, outcome):
    assert summary_of(script.state_of(events), 1.0).outcome is outcome


def test_a_summary_tells_the_run_by_its_state():
    summary = summary_of(script.state_of(script.answered()), 83.2)
    assert (summary.question, summary.passages, summary.duration_ms) == (script.QUESTION, 1, 83.2)
    assert (summary.personas, summary.top_persona) == (script.WALKERS, "control")
    state = RunState("why?", "20260102-030405000000-beef")
    assert (summary_of(state, 0.0).at, summary_of(state, 0.0).question) == ("2026-01-02T03:04:05+00:00", "why?")


def test_only_a_question_that_was_shortened_is_cut():
    assert not fitted(script.summary(0)).question_is_cut
    long = fitted(script.summary(0, question="Who " + "really " * 100 + "built it?"))
    assert (long.question[-1], long.question_is_cut) == ("…", True)
    assert not fitted(script.summary(0, question="Who …", answer="a" * 500)).question_is_cut
    assert fitted(replace(long, question="short")).question_is_cut


def test_a_defect_is_told_and_a_reader_that_left_is_not():
    assert last_event(GeneratorExit()) == RunCancelled()
    event = last_event(ZeroDivisionError("a\x1b[2J\nb"))
    assert isinstance(event, RunFailed)
    assert event.message.startswith("internal error: ZeroDivisionError: a")
    assert event.message.isprintable()
