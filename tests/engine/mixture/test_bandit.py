"""The bandit: ridge regressions that can be worked out on paper, and a bonus that fades as more is known."""

import math

import pytest

from engine.mixture import bandit
from engine.mixture.bandit import Bandit
from engine.personas.experience import REMEMBERED, Experience

ONE = (1.0,)  # a question whose only feature is the bias


def earned(*rewards: float, name: str = "a", weight: int = 1) -> list[Experience]:
    """What one persona earned at questions with nothing but the bias, oldest first."""
    return [Experience(ONE, {name: reward}, weight) for reward in rewards]


def expected(experiences: list[Experience], name: str = "a", context: tuple[float, ...] = ONE) -> float:
    return Bandit(experiences, len(context)).expect(name, context).reward


# -- what is expected -----------------------------------------------------------------------------------------


def test_before_any_reward_the_middle_is_expected():
    assert expected([]) == 0.5
    assert expected([], context=(1.0, 0.7, 0.2)) == 0.5


def test_of_who_was_never_rewarded_the_mean_of_all_rewards_is_expected():
    paid = [*earned(0.9, 0.6), Experience(ONE, {"a": 0.6, "b": 0.3})]
    assert expected(paid, "new") == pytest.approx(0.6)
    two = [Experience((1.0, 1.0), {"a": 0.8})]
    assert expected(two, "new", (1.0, 0.0)) == expected(two, "new", (1.0, 1.0)) == pytest.approx(0.8)


def test_one_sample_moves_half_the_way_from_the_mean_and_many_come_close():
    paid = [Experience(ONE, {"a": 1.0, "b": 0.0})]  # mean of all: 0.5
    assert expected(paid, "a") == pytest.approx(0.75)
    assert expected(paid, "b") == pytest.approx(0.25)
    shares = [expected([Experience(ONE, {"a": 1.0, "b": 0.0}, weight)], "a") for weight in (1, 3, 9, 10**6)]
    assert shares == [pytest.approx(1 - 0.5 / (1 + weight)) for weight in (1, 3, 9, 10**6)]


def test_a_regression_with_one_feature_is_the_one_on_paper():
    # Of a: x = 1/2 earned 1. The mean of all is 1/2, so the prior at x is x/2 and the surprise 1 - 1/4 = 3/4.
    # The coefficient is 1/2 + x * 3/4 / (1 + x * x) = 1/2 + 3/10 = 4/5, the variance 1 / (1 + x * x) = 4/5.
    told = Bandit([Experience((0.5,), {"a": 1.0, "b": 0.0})], 1)
    assert told.expect("a", (0.5,)).reward == pytest.approx(0.4)
    assert told.expect("a", (1.0,)).reward == pytest.approx(0.8)
    unknown = told.expect("new", (1.0,)).bonus
    assert told.expect("a", (1.0,)).bonus == pytest.approx(unknown * math.sqrt(4 / 5))


def test_two_features_are_learned_apart():
    # One sample at (1, 1): the surprise 1/2 is shared, 1/2 * 1 / (1 + 2) each.
    told = Bandit([Experience((1.0, 1.0), {"a": 1.0, "b": 0.0})], 2)
    assert told.expect("a", (1.0, 0.0)).reward == pytest.approx(1 / 2 + 1 / 6)
    assert told.expect("a", (1.0, 1.0)).reward == pytest.approx(1 / 2 + 2 / 6)
    assert told.expect("b", (1.0, 1.0)).reward == pytest.approx(1 / 2 - 2 / 6)


def test_a_persona_may_be_good_at_one_kind_of_question_and_bad_at_another():
    kinds = [Experience((1.0, 0.0), {"a": 0.9}), Experience((1.0, 1.0), {"a": 0.1})] * 40
    told = Bandit(kinds, 2)
    assert told.expect("a", (1.0, 0.0)).reward == pytest.approx(0.9, abs=0.05)
    assert told.expect("a", (1.0, 1.0)).reward == pytest.approx(0.1, abs=0.05)


def test_personas_are_learned_apart():
    alone, beside = earned(0.9, 0.9), [Experience(ONE, {"a": 0.9, "b": 0.9}), Experience(ONE, {"a": 0.9})]
    assert expected(alone) == expected(beside) == pytest.approx(0.9)


def test_a_reward_is_expected_between_nothing_and_all():
    steep = [Experience((1.0, 0.0), {"a": 0.0}), Experience((1.0, 0.1), {"a": 1.0})] * 200
    assert expected(steep, context=(1.0, 1.0)) == 1.0
    assert expected(steep, context=(1.0, -1.0)) == 0.0


# -- age and weight -------------------------------------------------------------------------------------------


def test_older_rewards_count_less():
    d = bandit._DISCOUNT
    assert 0.9 < d < 1
    assert expected(earned(0.0, 1.0)) == pytest.approx(0.5 + (1 * 0.5 - d * 0.5) / (1 + 1 + d))
    assert expected(earned(0.0, 1.0)) > 0.5 > expected(earned(1.0, 0.0))


