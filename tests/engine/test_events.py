"""Events: each comes back from its line as it was, and a bad line is a ValueError."""

import json
from dataclasses import FrozenInstanceError, fields
from typing import get_args

import pytest

from engine.events import (
    AnswerCutShort,
    AnswerFragment,
    AnswerThought,
    AnswerWritten,
    Citation,
    ClaimsWritten,
    CycleStarted,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    GroundedClaim,
    ModelFound,
    ModelReplied,
    OthersAsked,
    OutputProduced,
    OutputScored,
    PersonaBorn,
    PersonaStepped,
    PersonaTransitioned,
    QuestionRead,
    QuotationsChosen,
    RankedPassage,
    RecordedEvent,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
    from_json,
    to_json,
)

NASTY = 'Łódź "quoted" \n\u2028 \x1b[31m\x00 🙂 [bold]'
EXAMPLES: list[RunEvent] = [
    RunStarted("r1", NASTY, 4294967295, 0, None),
    OthersAsked(("ssh://host/notes", NASTY), (12, -1)),
    QuestionRead(("Ann Lee", NASTY), (), ("lamp",), (1.0, 0.25)),
    GateReceipt("a", "active", 1, 0.1, 0.2, 0.3, 0.4, -0.5, 0.6, 0.7, activated=True, reason=NASTY),
    CycleStarted(2, ("a", "b")),
    PersonaStepped("a", 1, "", "/x.md#1", NASTY, "search", 0.1),
    ModelReplied("claims", "a", "http://x:1", NASTY, 7, 0, 0.0, 1.25, 1e3),
    ClaimsWritten("a", (GroundedClaim(NASTY, "/x.md#1", "/x.md", 0, 9, NASTY),), 1),
    OutputProduced("a", ("/x.md#1",), NASTY),
    OutputScored("a", Scores(0.1, 0.2, 1 / 3, 1e-300, 1.0), 0.0),
    PersonaTransitioned("a", "stable", "active", "thresholds", "r1"),
    PersonaBorn("a-b-2", ("a", "b"), {"focus": 3}, "r1"),
    EvidenceRanked((RankedPassage("p", "s", NASTY, 0.25, ("a",)), RankedPassage("q", "s", "", 0.0)), 0.5, 3, 2),
    ModelFound(NASTY),
    QuotationsChosen(NASTY, (Citation(1, "s", "t", 0, 9, NASTY),), (NASTY,), 1200),
    Degraded(NASTY),
    AnswerThought(NASTY),
    AnswerFragment(NASTY),
    AnswerCutShort(NASTY, NASTY),
    AnswerWritten("[1]", abstained=False, citations=(Citation(1, "s", "t", 0, 9, NASTY),), removed=2),
    RunFinished({"walking": 0.123, "": 0.0}),
    RunCancelled(),
    RunFailed("what", NASTY),
]


def test_there_is_an_example_of_every_event():
    assert [type(example) for example in EXAMPLES] == list(get_args(RunEvent))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_its_line_as_it_was(event):
    recorded = RecordedEvent(12.345, event)
    line = to_json(recorded)
    assert b"\n" not in line
    assert from_json(line) == from_json(line.decode()) == recorded
    assert type(from_json(line).event) is type(event)
    assert hash(type(event)) is not None
    told = json.loads(line)
    assert (told.pop("at_ms"), told.pop("event")) == (12.345, type(event).__name__)
    assert list(told) == [field.name for field in fields(event)]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_frozen_and_has_no_room_for_more(event):
    with pytest.raises((FrozenInstanceError, TypeError, AttributeError)):
        event.more = 1
    assert not hasattr(event, "__dict__")
    assert not {"at_ms", "event"} & {field.name for field in fields(event)}


def test_lists_come_back_as_tuples():
    event = from_json(to_json(RecordedEvent(0.0, CycleStarted(1, ("a",))))).event
    assert isinstance(event, CycleStarted)
    assert event.personas == ("a",)


def test_a_line_without_a_time_happened_at_the_start_and_new_fields_are_ignored():
    assert from_json('{"event": "Degraded", "reason": "x", "added_later": 1}') == RecordedEvent(0.0, Degraded("x"))


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "null", "{}", '{"event": null}', '{"event": "Nope"}', '{"event": "Degraded"}', b"\xff",
        '{"event": "Degraded", "reason": 1}', '{"event": "CycleStarted", "cycle": 1.5, "personas": []}',
        '{"at_ms": "soon", "event": "RunCancelled"}', '{"event": "Scores"}', '{"event": "RecordedEvent"}',
    ],
)  # fmt: skip
def test_a_bad_line_is_a_value_error(line):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is another library's
        from_json(line)


@pytest.mark.parametrize("line", ['{"at_ms": null, "event": "RunCancelled"}', '{"event": []}'])
def test_a_misshapen_head_is_a_value_error_too(line):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is another library's
        from_json(line)
