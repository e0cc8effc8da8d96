"""The query language of the history: words, fields, dates of the reader's own time zone, and what is refused."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.runs.query import FIELDS, KINDS, RunQuery, folded
from engine.errors import InputError
from engine.run.state import Judgements, Outcome
from tests.support import scripted_run as script

RUN = script.summary(
    1, at="2026-11-15T12:00:00+00:00", question="Où est Łódź, la ville des ÉCOLES?", abstained=False, model="qwen3:4b",
    answer="On the Straße: the pump was repaired at 10:30.", personas=("control", "tracker"), top_persona="archivist",
    outcome=Outcome.ANSWERED,
)  # fmt: skip


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/New_York"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def holds(text: str, judged: Judgements | None = None, **changed: Any) -> bool:
    return RunQuery.parse(text).matches(replace(RUN, **changed), {RUN.run_id: judged} if judged else {})


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("", True),
        ("  ", True),
        ("ecoles", True),
        ("ÉCOLES strasse", True),
        ("ecoles nowhere", False),
        ('"la ville"', True),
        ('"ville la"', False),
        ("ville la", True),
        ("10:30", True),
        ('"persona:tracker"', False),
        ("persona:TRACKER", True),
        ("persona:track", True),
        ("persona:archivist", True),
        ("persona:skeptic", False),
        ("persona:skeptic,tracker", True),
        ("persona:tracker persona:control", True),
        ("persona:tracker persona:skeptic", False),
        ("model:qwen3", True),
        ('model:"QWEN3:4b"', True),
        ("model:llama", False),
        ("model:none", False),
        ("is:answered", True),
        ("is:failed,answered", True),
        ("is:failed", False),
        ("IS:Answered pump model:qwen", True),
        ("is:answered pump model:llama", False),
    ],
)
def test_all_of_a_query_holds(text, held):
    assert holds(text) is held


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, "answered"),
        ({"outcome": Outcome.UNANSWERED}, "unanswered"),
        ({"outcome": Outcome.FAILED}, "failed"),
        ({"outcome": Outcome.CANCELLED, "abstained": True}, "cancelled"),
    ],
)
def test_every_outcome_has_its_word(changed, kind):
    assert [one for one in KINDS if holds(f"is:{one}", **changed)] == [kind]


@pytest.mark.parametrize(
    ("kind", "outcomes"),
    [
        ("abstained", [Outcome.UNANSWERED]),
        ('"no answer"', [Outcome.UNANSWERED]),
        ("done", [Outcome.ANSWERED, Outcome.UNANSWERED]),
        ("done,failed", [Outcome.ANSWERED, Outcome.UNANSWERED, Outcome.FAILED]),
    ],
)
def test_the_words_of_version_0_1_are_understood(kind, outcomes):
    assert [outcome for outcome in Outcome if holds(f"is:{kind}", outcome=outcome)] == outcomes


@pytest.mark.parametrize(
    ("judged", "kinds"), [({}, []), ({None: True}, ["liked"]), ({None: False, 2: True}, ["liked", "disliked"])]
)
def test_what_the_user_said_is_found(judged, kinds):
    assert [kind for kind in ("liked", "disliked") if holds(f"is:{kind}", judged)] == kinds
    assert holds("is:liked,answered")
    assert RunQuery.parse("is:liked").needs_judgements
    assert not RunQuery.parse("is:failed liked").needs_judgements


def test_no_model_has_a_name():
    assert holds("model:none", model="")
    assert not holds("model:qwen3", model="")
    assert not holds("model:on", model="")
    assert holds("model:qwen3,none", model="")


@pytest.mark.parametrize(
    ("text", "local", "held"),
    [
        ("date:2026-11", "2026-11-01T00:00:00", True),
        ("date:2026-11", "2026-11-30T23:59:59", True),
        ("date:2026-11", "2026-12-01T00:00:00", False),
        ("date:2026-12", "2026-12-31T23:59:59", True),
        ("date:2026-12", "2027-01-01T00:00:00", False),
        ("date:2026", "2026-12-31T23:59:59", True),
        ("date:2026-2-3", "2026-02-03T10:00:00", True),
        ("date:2026-02-03", "2026-02-04T00:00:00", False),
        ("after:2026-11-01", "2026-11-01T00:00:00", True),
        ("after:2026-11-01", "2026-10-31T23:59:59", False),
        ("before:2026-11-01", "2026-10-31T23:59:59", True),
        ("before:2026-11-01", "2026-11-01T00:00:00", False),
        ("after:2026-10 before:2026-12", "2026-11-30T23:59:59", True),
        ("after:2026-10 after:2026-12", "2026-11-30T23:59:59", False),
        ("date:2026 date:2026-11", "2026-10-01T00:00:00", False),
    ],
)
@pytest.mark.usefixtures("zone")
def test_days_are_those_of_the_reader(text, local, held):
    at = datetime.fromisoformat(local).astimezone(UTC).isoformat(timespec="seconds")
    assert holds(text, at=at) is held


@pytest.mark.usefixtures("zone")
def test_today_and_yesterday():
    now = datetime.now().astimezone()
    for words, at in (("date:today", now), ("date:yesterday", now - timedelta(days=1))):
        assert holds(words, at=at.astimezone(UTC).isoformat())
    assert not holds("date:yesterday", at=now.astimezone(UTC).isoformat())
    assert not holds("before:today", at=now.astimezone(UTC).isoformat())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("persna:x", "there is no field persna: (did you mean persona:? valid are date, after,"),
        ("re: pump", "there is no field re:"),
        ("http://x", "in quotes it is taken as words"),
        ("is:anwered", "did you mean is:answered? valid are answered, unanswered, cancelled, failed, liked, disliked"),
        ("is:", "is: needs a value (such as is:answered)"),
        ("model: x", "model: needs a value"),
        ('persona:""', "persona: needs a value"),
        ("is:,", "is: needs a value"),
        ("date:2026-13", "'2026-13' is no date (valid are 2026, 2026-11, 2026-11-30, today or yesterday)"),
        ("after:2026-02-30", "is no date"),
        ("before:soon", "is no date"),
        ("date:20266", "is no date"),
        ("date:99", "is no date"),
        ("date:9999", "is no date"),
        ('"net strike', "a quotation mark is not closed"),
        ('model:"net strike', "a quotation mark is not closed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_valid(text, words):
    with pytest.raises(InputError) as refused:
        RunQuery.parse(text)
    assert words in str(refused.value)


def test_every_field_is_known_by_its_example():
    for name in FIELDS:
        with pytest.raises(InputError) as refused:
            RunQuery.parse(f"{name}:")
        RunQuery.parse(refused.value.hint.removeprefix("such as ").partition(",")[0])


def test_queries_are_the_same_whatever_the_blanks():
    assert RunQuery.parse(" pump  ") == RunQuery.parse("pump")
    assert RunQuery.parse(" pump  ").text == "pump"
    assert RunQuery.parse("") == RunQuery()


@pytest.mark.parametrize(
    ("text", "plain"),
    [("ABC", "abc"), ("É e\u0301", "e e"), ("Straße", "strasse"), ("ŁÓDŹ", "łodz"), ("東京", "東京"), ("İ", "i")],
)
def test_case_and_accents_do_not_count(text, plain):
    assert folded(text) == plain
