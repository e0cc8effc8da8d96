"""What of a graph is shown, as keys change it."""

from engine.run.state import Outcome, RunState
from tests.support import graph_run as run
from tui.graph.selection import EMPTY, GraphSelection


def shown(events=run.RECORDED):
    found = GraphSelection()
    found.follow(events)
    return found


def test_another_run_is_shown_whole():
    found = GraphSelection()
    assert found.follow(run.RECORDED)
    assert not found.follow(run.RECORDED)
    found.choose_persona(2)
    found.fold(run.LIGHT)
    found.follow(run.RECORDED)
    assert (found.choice.persona, found.heading()) == ("tracker", "Graph · only tracker")
    assert found.follow([])
    assert (found.choice.persona, found.choice.folded, found.lines) == ("", frozenset(), [])


def test_personas_follow_each_other_and_then_come_all():
    found, seen = shown(), []
    for _ in range(6):
        found.next_persona()
        seen.append(found.choice.persona)
    assert seen == [*run.WALKERS, "", "control"]
    found.choose_persona(5)
    assert found.choice.persona == "control"
    found.choose_persona(0)
    assert found.choice.persona == ""


def test_citations_alone_are_shown_where_there_are_any():
    found = shown(run.RECORDED[:-2])
    assert not found.toggle_cited()
    found = shown()
    assert found.toggle_cited()
    found.follow(run.RECORDED)
    assert (len(found.lines), found.heading()) == (4, "Graph · only what leads to citations")
    found.growth.go(3)
    assert found.toggle_cited()


def test_what_is_found_can_be_unfolded():
    found = shown()
    found.fold(run.YSOLDE)
    found.fold(run.KRELLE)
    found.follow(run.RECORDED)
    assert found.find("krelle", run.LIGHT) == found.find("krelle", run.KRELLE) == run.KRELLE
    assert found.find("", "") == found.find("nothing", "") == ""
    found.unfold_to(run.KRELLE)
    assert found.choice.folded == {run.KRELLE}
    found.unfold_to("never seen")


def test_new_passages_are_marked_while_it_grows_or_is_stepped_through():
    found = shown()
    assert found.picture.new == frozenset()
    found.growth.go(5)
    found.follow(run.RECORDED)
    assert found.picture.new == {run.LIGHT}
    assert shown(run.RECORDED[:5]).picture.new == {run.LIGHT}


def test_an_empty_graph_says_why():
    assert GraphSelection().why_empty(RunState()) == EMPTY
    asked = RunState(question="who?", outcome=Outcome.FAILED)
    assert GraphSelection().why_empty(asked) == "No passage was walked to: failed."
    found = shown()
    found.growth.go(0)
    assert "before the first step" in found.why_empty(asked)
    found.choose_persona(4)
    assert found.why_empty(asked).startswith("analyst has not walked by now")
