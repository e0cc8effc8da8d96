"""The walk: from a name to the passage that says it, step by step along what passages mention."""

import math
from abc import ABC
from itertools import pairwise

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.personas.persona import Persona
from engine.personas.traits import TRAITS, Kind
from engine.question.question import read_question
from engine.walk.graph import Node
from engine.walk.neighbourhood import SEARCHED, Neighbourhood
from engine.walk.traversal import PersonaTraversalInterface, TraitTraversal, Walk

TEXTS = {
    "Tide Song": "Tide Song is a hymn. It was composed by Mara Ellin, and first sung in a chapel.",
    "Mara Ellin": "Mara Ellin taught music. She was born in Tarnby and died at sea.",
    "Tarnby": "Tarnby is a town on the river Oule. Its bridge is old.",
    "Oule": "The Oule is a river. It rises in the Grey Hills.",
    "Chapel Choir": "A choir of composers. Each was born somewhere, and each composer wrote a song.",
    "Tide tables": "The tide song of the sailors has no composer.",
    "Weir": "The weir below Tarnby holds the river back.",
    **{f"Day {n}": f"On day {n} the wind blew, and a song was heard." for n in range(40)},
}
QUESTION = "Which river is the birthplace of the composer of Tide Song on?"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    passages = [Passage(title, "s", title, "", 0, len(text), text) for title, text in TEXTS.items()]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), [(p, "") for p in passages])


@pytest.fixture
def around(found: Retriever) -> Neighbourhood:
    return Neighbourhood(read_question(QUESTION, found), found)


def title(around: Neighbourhood, number: int) -> str:
    return around.passage(number).title


def titles(around: Neighbourhood, walk: Walk) -> list[str]:
    return [title(around, number) for number in walk.ranking()]


def node(around: Neighbourhood, name: str) -> Node:
    (number,) = around.retriever.titled(name.lower())
    return Node(name, {"number": number})


def persona(**traits: int) -> Persona:
    return Persona("p", traits)


def walk_of(traversal: TraitTraversal, who: Persona) -> Walk:
    (walk,) = traversal.walks([who])
    return walk


CONTROL = Persona("c", {}, metadata={"control": True})


def test_the_walk_is_one_kind_of_traversal():
    assert issubclass(TraitTraversal, PersonaTraversalInterface)
    assert issubclass(PersonaTraversalInterface, ABC)
    with pytest.raises(TypeError, match="abstract"):
        PersonaTraversalInterface()  # type: ignore[abstract]


def test_a_walk_finds_what_a_search_does_not(around):
    traversal = TraitTraversal(around)
    walked, searched = titles(around, walk_of(traversal, persona())), titles(around, walk_of(traversal, CONTROL))
    assert walked[0] == "Tide Song"
    assert set(walked[:3]) == {"Tide Song", "Mara Ellin", "Tarnby"}
    assert "Mara Ellin" not in searched[:3]


def test_every_path_follows_links_and_never_comes_back(around):
    walk = walk_of(TraitTraversal(around), persona(persistence=9, breadth=9))
    assert walk.paths
    for path in walk.paths:
        assert len(set(path.nodes)) == len(path.nodes) <= 5
        for source, target in pairwise(path.nodes):
            link = around.link(source, target)
            assert link is not None
            assert (link.source, link.target) == (around.open(source), around.open(target))
            assert link in around.open(source).edges
            assert link in around.edges


def test_a_path_is_led_by_names(around):
    walk = walk_of(TraitTraversal(around), persona())
    ways = {tuple(title(around, number) for number in path.nodes) for path in walk.paths}
    assert ("Tide Song", "Mara Ellin", "Tarnby") in ways
    first, second = (around.retriever.titled(name)[0] for name in ("tide song", "mara ellin"))
    link = around.link(first, second)
    assert link is not None
    assert (link.name, link.kind.name, link.figures.sentence) == ("mara ellin", "TITLE", 1)
    assert 0 < link.figures.rarity <= 1
    assert link.figures.relation > 0


