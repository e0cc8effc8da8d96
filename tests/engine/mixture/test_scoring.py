"""The four scores: hand-made outputs with known results, all in [0, 1]."""

import random
from dataclasses import replace

import pytest

from engine.documents.passages import Passage
from engine.events import GroundedClaim
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.outputs import Evidence, PersonaOutput
from engine.mixture.scoring import (
    DEPTH,
    credit,
    reward_of,
    score_consistency,
    score_entity_grounding,
    score_novelty,
    score_output,
    score_relevance,
)
from engine.question.question import read_question


def output(name: str, *numbers: int, stems: str = "", names: str = "") -> PersonaOutput:
    evidence = tuple(Evidence(number, 1 / place) for place, number in enumerate(numbers, 1))
    return PersonaOutput(name, evidence, frozenset(stems.split()), frozenset(names.split(", ")))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    texts = ["The lamp was lit by Ann.", "A heron was seen.", "The lamp stood.", "The lamp fell."]
    passages = [(Passage(str(n), "s", "", "", 0, len(text), text), "") for n, text in enumerate(texts)]
    return index_passages(SearchIndex(tmp_path_factory.mktemp("index")), passages)


def test_relevance_is_the_share_of_the_question_by_weight(found):
    query = read_question("Did the heron polish the lamp?", found)
    assert query.terms == ("heron", "lamp")
    assert score_relevance(output("a", stems="heron lamp other"), query) == pytest.approx(
        1 / (1 + query.unknown_weight)
    )
    rare, common = (score_relevance(output("a", stems=stem), query) for stem in ("heron", "lamp"))
    assert rare > common > 0
    assert score_relevance(output("a"), query) == 0


def test_consistency_is_the_share_of_what_the_others_put_first_together():
    other = output("b", 1, 2, 3)  # its votes are 1/3, 1/4 and 1/5: of 47 parts 20, 15 and 12
    assert score_consistency(output("a", 3, 2, 1), [other]) == pytest.approx(1.0)
    assert score_consistency(output("a", 4, 5, 6), [other]) == 0.0
    assert score_consistency(output("a", 1, 4), [other]) == pytest.approx(20 / 47)
    assert score_consistency(output("a", 4, 2, 3), [other]) == pytest.approx(27 / 47)


def test_what_several_found_counts_more_than_what_one_found():
    others = [output("b", 1, 2), output("c", 1, 3)]  # 1 has 2/3 of a vote, 2 and 3 have 1/4 each
    assert score_consistency(output("a", 1), others) == pytest.approx((2 / 3) / (2 / 3 + 2 / 4))
    assert score_consistency(output("a", 3), others) == pytest.approx((1 / 4) / (2 / 3 + 2 / 4))


def test_an_output_is_not_compared_with_itself_and_alone_agrees_with_nobody():
    mine = output("a", 1, 2)
    assert score_consistency(mine, []) == score_consistency(mine, [mine]) == 0.0
    assert score_consistency(mine, [mine, output("b", 1, 2)]) == pytest.approx(1.0)
    assert score_consistency(mine, [mine, output("b", 3)]) == 0.0
    assert score_novelty(mine, [mine]) == 0.0


def test_outputs_without_evidence_agree_with_nobody():
    assert score_consistency(output("a"), [output("b")]) == 0.0
    assert score_consistency(output("a", 1), [output("b")]) == 0.0
    assert score_consistency(output("a"), [output("b", 1)]) == 0.0
    assert score_novelty(output("a"), []) == score_novelty(output("a"), [output("b", 1)]) == 0.0


def test_novelty_is_what_others_confirm_and_a_plain_search_does_not_find():
    others = [output("b", 1, 2, 3), output("c", 3, 4)]
    assert score_novelty(output("a", 2, 3), others, plain=[1, 2]) == 0.5  # of 3 and 4 it has 3
    assert score_novelty(output("a", 4, 3), others, plain=[1, 2]) == 1.0
    assert score_novelty(output("a", 1, 2), others, plain=[1, 2]) == 0.0
    assert score_novelty(output("a", 1, 2, 3, 4), others, plain=[1, 2, 3, 4]) == 0.0
    assert score_novelty(output("a", 1, 2, 3, 4), others) == 1.0


def test_what_only_one_found_is_no_novelty():
    assert score_novelty(output("a", 7, 8, 9), [output("b", 1, 2)], plain=[1]) == 0.0
    few, more = output("a", 2), output("a", 2, 7, 8, 9)
    assert score_novelty(few, [output("b", 1, 2)], plain=[1]) == score_novelty(more, [output("b", 1, 2)], plain=[1])


