"""Intervals and correlations: against values worked out by hand, and what a bootstrap must keep to."""

import random

import pytest

from engine.bench.statistics import Interval, paired_bootstrap, spearman


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [1, 10, 100, 1000], 1.0),  # by rank, not by size
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], 0.8),  # 1 - 6 * 4 / (5 * 24)
        ([1, 2, 3], [2, 1, 3], 0.5),  # 1 - 6 * 2 / (3 * 8)
        # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: the covariance 4.5 over the root of 4.5 * 5.
        ([1, 2, 2, 3], [1, 2, 3, 4], (4.5 / 5) ** 0.5),
        # Ranks 1.5, 1.5, 3.5, 3.5 and 1.5, 3.5, 1.5, 3.5: nothing in common.
        ([0, 0, 1, 1], [0, 1, 0, 1], 0.0),
        # Ranks 2, 2, 2, 4 and 4, 2, 2, 2: the covariance -1 over 3.
        ([0, 0, 0, 1], [1, 0, 0, 0], -1 / 3),
    ],
)
def test_a_rank_correlation_is_the_one_on_paper(first, second, value):
    assert spearman(first, second) == pytest.approx(value)
    assert spearman(second, first) == pytest.approx(value)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [5, 5, 5])])
def test_where_one_side_never_varies_there_is_no_correlation(first, second):
    assert spearman(first, second) is None


def test_a_correlation_is_between_minus_one_and_one():
    chance = random.Random(3)
    for _ in range(100):
        first, second = ([chance.randint(0, 4) for _ in range(8)] for _ in range(2))
        value = spearman(first, second)
        assert value is None or -1 - 1e-9 <= value <= 1 + 1e-9


def test_an_interval_lies_around_the_mean_difference():
    first, second = [0.9, 0.4, 0.8, 0.7, 0.2, 0.6], [0.5, 0.5, 0.6, 0.2, 0.3, 0.4]
    found = paired_bootstrap(first, second)
    assert found.mean == pytest.approx(sum(first) / 6 - sum(second) / 6)
    assert found.low < found.mean < found.high
    differences = [a - b for a, b in zip(first, second, strict=True)]
    assert min(differences) <= found.low
    assert found.high <= max(differences)


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    chance = random.Random(11)
    covered = 0
    for _ in range(25):
        found = paired_bootstrap([chance.gauss(0.3, 1) for _ in range(40)], [0.0] * 40)
        covered += found.low <= 0.3 <= found.high
    assert covered >= 21


def test_more_pairs_make_it_surer():
    few, many = ([float(n % 2) for n in range(count)] for count in (10, 400))
    small, large = (paired_bootstrap(values, [0.0] * len(values)) for values in (few, many))
    assert large.high - large.low < (small.high - small.low) / 4


def test_the_same_values_and_seed_give_the_same_interval():
    values = [n % 5 / 5 for n in range(30)]
    assert paired_bootstrap(values, values[::-1]) == paired_bootstrap(values, values[::-1])
    assert paired_bootstrap(values, values[::-1], seed=1) != paired_bootstrap(values, values[::-1], seed=2)


def test_it_is_the_pairs_that_count():
    values = [n / 100 for n in range(100)]
    better = [value + 0.01 for value in values]
    shuffled = random.Random(2).sample(better, 100)
    paired, apart = paired_bootstrap(better, values), paired_bootstrap(shuffled, values)
    assert paired.mean == pytest.approx(apart.mean) == pytest.approx(0.01)
    assert paired.low > 0
    assert apart.low <= 0 <= apart.high


def test_swapping_the_sides_turns_the_interval_round():
    first, second = [1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.5]
    there, back = paired_bootstrap(first, second), paired_bootstrap(second, first)
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


def test_no_pairs_tell_nothing():
    assert paired_bootstrap([], []) == Interval(0.0, 0.0, 0.0)
    assert paired_bootstrap([0.5, 0.7], [0.5, 0.7]) == Interval(0.0, 0.0, 0.0)


def test_values_without_a_partner_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        paired_bootstrap([1.0, 2.0, 3.0], [1.0, 2.0])
