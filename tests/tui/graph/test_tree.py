"""The graph as a tree: where each passage hangs, in which order, and what a reader may leave out."""

import time

from engine.events import PersonaStepped
from tests.support import graph_run as run
from tui.graph.tree import QUESTION, SEARCHED, Choice, LineKind, tree_lines, tree_of


def drawn(growth=None, choice=Choice()):  # noqa: B008 - frozen
    view = (growth or run.grown()).state
    lines = tree_lines(view, tree_of(view, choice.persona), choice)
    return [(len(line.rails), line.kind.value[0], line.via, line.label) for line in lines]


def lines_of(choice):
    view = run.grown().state
    return tree_lines(view, tree_of(view, choice.persona), choice)


def test_it_leads_from_the_question_by_names_to_passages_the_best_first():
    assert drawn() == [
        (0, "q", "", run.QUESTION),
        (1, "s", "", "ysolde marrak"),
        (2, "n", "", "Ysolde Marrak"),
        (3, "n", "gannet stack light", "Gannet Stack Light"),
        (4, "n", "tobiasz krelle", "Tobiász Krelle"),
        (5, "r", "gannet stack light", "Gannet Stack Light"),
        (4, "n", "hosea garrane", "Orrin Bell"),
        (4, "r", "gannet stack light", "Ysolde Marrak"),
        (2, "n", "", "Ysolde Marrak"),
        (1, "s", "", SEARCHED),
        (2, "n", "", "Berrit Hallvane"),
        (3, "r", "berrit hallvane", "Ysolde Marrak"),
    ]


def test_each_passage_stands_there_once_in_full_whatever_the_step():
    for position in range(17):
        view = run.grown(position=position).state
        lines = tree_lines(view, tree_of(view), Choice())
        assert sorted(x.node_id for x in lines if x.kind is LineKind.NODE) == sorted(view.nodes)
        assert len({line.key for line in lines}) == len(lines)
        linked = [x for x in lines if x.kind is LineKind.REFERENCE or (x.kind is LineKind.NODE and x.via)]
        assert len(linked) == len(view.links)


def test_where_a_searcher_found_it_too_the_walk_is_what_counts():
    tree = tree_of(run.grown().state)
    assert tree.parents[run.KRELLE] == run.LIGHT
    assert tree.path(run.KRELLE) == [run.YSOLDE, run.LIGHT, run.KRELLE]
    assert tree_of(run.grown(position=3).state).parents[run.KRELLE].endswith(SEARCHED)


def test_one_personas_steps_alone():
    assert drawn(choice=Choice("analyst"))[1:] == [
        (1, "s", "", SEARCHED),
        (2, "n", "", "Berrit Hallvane"),
        (3, "n", "berrit hallvane", "Ysolde Marrak"),
    ]
    assert [label for *_, label in drawn(choice=Choice("control"))[2:]] == [
        "Gannet Stack Light", "Berrit Hallvane", "Tobiász Krelle",
    ]  # fmt: skip
    assert drawn(choice=Choice("nobody")) == []


def test_only_the_paths_to_what_is_cited():
    assert drawn(choice=Choice(cited_only=True)) == [
        (0, "q", "", run.QUESTION),
        (1, "s", "", "ysolde marrak"),
        (2, "n", "", "Ysolde Marrak"),
        (3, "n", "gannet stack light", "Gannet Stack Light"),
    ]


def test_what_is_folded_counts_what_it_hides():
    lines = lines_of(Choice(folded=frozenset({run.LIGHT})))
    (light,) = [line for line in lines if line.key == run.LIGHT]
    assert (light.folded, light.below) == (True, 4)
    assert len(lines) == len(lines_of(Choice())) - 4
    (question,) = lines_of(Choice(folded=frozenset({QUESTION})))
    assert (question.folded, question.below) == (True, 11)


def test_rails_tell_whether_more_follows():
    rails = [line.rails for line in lines_of(Choice(cited_only=True))]
    assert rails == [(), (False,), (False, False), (False, False, False)]
    assert lines_of(Choice())[3].rails == (True, True, False)


def test_a_circle_that_nobody_entered_from_outside_still_hangs_on_the_question():
    steps = [PersonaStepped("a", 0, "", "x#1", "X", "search", 0.1)]
    steps += [PersonaStepped(p, 1, "x#1", "y#1", "Y", "n", 0.5) for p in "ab"]
    steps += [PersonaStepped(p, 1, "y#1", "x#1", "X", "n", 0.5) for p in "bcd"]
    view = run.grown([*run.STARTED, *steps]).state
    tree = tree_of(view)
    assert tree.path("y#1") == ["x#1", "y#1"]
    assert tree.parents["x#1"].endswith(SEARCHED)


def test_a_chain_of_any_length_and_an_id_like_a_heading_are_drawn():
    ids = [QUESTION.strip("\0"), *(f"n{k}#1" for k in range(3000))]
    steps = [PersonaStepped("a", 1, ids[k - 1] if k else "", name, name, "n", 0.5) for k, name in enumerate(ids)]
    lines = tree_lines(view := run.grown([*run.STARTED, *steps]).state, tree_of(view), Choice())
    assert len(lines) == 3003
    assert len(lines[-1].rails) == 3002


def test_two_thousand_passages_are_laid_out_in_the_time_of_a_frame_or_two():
    view = run.grown(run.wide_run(2000)).state
    tree_of(view)  # the names of the titles are kept from now on
    started = time.process_time()
    lines = tree_lines(view, tree_of(view), Choice())
    assert len(lines) >= 2001
    assert time.process_time() - started < 0.5
