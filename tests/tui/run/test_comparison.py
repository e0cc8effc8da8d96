"""Two runs beside each other: what both have, what only one has, and what ranks, seats and times they had."""

import msgspec
from rich.console import Console

from engine.events import AnswerWritten, EvidenceRanked, RankedPassage
from engine.run.state import Outcome, RunState
from tests.support import scripted_run as script
from tui.history.compare_screen import comparison_table
from tui.run.comparison import Comparison, compare, compared


def ranked(*ids: str) -> EvidenceRanked:
    return EvidenceRanked(tuple(RankedPassage(name, f"/{name}", name.upper(), 1.0) for name in ids), 0.5, 1, 1)


def both() -> Comparison:
    """An answer from two sources and an abstention with other evidence."""
    one = [ranked(*"abcdefgh") if isinstance(event, EvidenceRanked) else event for event in script.answered()]
    other = [ranked(*"cabxyzdh") if isinstance(event, EvidenceRanked) else event for event in script.abstained()]
    other = [event for event in other if getattr(event, "persona_id", "") != "skeptic"]
    first = compared(script.summary(0), script.state_of(one))
    return compare(first, compared(script.summary(1, duration_ms=1500.0, model="qwen3"), script.state_of(other)))


def rows(comparison: Comparison, heading: str) -> dict[str, tuple[str, str]]:
    return {label: (first, second) for label, first, second in dict(comparison.figures())[heading]}


def test_sources_are_told_apart():
    shorter = AnswerWritten("She kept it. [1]", abstained=False, citations=(script.KEPT,), removed=0)
    events = [shorter if isinstance(event, AnswerWritten) else event for event in script.answered()]
    first, second = (compared(script.summary(0), script.state_of(one)) for one in (script.answered(), events))
    comparison = compare(first, second)
    assert comparison.sources_in_both == (script.KEPT.source,)
    assert (comparison.sources_only_in_first, comparison.sources_only_in_second) == ((script.BUILT.source,), ())
    assert rows(comparison, "Sources") == {"Ysolde Marrak": ("[1]", "[1]"), "Gannet Stack Light": ("[2]", "·")}


def test_the_overlap_of_the_evidence_is_counted_by_depth():
    comparison = both()
    assert comparison.same_among == {5: 3, 10: 5}
    found = rows(comparison, "Evidence by rank")
    assert found["both, of first 5"] == ("3", "3")
    assert (found["A"], found["X"], found["D"], found["E"]) == (("1", "2"), ("·", "4"), ("4", "7"), ("5", "·"))


def test_the_panel_tells_who_was_called_and_what_it_was_worth():
    assert rows(both(), "Panel: total, steps") == {
        "control": ("0.66, 4", "0.66, 4"), "tracker": ("0.59, 4", "0.59, 4"), "archivist": ("0.52, 4", "0.52, 4"),
        "skeptic": ("0.45, 4", "·"), "wanderer": ("resting", "resting"),
    }  # fmt: skip


def test_the_run_and_its_times():
    comparison = both()
    assert rows(comparison, "Run") == {
        "outcome": ("answered", "unanswered"), "model": ("none", "none"), "library": ("412 passages", "412 passages"),
        "covered": ("50%", "50%"), "cycles, steps": ("1, 16", "1, 12"),
    }  # fmt: skip
    assert rows(comparison, "Milliseconds") == {"whole run": ("83.2", "1,500.0"), "walk": ("12.0", "·")}
    assert comparison.texts()[0] == ("question", script.QUESTION, script.QUESTION)


def test_a_run_that_hardly_began_can_be_compared():
    hardly = compared(script.summary(2, outcome=Outcome.CANCELLED), RunState(script.summary(2).question))
    comparison = compare(hardly, hardly)
    assert comparison.texts() == [("question", script.summary(2).question, script.summary(2).question),
                                  ("answer", "·", "·")]  # fmt: skip
    assert [heading for heading, _ in comparison.figures()] == ["Run", "Milliseconds"]


def test_it_is_json_as_it_is():
    assert msgspec.json.decode(msgspec.json.encode(both()), type=Comparison) == both()


def test_what_differs_is_bold_and_nothing_steers_the_terminal():
    hostile = "[red]\x1b[2J\x9b\u202e鐘"
    run = compared(script.summary(0, question=hostile), RunState(hostile))
    console = Console(width=80, record=True, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115, PTH123
    with console.file:
        console.print(comparison_table(compare(run, both().second)))
    text = console.export_text(styles=True)
    assert "\x1b[1m[red][2J鐘" in text
    assert not set(text) & set("\x9b\u202e")
    assert "\x1b[1mnone" not in text
