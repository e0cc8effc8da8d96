"""The four scores: hand-made outputs with known results, all in [0, 1]."""

import random

import pytest

from engine.experts import Evidence, PersonaOutput
from engine.library import ScopedIndex, index_passages
from engine.passages import Passage
from engine.question import read_question
from engine.scoring import DEPTH, score_consistency, score_entity_grounding, score_novelty, score_relevance
from engine.search import SearchIndex


def output(name: str, *numbers: int, stems: str = "", names: str = "") -> PersonaOutput:
    evidence = tuple(Evidence(number, 1 / place) for place, number in enumerate(numbers, 1))
    return PersonaOutput(name, evidence, frozenset(stems.split()), frozenset(names.split(", ")))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ScopedIndex:
    texts = ["The lamp was lit by Ann.", "A heron was seen.", "The lamp stood.", "The lamp fell."]
    passages = [(Passage(str(n), "s", "", "", 0, len(text), text), "") for n, text in enumerate(texts)]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), passages)


def test_relevance_is_the_share_of_the_question_by_weight(found):
    query = read_question("Did the heron see the lamp?", found)
    assert query.terms == ("heron", "lamp")
    assert score_relevance(output("a", stems="heron lamp other"), query) == pytest.approx(
        1 / (1 + query.unknown_weight)
    )
    rare, common = (score_relevance(output("a", stems=stem), query) for stem in ("heron", "lamp"))
    assert rare > common > 0
    assert score_relevance(output("a"), query) == 0


def test_consistency_is_the_average_overlap_rank_by_rank():
    first = output("a", 1, 2, 3)
    assert score_consistency(first, [output("b", 1, 2, 3)]) == 1.0
    assert score_consistency(first, [output("b", 4, 5, 6)]) == 0.0
    assert score_consistency(first, [output("b", 2, 1, 3)]) == pytest.approx((0 + 1 + 1) / 3)
    assert score_consistency(first, [output("b", 1, 4, 5)]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert score_consistency(first, [output("b", 1, 2, 3), output("c", 4, 5, 6)]) == 0.5


def test_agreement_at_the_top_counts_more_than_further_down():
    top, bottom = output("b", 1, 8, 9), output("b", 8, 9, 3)
    assert score_consistency(output("a", 1, 2, 3), [top]) > score_consistency(output("a", 1, 2, 3), [bottom])


def test_an_output_is_not_compared_with_itself_and_alone_agrees_with_nobody():
    mine = output("a", 1, 2)
    assert score_consistency(mine, []) == score_consistency(mine, [mine]) == 0.0
    assert score_consistency(mine, [mine, output("b", 1, 2)]) == 1.0
    assert score_novelty(mine, [mine]) == 1.0


def test_outputs_without_evidence_agree_with_nobody():
    assert score_consistency(output("a"), [output("b")]) == 0.0
    assert score_consistency(output("a", 1), [output("b")]) == 0.0
    assert score_novelty(output("a"), []) == 0.0


def test_novelty_is_the_share_that_nobody_else_has():
    mine = output("a", 1, 2, 3, 4)
    assert score_novelty(mine, []) == 1.0
    assert score_novelty(mine, [output("b", 9, 1), output("c", 1, 2)]) == 0.5
    assert score_novelty(mine, [output("b", 4, 3, 2, 1)]) == 0.0


def test_only_the_first_five_passages_are_judged():
    mine, other = output("a", 1, 2, 3, 4, 5, 6, 7), output("b", 1, 2, 3, 4, 5, 8, 9)
    assert DEPTH == 5
    assert score_consistency(mine, [other]) == 1.0
    assert score_novelty(mine, [output("b", 11, 12, 13, 14, 15, 1, 2)]) == 1.0
    assert score_novelty(output("a", 1, 2, 3, 4, 5, 6), [other]) == 0.0


def test_grounding_is_the_share_of_the_questions_names():
    mine = output("a", names="ann lee, vane head")
    assert score_entity_grounding(mine, ["ann lee"]) == 1.0
    assert score_entity_grounding(mine, ["ann lee", "bo tarn"]) == 0.5
    assert score_entity_grounding(mine, ["bo tarn"]) == 0.0
    assert score_entity_grounding(mine, []) == 0.0


def test_every_score_is_between_nothing_and_all():
    chance = random.Random(1)
    outputs = [output(str(n), *chance.sample(range(9), chance.randint(0, 7))) for n in range(60)]
    for mine in outputs:
        others = chance.sample(outputs, 4)
        assert 0 <= score_consistency(mine, others) <= 1
        assert 0 <= score_novelty(mine, others) <= 1