def test_the_age_of_a_reward_is_counted_in_rewards_of_the_same_persona():
    paid = [*earned(0.0), *earned(*[0.5] * 30, name="b"), *earned(1.0)]
    d = bandit._DISCOUNT
    assert expected(paid) == pytest.approx(0.5 + (1 - d) * 0.5 / (1 + 1 + d))


def test_a_weight_counts_as_so_many_samples():
    paid = [Experience(ONE, {"a": 1.0, "b": 0.0}, 5)]
    assert expected(paid) == pytest.approx(0.5 + 5 * 0.5 / (1 + 5))
    assert Bandit(paid, 1).expect("a", ONE).bonus == pytest.approx(Bandit([], 1).expect("a", ONE).bonus / math.sqrt(6))


# -- the bonus ------------------------------------------------------------------------------------------------


def test_the_bonus_falls_with_samples_and_does_not_depend_on_rewards():
    bonuses = [Bandit(earned(*[0.5] * count), 1).expect("a", ONE).bonus for count in range(30)]
    assert bonuses == sorted(set(bonuses), reverse=True)
    assert bonuses[1] == pytest.approx(bonuses[0] / math.sqrt(2))
    assert bonuses[-1] > 0
    assert Bandit(earned(0.0, 0.1), 1).expect("a", ONE).bonus == Bandit(earned(1.0, 0.9), 1).expect("a", ONE).bonus


def test_what_was_never_asked_keeps_its_bonus():
    told = Bandit([Experience((1.0, 0.0, 0.0), {"a": 0.5})] * 50, 3)
    same, other = (told.expect("a", context).bonus for context in ((1.0, 0.0, 0.0), (1.0, 1.0, 0.0)))
    assert other > 3 * same


# -- what is learned from -------------------------------------------------------------------------------------


@pytest.mark.parametrize("context", [(), (1.0,), (1.0, 0.0, 0.0)])
def test_experiences_with_another_number_of_features_are_left_out(context):
    odd = [Experience(context, {"a": 1.0}, 5)]
    assert Bandit(odd, 2).expect("a", (1.0, 0.0)) == Bandit([], 2).expect("a", (1.0, 0.0))
    fitting = [Experience((1.0, 0.5), {"a": 0.2})]
    assert Bandit([*odd, *fitting], 2).expect("a", (1.0, 0.0)) == Bandit(fitting, 2).expect("a", (1.0, 0.0))


def test_only_the_last_experiences_are_remembered():
    old, new = earned(*[1.0] * 40), earned(*[0.2] * REMEMBERED)
    assert Bandit([*old, *new], 1).expect("a", ONE) == Bandit(new, 1).expect("a", ONE)
    assert Bandit([*old, *new[1:]], 1).expect("a", ONE) != Bandit(new, 1).expect("a", ONE)


def test_nothing_but_the_experiences_decides():
    paid = [Experience((1.0, n % 7 / 7), {"a": n % 5 / 5, "b": n % 3 / 3}, 1 + n % 2) for n in range(60)]
    first, second = Bandit(paid, 2), Bandit(list(paid), 2)
    second.expect("b", (1.0, 0.9))
    assert first.expect("a", (1.0, 0.3)) == second.expect("a", (1.0, 0.3)) == first.expect("a", (1.0, 0.3))


def test_one_may_start_afresh():
    both = Experience(ONE, {"a": 0.1, "b": 0.2}, 5)
    assert both.without("a") == Experience(ONE, {"b": 0.2}, 5)
    assert both.without("nobody") == both
    assert both.rewards == {"a": 0.1, "b": 0.2}


def test_idle_counts_the_questions_since_the_last_of_a_persona():
    names = [("a", "b"), ("b",), ("a",), ("c",), ("c",)]
    experiences = [Experience((1.0, n / 5), dict.fromkeys(rewarded, 0.5)) for n, rewarded in enumerate(names)]
    made = Bandit(experiences, 2)
    assert {name: made.idle(name) for name in "abcd"} == {"a": 2, "b": 3, "c": 0, "d": 5}
    assert Bandit([], 1).idle("a") == 0


def test_rounds_and_judgements_of_a_question_are_no_questions_of_their_own():
    first, second = Experience((1.0,), {"control": 0.5, "a": 0.5}), Experience((1.0,), {"control": 0.5, "b": 0.5})
    further, judged = Experience((1.0,), {"c": 0.5}), Experience((1.0,), {"control": 0.5, "a": 0.5}, weight=5)
    assert Bandit([first, further, judged, judged], 1).idle("d") == 1
    assert Bandit([first, further, judged, second, judged, second], 1).idle("c") == 2
    assert Bandit([first, further, judged, second, judged, second], 1).idle("a") == 1
