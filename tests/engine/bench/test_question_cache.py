"""Questions opened once: what is tried at them is what a panel would have found."""

from collections.abc import Iterator, Sequence

import pytest

from engine.bench.dataset import Indexed, indexed
from engine.bench.question_cache import CachedQuestion, cached_questions
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.mixture.scoring import score_output
from engine.personas.persona import Persona
from engine.walk.traversal import TraitTraversal, Walk
from tests.support.datasets import CONTROL, FILMS, PERSONAS, STAYER, WALKER, write_films


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    with indexed(write_films(tmp_path_factory.mktemp("data") / "films")) as opened:
        yield opened


@pytest.fixture
def question(library: Indexed) -> CachedQuestion:
    return next(cached_questions(library))


@pytest.fixture
def panel(library: Indexed) -> Panel:
    query = library.dataset.queries[0]
    return Panel(query.question, library.library(query))


def test_every_question_of_the_data_set_comes_in_order(library):
    assert [question.id for question in cached_questions(library)] == list(FILMS)
    assert {question.gold_count for question in cached_questions(library)} == {2}


def test_it_sees_what_a_panel_sees(question, panel):
    assert question.question.terms == panel.question.terms
    assert question.features == question_features(panel.neighbourhood)
    assert question.plain == tuple(number for number, _ in panel.neighbourhood.first[:5])
    assert len(question.plain) == 5


@pytest.mark.parametrize("persona", [WALKER, STAYER, CONTROL])
def test_an_output_is_that_of_a_panel(question, panel, persona):
    panel.send(persona)
    assert question.output(persona) == panel.output(persona.persona_id)
    assert len(question.output(persona).evidence) >= 5


def test_the_same_traits_walk_once_whatever_they_are_called(question, monkeypatch):
    walked = []
    walks = TraitTraversal.walks

    def counted(self: TraitTraversal, personas: Sequence[Persona]) -> list[Walk]:
        walked.extend(persona.persona_id for persona in personas)
        return walks(self, personas)

    monkeypatch.setattr(TraitTraversal, "walks", counted)
    twin = Persona("twin", WALKER.traits | {"humour": 9})  # a trait that does not show in a walk
    assert question.output(WALKER) is question.output(twin) is question.output(WALKER)
    assert question.output(STAYER) is not question.output(WALKER)
    assert len(walked) == 2


@pytest.mark.parametrize("voices", [{"walker": 1.0, "stayer": 1.0}, {"walker": 0.1, "stayer": 1.0}, {"stayer": 0.5}])
def test_a_fused_ranking_is_that_of_a_panel_with_these_voices(question, panel, voices):
    for name, voice in voices.items():
        panel.send(PERSONAS[name], voice)
    assert question.fused(voices, PERSONAS) == panel.fused()


def test_a_panel_of_nobody_finds_nothing(question):
    assert question.fused({}, PERSONAS) == {}
    assert question.recall([]) == 0.0
    assert question.gold_in([]) == frozenset()


def test_recall_is_of_the_first_five(question):
    film, director = "Marsh Light", "Ineke Vandermolen"
    found = question.output(WALKER).first()
    assert question.gold_in(found) == {film, director}
    assert question.recall(found) == 1.0
    assert question.gold_in(question.output(STAYER).first()) == {film}
    assert question.recall(question.output(STAYER).first()) == 0.5
    *both, a, b, c = found
    assert question.recall([a, b, c, *both]) == 1.0
    assert question.recall([a, b, c, question.output(STAYER).first()[-1], *both]) == 0.5  # the sixth is too late


def test_scores_are_those_among_the_walkers(question, panel):
    for persona in PERSONAS.values():
        panel.send(persona)
    outputs = [panel.output(name) for name in PERSONAS]
    for output in outputs:
        expected = score_output(output, outputs, panel.question, question.plain)
        assert question.scores(PERSONAS[output.persona_id], [WALKER, STAYER]) == expected
        assert 0 < expected["consistency"] < 1


def test_who_walks_alike_is_still_another(question):
    twin = Persona("twin", WALKER.traits)
    assert question.scores(WALKER, [WALKER, twin])["consistency"] == pytest.approx(1.0)
    assert question.scores(WALKER, [WALKER])["consistency"] == 0.0
