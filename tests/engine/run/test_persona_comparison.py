"""Parts of personas in runs, and two personas side by side."""

from db.personas.record import MOST_READ, latest_parts
from db.runs.history import History
from db.runs.recorder import RunRecorder
from db.runs.summary import RunSummary
from engine.events import CycleStarted, OutputProduced, RecordedEvent, RunEvent
from engine.personas.persona import PersonaState, RosterEntry
from engine.run.persona_comparison import compare
from engine.run.persona_part import parts_in_run
from engine.run.state import Outcome
from tests.support import scripted_run as script
from tui.personas.text import comparison_text, receipts_text


def test_the_parts_of_a_run_are_read_from_its_events():
    parts = parts_in_run(["tracker", "wanderer", "nobody"], script.state_of(script.answered()))
    assert list(parts) == ["tracker", "wanderer"]
    tracker, wanderer = parts["tracker"], parts["wanderer"]
    assert (tracker.run_id, tracker.question, tracker.called) == ("run-1", script.QUESTION, True)
    assert tracker.passages == ("p1", "p2")
    assert tracker.scored is not None
    assert (wanderer.called, wanderer.passages, wanderer.scored) == (False, (), None)
    assert wanderer.receipt.reason == "gain below cost"


def test_the_receipt_that_counts_is_the_one_that_called():
    later = script.receipt("wanderer", "experimental", 0.4)
    parts = parts_in_run(["wanderer"], script.state_of([*script.walk(), CycleStarted(2, ("wanderer",)), later]))
    assert [receipt.activated for receipt in parts["wanderer"].receipts] == [False, True]
    assert parts["wanderer"].receipt is later


def entry(name: str, **traits: int) -> RosterEntry:
    persona = script.persona(name)
    return RosterEntry(type(persona)(name, traits, (), 0.02, persona.historical_performance), PersonaState.ACTIVE)


def test_overlap_counts_the_first_five_passages_of_the_runs_in_which_both_walked():
    seats: list[RunEvent] = [script.STARTED, script.receipt("a"), script.receipt("b")]
    first = OutputProduced("a", tuple("123456"), ""), OutputProduced("b", tuple("123789"), "")
    second = OutputProduced("a", ("1",), ""), OutputProduced("b", ("2",), "")
    runs = [parts_in_run("ab", script.state_of([*seats, *outputs])) for outputs in (first, second, second[:1])]
    found = compare(entry("a", focus=3, humour=9), entry("b", focus=3, breadth=7), runs, confidence=2.0)
    assert found.overlap == (3 / 7 + 0) / 2
    assert (found.together, found.runs, found.left.called) == (2, 3, 3)
    assert found.traits == {"breadth": (5, 7), "focus": (3, 3), "humour": (9, 5)}
    text = [line.plain for line in comparison_text(found, 78)]
    assert next(line for line in text if line.startswith("focus")).count("≠") == 0
    assert next(line for line in text if line.startswith("humour")).count("≠") == 1
    assert "overlap by 0.21 (Jaccard, mean of 2 runs)" in text[-1]
    assert all(line.cell_len <= 78 for line in comparison_text(found, 78)[:-1])


def test_mean_scores_are_those_of_the_runs_it_walked_in():
    runs = [parts_in_run(["tracker", "wanderer"], script.state_of(script.answered()))] * 2
    found = compare(entry("tracker"), entry("wanderer"), runs, confidence=2.0)
    assert found.left.scores is not None
    assert found.left.scores.total == 0.59
    assert (found.right.scores, found.right.called, found.right.judged) == (None, 0, 2)
    assert found.overlap is None
    assert "They were not called together in any of the 2 recorded runs" in comparison_text(found, 78)[-1].plain


def test_receipts_take_one_line_where_that_has_room_else_two():
    part = parts_in_run(["tracker"], script.state_of(script.answered()))["tracker"]
    wide, narrow = receipts_text([part], 120), receipts_text([part], 58)
    assert (len(wide), len(narrow)) == (3, 4)
    assert wide[2].plain.split()[:3] == ["●", ".71", ".40"]
    assert script.QUESTION in wide[2].plain
    assert all(line.cell_len <= 58 for line in narrow[2:])


def summary(n: int) -> RunSummary:
    return RunSummary(f"run-{n}", "2026-01-02T10:00:00+00:00", "q", "", False, "", 1, (), "", 1.0, Outcome.CANCELLED)


def test_the_latest_runs_are_looked_through_and_no_more_than_that(tmp_path):
    history, runs = History(tmp_path / "history"), tmp_path / "runs"
    for n in range(12):
        events = script.answered() if n in {0, 3, 4, 7} else [script.STARTED]
        if n != 9:  # its events are gone
            with RunRecorder(runs, f"run-{n}") as recorder:
                for event in events:
                    recorder.append(RecordedEvent(0.0, event))
        if n == 4:
            (runs / "run-4.jsonl.gz").write_bytes(b"damaged")
        history.add(summary(n))
    assert len(latest_parts(history, runs, ["tracker"], 20)) == 3
    assert len(latest_parts(history, runs, ["tracker"], 2)) == 2
    assert len(latest_parts(history, runs, ["tracker"], 1)) == (12 - MOST_READ <= 7)
    assert latest_parts(history, runs, ["nobody"], 20) == []