def test_only_the_first_five_passages_are_judged():
    mine, other = output("a", 1, 2, 3, 4, 5, 6, 7), output("b", 1, 2, 3, 4, 5, 8, 9)
    assert DEPTH == 5
    assert score_consistency(mine, [other]) == pytest.approx(1.0)
    assert score_consistency(output("a", 11, 12, 13, 14, 15, 1), [other]) == 0.0
    assert score_novelty(output("a", 8, 9), [other]) == 0.0
    assert score_novelty(output("a", 11, 12, 13, 14, 15, 1), [other]) == 0.0


def test_the_others_are_heard_beyond_their_first_five():
    others = [output("b", 1, 2, 3, 4, 5, 9), output("c", 11, 12, 13, 14, 15, 9)]  # 9 has 2/8, more than a fifth place
    assert score_consistency(output("a", 9), others) > 0


def test_all_four_come_by_name_and_each_is_its_own(found):
    query = read_question("Did Ann see the heron by the lamp?", found)
    mine, others = output("a", 1, 2, stems="heron", names="ann"), [output("b", 1, 2), output("a", 1, 2)]
    assert score_output(mine, others, query, [1]) == {
        "relevance": score_relevance(mine, query),
        "consistency": score_consistency(mine, others),
        "novelty": score_novelty(mine, others, plain=[1]),
        "entity_grounding": score_entity_grounding(mine, [name.key for name in query.names]),
    }
    assert score_output(mine, others, query, [1])["novelty"] == 1.0
    assert score_output(mine, others, query, [1, 2])["novelty"] == 0.0


def test_grounding_is_the_share_of_the_questions_names():
    mine = output("a", names="ann lee, vane head")
    assert score_entity_grounding(mine, ["ann lee"]) == 1.0
    assert score_entity_grounding(mine, ["ann lee", "bo tarn"]) == 0.5
    assert score_entity_grounding(mine, ["bo tarn"]) == 0.0
    assert score_entity_grounding(mine, []) == 0.0


def test_credit_is_the_share_of_what_is_cited_that_a_persona_has_found():
    assert credit([1, 2], first=[1, 7], lost=[], plain=[]) == 0.5
    assert credit([1, 2], first=[7], lost=[2], plain=[]) == 0.5  # the panel loses it without the persona
    assert credit([1, 2], first=[1], lost=[1, 2, 9], plain=[]) == 1.0
    assert credit([1, 2], first=[7], lost=[9], plain=[]) == 0.0


def test_what_a_plain_search_finds_earns_half():
    assert credit([1, 2], first=[2], lost=[], plain=[1]) == pytest.approx(2 / 3)
    assert credit([1, 2], first=[1], lost=[], plain=[1]) == pytest.approx(1 / 3)
    assert credit([1, 2], first=[1, 2], lost=[], plain=[1, 2]) == 1.0
    assert credit([], first=[1], lost=[1], plain=[]) == 0.0


def test_a_reward_is_the_total_and_the_credit_and_never_more_than_all():
    assert (reward_of(0.0, 0.0), reward_of(0.7, 0.2), reward_of(0.9, 0.3)) == (0.0, 0.9, 1.0)


def test_every_score_is_between_nothing_and_all():
    chance = random.Random(1)
    outputs = [output(str(n), *chance.sample(range(9), chance.randint(0, 7))) for n in range(60)]
    for mine in outputs:
        others = chance.sample(outputs, 4)
        assert 0 <= score_consistency(mine, others) <= 1 + 1e-9
        assert 0 <= score_novelty(mine, others, plain=range(3)) <= 1


# -- with claims ----------------------------------------------------------------------------------------------


def stating(name: str, *claims: tuple[str, int]) -> PersonaOutput:
    """An output that states these texts, each resting on the words at that place."""
    grounded = tuple(GroundedClaim(text, "s#0", "s", start, start + 9, "x") for text, start in claims)
    return replace(output(name, 1, 2, 3), claims=grounded)


def test_claims_agree_when_they_rest_on_the_same_words_or_say_the_same():
    ann = stating("a", ("The lamp was lit by Ann Lee.", 0))
    same_words, same_meaning = stating("b", ("She did.", 0)), stating("c", ("Ann Lee lit the lamp again.", 500))
    other = stating("d", ("A heron was seen on Tuesday.", 700))
    assert score_consistency(ann, [same_words]) == score_consistency(ann, [same_meaning]) == 1.0
    assert score_consistency(ann, [other]) == 0.0
    assert score_consistency(ann, [ann, same_words, same_meaning, other]) == pytest.approx(2 / 3)
    both = stating("e", ("The lamp was lit by Ann Lee.", 0), ("Nobody knows the keeper.", 900))
    assert score_consistency(both, [same_words, other]) == pytest.approx(1 / 4)


def test_without_claims_on_either_side_evidence_is_compared():
    plain = output("b", 1, 2, 3)
    assert score_consistency(stating("a", ("The lamp was lit.", 0)), [plain]) == pytest.approx(1.0)
    assert score_consistency(plain, [stating("a", ("The lamp was lit.", 0))]) == pytest.approx(1.0)
