"""Averages and running moments, held against the statistics module."""

import math
import random
import statistics

import pytest

from engine.personas.metrics import (
    PersonaPerformance,
    aggregate_persona_performance,
    calculate_average_score,
    calculate_weighted_score,
)


def rewards(count: int, seed: int = 3) -> list[float]:
    chance = random.Random(seed)
    return [chance.random() for _ in range(count)]


def test_the_average():
    assert calculate_average_score([]) == 0.0
    assert calculate_average_score([0.25]) == 0.25
    assert calculate_average_score([0.1] * 10) == 0.1
    assert calculate_average_score(rewards(50)) == pytest.approx(statistics.fmean(rewards(50)))


def test_the_weighted_average():
    scores = {"a": 1.0, "b": 0.5, "c": 0.2}
    assert calculate_weighted_score(scores, {"a": 1, "b": 1, "c": 1}) == pytest.approx(
        statistics.fmean(scores.values())
    )
    assert calculate_weighted_score(scores, {"a": 3, "b": 1}) == pytest.approx(0.875)
    assert calculate_weighted_score(scores, {"a": 30, "b": 10, "unused": 99}) == pytest.approx(0.875)
    assert calculate_weighted_score(scores, {"c": 0.001}) == pytest.approx(0.2)


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"other": 1.0}])
def test_without_a_weight_nothing_is_scored(weights):
    assert calculate_weighted_score({"a": 1.0}, weights) == 0.0
    assert calculate_weighted_score({}, weights) == 0.0


@pytest.mark.parametrize("count", [2, 3, 10, 1000])
def test_running_moments_are_those_of_the_whole_sequence(count):
    scores = rewards(count)
    performance = aggregate_persona_performance(scores)
    assert performance.samples == count
    assert performance.mean == pytest.approx(statistics.fmean(scores), rel=1e-12)
    assert performance.m2 / (count - 1) == pytest.approx(statistics.variance(scores), rel=1e-9)


def test_running_moments_stay_exact_where_the_textbook_formula_fails():
    scores = [0.999999999 + 1e-10 * (n % 3) for n in range(3000)]
    assert aggregate_persona_performance(scores).m2 / 2999 == pytest.approx(statistics.variance(scores), rel=1e-4)


def test_a_reward_can_be_added_to_what_was_known_before():
    scores = rewards(20)
    before = aggregate_persona_performance(scores[:-1])
    assert before.with_reward(scores[-1]) == aggregate_persona_performance(scores)
    assert before == aggregate_persona_performance(scores[:-1])


def test_few_samples_say_nothing():
    assert aggregate_persona_performance([]) == PersonaPerformance()
    for scores in ([], [0.9]):
        assert aggregate_persona_performance(scores).bounds(1.96) == (0.0, 1.0)


def test_bounds_are_standard_errors_to_each_side():
    scores = [0.4 + 0.2 * x for x in rewards(40)]
    error = statistics.stdev(scores) / math.sqrt(40)
    low, high = aggregate_persona_performance(scores).bounds(1.96)
    assert low == pytest.approx(statistics.fmean(scores) - 1.96 * error)
    assert high == pytest.approx(statistics.fmean(scores) + 1.96 * error)
    assert aggregate_persona_performance(scores).bounds(0.0) == pytest.approx((statistics.fmean(scores),) * 2)


def test_more_samples_are_surer_and_bounds_stay_inside():
    few, many = (aggregate_persona_performance([0.0, 1.0] * n).bounds(1.96) for n in (3, 300))
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert aggregate_persona_performance([0.0, 1.0]).bounds(10) == (0.0, 1.0)
    assert aggregate_persona_performance([0.7] * 5).bounds(1.96) == pytest.approx((0.7, 0.7))


def test_a_weight_counts_as_that_many_equal_rewards():
    weighted, repeated = PersonaPerformance(), PersonaPerformance()
    for n, reward in enumerate(rewards(40)):
        weighted = weighted.with_reward(reward, weight=n % 4 + 1)
        for _ in range(n % 4 + 1):
            repeated = repeated.with_reward(reward)
    assert weighted.samples == repeated.samples
    assert (weighted.mean, weighted.m2) == pytest.approx((repeated.mean, repeated.m2), rel=1e-12)
    assert weighted.bounds(1.96) == pytest.approx(repeated.bounds(1.96))
