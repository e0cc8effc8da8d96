"""The graph of a run from its events, up to any step of its growth."""

from engine.events import (
    AnswerWritten,
    Citation,
    EvidenceRanked,
    GateReceipt,
    PersonaStepped,
    RecordedEvent,
    RunStarted,
)
from tests.support import graph_run as run
from tui.graph.state import GraphState, Growth


def receipt(name, *, activated=True):
    return GateReceipt(name, "active", 1, 0, 0, 0, 0, 0, 0, 1, activated=activated, reason="x")


def test_a_passage_knows_its_visits_its_rank_and_its_citations():
    view = run.grown().state
    light = view.nodes[run.LIGHT]
    assert (light.title, light.source, light.number) == ("Gannet Stack Light", "/library/gannet-stack-light.md", "1")
    assert [(v.persona_id, v.source_id, v.via) for v in light.visits] == [
        ("control", "", "search"),
        ("tracker", run.YSOLDE, "gannet stack light"),
        ("tracker", run.KRELLE, "gannet stack light"),
        ("archivist", run.YSOLDE, "gannet stack light"),
    ]
    assert (light.rank, light.fused, [c.n for c in light.citations]) == (2, 0.5, [2])
    assert light.visitors() == {"control": 0.5, "tracker": 0.7, "archivist": 0.65}
    assert (light.score(), light.score("control"), light.score("analyst")) == (0.7, 0.5, 0.0)


def test_links_are_named_and_kept_once():
    view = run.grown().state
    assert view.links[run.YSOLDE, run.LIGHT] == "gannet stack light"
    assert len(view.links) == 6
    assert view.walkers == {"tracker", "archivist", "analyst"}


def test_each_persona_has_a_symbol_of_its_own_and_the_place_that_other_panes_give_it():
    view = GraphState()
    for name in ("wanderer", "analyst", "archivist", "a", "鐘"):
        view.apply(receipt(name, activated=name != "wanderer"))
    assert view.symbols == {"analyst": "A", "archivist": "R", "a": "a", "鐘": "B"}
    assert view.numbers == {"wanderer": 0, "analyst": 1, "archivist": 2, "a": 3, "鐘": 4}


def test_a_step_from_nowhere_known_is_a_start():
    view = GraphState()
    view.apply(PersonaStepped("a", 1, "never seen", "p#1", "P", "x", 0.5))
    view.apply(PersonaStepped("a", 1, "p#1", "p#1", "P", "x", 0.5))
    assert [visit.source_id for visit in view.nodes["p#1"].visits] == ["", ""]
    assert view.links == {}


def test_a_later_cycle_ranks_anew():
    view = run.grown().state
    view.apply(EvidenceRanked((), 0.1, 0, 0))
    assert all(node.rank == 0 for node in view.nodes.values())


def test_a_citation_from_before_passages_were_kept_goes_to_the_best_of_its_source():
    view = run.grown(position=15).state
    old = Citation(1, "/library/ysolde-marrak.md", "Ysolde Marrak", 0, 1, "x")
    view.apply(
        AnswerWritten("x [1]", abstained=False, citations=(old, Citation(2, "/gone", "g", 0, 1, "y")), removed=0)
    )
    assert {n.node_id for n in view.nodes.values() if n.citations} == {run.YSOLDE}


def test_growth_goes_forth_and_back_to_the_same_graph():
    growth = run.grown()
    assert (growth.total, growth.steps) == (16, 16)
    growth.go(5)
    assert (growth.steps, len(growth.state.nodes), growth.state.last) == (5, 4, run.WALK[4])
    growth.go(9)
    growth.go(5)
    assert growth.state == run.grown(position=5).state
    growth.go(-3)
    assert (growth.steps, growth.position, growth.state.question) == (0, 0, run.QUESTION)
    growth.go(99)
    assert growth.steps == 16
    assert growth.state == run.grown().state


def test_growth_follows_what_comes_unless_it_stands_at_a_step():
    events = run.RECORDED[:5]
    growth = Growth(events)
    assert growth.steps == 2
    events.append(run.RECORDED[5])
    growth.read(events)
    assert growth.steps == 3
    growth.go(1)
    events.append(run.RECORDED[6])
    growth.read(events)
    assert (growth.steps, growth.total) == (1, 4)
    growth.go(None)
    assert growth.steps == 4


def test_another_list_of_events_is_another_run():
    growth = run.grown(position=3)
    growth.read([RecordedEvent(0.0, RunStarted("run-10", "And now?", 1, 1, None))])
    assert (growth.state.run_id, growth.state.nodes, growth.position, growth.total) == ("run-10", {}, None, 0)
