"""What a persona found that no other one did."""

from typing import Any

import pytest

from engine.events import AnswerWritten, OutputProduced
from tests.support import graph_run
from tests.support import scripted_run as script
from tui.personas.finds import finds_of, finds_text

(ANSWER,) = (event for event in graph_run.EVENTS if isinstance(event, AnswerWritten))
GANNET = ANSWER.citations[1]


class Recorded:
    """A history of one run, which was recorded and judged."""

    def __init__(self, events: list[Any], judged: dict[int | None, bool] | None = None) -> None:
        self.events, self.history, self.judged = events, self, judged or {}

    def judgements(self) -> dict[str, dict[int | None, bool]]:
        return {script.summary(0).run_id: self.judged}

    def recent(self, _limit: int, _offset: int) -> list[Any]:
        return [script.summary(0)]

    def replay(self, _run_id: str) -> list[Any]:
        return script.recorded(self.events)


def told(events: list[Any], persona_id: str, judged: dict[int | None, bool] | None = None) -> list[str]:
    runs: Any = Recorded(events, judged)
    return [line.plain for line in finds_text(finds_of(runs, persona_id))]


def without(*personas: str) -> list[Any]:
    """The run of the graph without the steps of some personas."""
    return [event for event in graph_run.EVENTS if getattr(event, "persona_id", "") not in personas]


def test_a_passage_to_which_only_one_persona_came_is_its_find():
    assert told(without("tracker", "archivist"), "control") == [
        "Cited passages that no other persona found, in 1 of 1 answered question for which it walked:",
        "",
        graph_run.QUESTION,
        "[2] Gannet Stack Light",
    ]


def test_what_others_found_too_is_no_find():
    assert told(graph_run.EVENTS, "control") == ["No cited passage was found by it alone."]


@pytest.mark.parametrize(
    ("judged", "known"),
    [
        ({2: True}, ["Knows Gannet Stack Light (1 mark): you liked what it found there."]),
        ({2: False, None: True}, []),
        ({}, []),
    ],
)
def test_it_knows_the_documents_of_the_sources_that_were_liked(judged, known):
    events = [*graph_run.EVENTS[:-2], OutputProduced("control", (GANNET.passage,), ""), *graph_run.EVENTS[-2:]]
    assert [line for line in told(events, "control", judged) if line.startswith("Knows")] == known


@pytest.mark.parametrize("events", [[], without("control")])
def test_a_persona_that_did_not_walk_found_nothing(events):
    assert told(events, "control") == ["It has not walked in the latest recorded runs."]


async def test_the_finds_are_a_tab_of_the_persona():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("f2", "j", "5")
        await script.until(pilot, lambda: "▸Finds" in script.screen_text(pilot.app))
        await script.until(pilot, lambda: "No cited passage was found" in script.screen_text(pilot.app))