@pytest.mark.parametrize(("persistence", "longest"), [(1, 1), (3, 2), (5, 3), (7, 4), (9, 5)])
def test_persistence_is_how_far_a_persona_goes(around, persistence, longest):
    walk = walk_of(TraitTraversal(around), persona(persistence=persistence, breadth=9))
    assert max(len(path.nodes) for path in walk.paths) == longest


def test_persistence_reaches_what_is_further_away(around):
    traversal = TraitTraversal(around)
    near, far = (set(titles(around, walk_of(traversal, persona(persistence=n)))) for n in (1, 9))
    assert "Mara Ellin" not in near
    assert "Mara Ellin" in far


def test_breadth_is_how_many_ways_are_followed(around):
    traversal = TraitTraversal(around)
    few, many = (walk_of(traversal, persona(breadth=n)) for n in (1, 9))
    assert len(few.paths) < len(many.paths)
    assert len({path.nodes[:-1] for path in few.paths if len(path.nodes) == 2}) <= 2
    assert len({path.nodes[:-1] for path in many.paths if len(path.nodes) == 2}) > 2


def test_thoroughness_is_how_many_hits_a_walk_starts_from(around):
    traversal = TraitTraversal(around)
    few, many = (sum(len(p.nodes) == 1 for p in walk_of(traversal, persona(thoroughness=n)).paths) for n in (1, 9))
    assert few < many


def test_skepticism_pays_for_a_second_way_there(around):
    traversal = TraitTraversal(around)
    trusting, doubting = (walk_of(traversal, persona(skepticism=n)) for n in (1, 9))
    ends = [path.nodes[-1] for path in trusting.paths]
    best = {end: max(path.value for path in trusting.paths if path.nodes[-1] == end) for end in ends}
    assert trusting.scores == pytest.approx(best)
    assert {end for end in best if doubting.scores[end] > best[end] * 1.0001} == {e for e in ends if ends.count(e) > 1}


def test_literalness_raises_what_the_question_names(around):
    traversal = TraitTraversal(around)
    number = around.retriever.titled("tide song")[0]
    shares = []
    for value in (1, 5, 9):
        scores = walk_of(traversal, persona(literalness=value, persistence=1)).scores
        shares.append(scores[number] / sum(scores.values()))
    assert shares == sorted(shares)
    assert shares[0] < shares[2]


@pytest.mark.parametrize("trait", [trait for trait in TRAITS if trait not in set(Kind)])
def test_every_trait_makes_some_difference_to_some_walk(around, trait):
    walks = [walk_of(TraitTraversal(around), persona(**{trait: value})).scores for value in (1, 9)]
    assert walks[0] != walks[1]


def test_the_control_ranks_as_the_search_does(around):
    walk = walk_of(TraitTraversal(around), CONTROL)
    hits = around.retriever.search(around.question.search_terms(), 24)
    assert walk.ranking() == [number for number, _ in hits]
    assert walk.scores[hits[0][0]] == pytest.approx(1.0)
    assert walk.paths == []


def test_scores_are_finite_and_positive_and_the_same_twice(found, around):
    for value in range(1, 10):
        walk = walk_of(TraitTraversal(around), persona(**dict.fromkeys(TRAITS, value)))
        assert all(math.isfinite(score) and score >= 0 for score in walk.scores.values())
        fresh = Neighbourhood(read_question(QUESTION, found), found)
        again = walk_of(TraitTraversal(fresh), persona(**dict.fromkeys(TRAITS, value)))
        assert (again.scores, again.ranking()) == (walk.scores, walk.ranking())


def test_relevance_of_a_node_is_between_nothing_and_all(around):
    traversal = TraitTraversal(around)
    for who in (persona(), CONTROL, persona(literalness=9), persona(literalness=1, caution=9)):
        rated = {name: traversal.evaluate_node_relevance(who, node(around, name)) for name in TEXTS}
        assert all(0 <= value <= 1 for value in rated.values())
        assert max(rated, key=lambda name: rated[name]) == "Tide Song"
        assert rated["Weir"] < rated["Tide Song"]


