"""A question asks the index in few rounds: an engine on another machine answers each in one request."""

import json
from collections import Counter
from typing import Any

import pytest

from engine.documents.passages import Passage
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.personas.persona import persona_from_json
from engine.personas.traits import needs_vectors
from engine.question.question import read_question
from engine.shipped import shipped
from engine.walk.links import LinkKind
from engine.walk.neighbourhood import Neighbourhood

ROUNDS = ("count", "look_up", "existing", "name_frequencies", "search", "titled", "term_frequency", "name_frequency")
NAMES = (
    "Mara Ellin",
    "Tarnby",
    "Oule",
    "Grey Hills",
    "Anstrake",
    "Meridew",
    "Ysolde Marrak",
    "Quillane",
    "Gannet Stack",
)
MOST = 8


class CountingIndex:
    """Passes every look-up on to an index, and counts those that an engine on another machine would be asked."""

    def __init__(self, index: SearchIndex) -> None:
        self.index, self.calls = index, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += name in ROUNDS
        return getattr(self.index, name)

    def __len__(self) -> int:
        return len(self.index)


@pytest.fixture
def library(tmp_path):
    passages = []
    for n, name in enumerate(NAMES):
        for part in range(4):
            other = NAMES[(n * 3 + part + 1) % len(NAMES)]
            text = (
                f"{name} was painted by {other} in {1890 + n}. The keeper of {NAMES[(n + part) % len(NAMES)]} saw it."
            )
            passages.append(Passage(f"/n/{n}.md#{part}", f"/n/{n}.md", name, f"Part {part}", part * 100, 100, text))
    return index_passages(SearchIndex(tmp_path / "index"), [(passage, "") for passage in passages])


@pytest.mark.parametrize(
    "question",
    [
        "Who painted the keeper of Tarnby?",
        "When was Mara Ellin painted, and by whom?",
        "keeper",
        "Who saw Ysolde Marrak?",
    ],
)
def test_a_question_to_the_shipped_panel_takes_at_most_eight_rounds(library, question):
    files = sorted(shipped("personas").glob("*/*.json"))
    personas = [persona_from_json(json.loads(path.read_text()), where=path.name) for path in files]
    index = CountingIndex(library.index)
    panel = Panel(question, type(library)(index, (), library.mean_length))
    question_features(panel.neighbourhood)
    panel.send_all([(persona, 1.0) for persona in personas if not needs_vectors(persona)])
    assert panel.fused()
    assert sum(index.calls.values()) <= MOST, index.calls


def test_links_that_are_found_at_once_are_those_that_are_found_one_by_one(library):
    question = read_question("Who painted the keeper of Tarnby?", library)
    at_once, one_by_one = Neighbourhood(question, library), Neighbourhood(question, library)
    numbers = [number for number, _ in at_once.first]
    at_once.expand(numbers)
    for number in numbers:
        expected = [(link.target.number, link.kind, link.name, link.figures) for link in one_by_one.links(number)]
        assert [(link.target.number, link.kind, link.name, link.figures) for link in at_once.links(number)] == expected
        assert {link.kind for link in at_once.links(number)} <= {LinkKind.TITLE, LinkKind.BACK, LinkKind.SHARED}
        assert (at_once.open(number).table == one_by_one.open(number).table).all()


def test_passages_beside_each_other_are_linked_within_their_document(library):
    graph = Neighbourhood(read_question("Who painted the keeper of Tarnby?", library), library)
    for number, _ in graph.first:
        (beside,) = graph.beside([number])
        assert beside
        assert {graph.passage(side).source for side in beside} == {graph.passage(number).source}
        links = [edge for edge in graph.open(number).edges if edge.data["kind"] == "next"]
        assert [edge.target.node_id for edge in links] == [str(side) for side in beside]
