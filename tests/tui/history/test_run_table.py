"""The lines of the history: what stands in one, at every width, for every run."""

import pytest

from engine.run.state import Outcome
from tests.support import scripted_run as script
from tui.drawing.cells import local_time
from tui.history.run_table import RunRow, duration, run_facts, run_line

HOSTILE = "[red]\x1b[2J\u202e\x9b鐘🔔" * 9


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"outcome": Outcome.ANSWERED}, "● answered"),
        ({"outcome": Outcome.UNANSWERED}, "○ unanswered"),
        ({"outcome": Outcome.CANCELLED}, "■ cancelled"),
        ({"outcome": Outcome.FAILED}, "✗ failed"),
    ],
)
def test_an_outcome_is_a_mark_and_a_word_and_on_a_narrow_line_the_mark(changed, words):
    row = RunRow(script.summary(0, **changed))
    assert words in run_line(row, 80).plain
    assert words not in run_line(row, 50).plain
    assert words[0] in run_line(row, 50).plain


@pytest.mark.parametrize(
    ("judged", "chosen", "begins"),
    [
        ({}, False, "   "),
        ({None: True}, False, " + "),
        ({1: False}, False, " - "),
        ({None: False, 2: True}, True, "*± "),
        ({}, True, "*  "),
    ],
)
def test_marks_stand_first(judged, chosen, begins):
    assert run_line(RunRow(script.summary(0), judged, chosen=chosen), 80).plain.startswith(f"{begins}20")


@pytest.mark.parametrize("width", [20, 40, 69, 70, 80, 200])
@pytest.mark.parametrize("text", ["short", HOSTILE])
def test_a_line_fills_its_width_whatever_stands_in_it(width, text):
    run = script.summary(0, question=text, duration_ms=12345.6)
    for row in (RunRow(run), RunRow(None), RunRow(None, chosen=True)):
        line = run_line(row, width)
        assert max(line.cell_len, 21) == max(width, 21)
        assert not set(line.plain) & set("\x1b\x9b\u202e")


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (0.2, "  0 ms"), (83.2, " 83 ms"), (999.4, "999 ms"), (1000, " 1.0 s"), (59_900, "59.9 s"),
        (60_000, " 1.0 m"), (3_599_000, "60.0 m"), (3_600_000, " 1.0 h"), (360_000_000, "100.0 "),
    ],
)  # fmt: skip
def test_a_duration_takes_six_cells(ms, told):
    assert duration(ms) == told


def test_a_time_that_cannot_be_read_is_shown_as_it_is():
    assert local_time("yesterday\x1b").strip() == "yesterday"
    assert local_time("0001-01-01T00:00:00+00:00")


def test_the_facts_of_a_run():
    assert run_facts(script.summary(0), {}) == "best persona tracker · 20 passages · no model"
    run = script.summary(0, top_persona="", model="qwen3\x1b:4b")
    assert run_facts(run, {None: True, 1: False}) == "20 passages · qwen3:4b · judged + [1]-"