def test_the_next_nodes_are_linked_ones_the_most_promising_first(around):
    traversal, available = (
        TraitTraversal(around),
        [node(around, name) for name in ("Oule", "Day 3", "Tarnby", "Mara Ellin")],
    )
    here = node(around, "Tide Song")
    assert title(around, traversal.decide_traversal(here, available, persona())[0].passage.number) == "Mara Ellin"
    following = traversal.decide_traversal(node(around, "Mara Ellin"), available, persona())
    onward = [title(around, path.passage.number) for path in following]
    assert onward[0] == "Tarnby"
    assert "Day 3" not in onward
    assert traversal.decide_traversal(here, [], persona()) == []
    offered = {int(n.data["number"]) for n in available}
    assert {n.passage.number for n in traversal.decide_traversal(here, available, persona())} <= offered


@pytest.mark.parametrize("question", ["", "the of", "What is a cormorant?", "Zebedee Quist"])
def test_with_nothing_to_go_by_nothing_is_found(found, question):
    around = Neighbourhood(read_question(question, found), found)
    for who in (persona(), CONTROL):
        assert walk_of(TraitTraversal(around), who).scores == {}


def test_an_empty_library_has_no_way(tmp_path):
    empty = Retriever(SearchIndex(tmp_path))
    around = Neighbourhood(read_question(QUESTION, empty), empty)
    for who in (persona(), CONTROL):
        assert walk_of(TraitTraversal(around), who) == Walk({}, [])


def test_the_strength_to_a_passage_is_that_of_the_best_link_there_and_no_more_than_one(around):
    links = [(n, link) for n, _ in around.first for link in around.links(n)]
    assert links
    for number, link in links:
        target = link.target.number
        best = around.link(number, target)
        assert around.strengths(number)[target] == min(1.0, best.figures.strength)
        assert 0 <= around.strengths(number)[target] <= 1
    for number, _ in around.first:
        assert around.strengths(number).keys() == {link.target.number for link in around.links(number)}
        assert around.strengths(number) is around.strengths(number)  # found once a question


def test_walks_in_step_are_those_that_are_made_alone(found, around):
    walkers = [persona(persistence=n, breadth=n) for n in (1, 5, 9)] + [CONTROL]
    together = TraitTraversal(around).walks(walkers)
    for who, walk in zip(walkers, together, strict=True):
        alone = walk_of(TraitTraversal(Neighbourhood(read_question(QUESTION, found), found)), who)
        assert walk.scores == alone.scores
        assert [(path.nodes, path.value) for path in walk.paths] == [(path.nodes, path.value) for path in alone.paths]


def test_a_walk_starts_at_the_most_relevant_nodes_and_goes_where_the_interface_says(around):
    class Watched(TraitTraversal):
        rated, decided = [], []

        def evaluate_node_relevance(self, persona, node):
            self.rated.append(node.data["number"])
            return super().evaluate_node_relevance(persona, node)

        def decide_traversal(self, current_node, available_nodes, persona):
            chosen = super().decide_traversal(current_node, available_nodes, persona)
            self.decided.extend(path.nodes for path in chosen)
            return chosen

    walk = walk_of(Watched(around), persona())
    assert {path.nodes[0] for path in walk.paths} <= set(Watched.rated)
    assert {path.nodes for path in walk.paths if len(path.nodes) > 1} <= set(Watched.decided)
    assert all(around.nodes[path.node_id] is path.passage for path in walk.paths)


@pytest.mark.parametrize(
    ("question", "hits"),
    [("What were the dues?", 100), ("What were the dues of the crooked lantern brewery?", SEARCHED)],
)
def test_hits_beyond_the_usual_number_are_taken_if_their_scores_are_close(tmp_path, question, hits):
    texts = [f"The dues of year {n}." for n in range(99)] + ["The dues of the crooked lantern brewery."]
    texts += [f"Clouds over hill {n}." for n in range(200)]
    passages = [Passage(f"p{n}", "s", "Ledger", "", 0, len(text), text) for n, text in enumerate(texts)]
    library = index_passages(SearchIndex(tmp_path), [(p, "") for p in passages])
    assert len(Neighbourhood(read_question(question, library), library).searched) == hits
