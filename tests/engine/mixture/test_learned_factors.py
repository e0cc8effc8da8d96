"""What marks teach: a column that finds what the user likes counts more, within bounds, and nothing else does."""

import numpy as np
import pytest

from engine.mixture.evidence import COLUMNS
from engine.mixture.learned_factors import MARKED, factors_of_kinds, learned_factors
from engine.personas.experience import Experience, MarkedRanking
from engine.personas.traits import Kind

WORDS, WINDOW = 0, list(COLUMNS).index("window")
NONE = (1.0,) * len(COLUMNS)


def row(**values: float) -> tuple[float, ...]:
    return tuple(values.get(column, 0.0) for column in COLUMNS)


def marked(*liked: int, columns: int = len(COLUMNS)) -> Experience:
    """The first passage is found by the words, the second by the window, the third by both in part."""
    rows = (row(words=2.0, window=0.2), row(words=0.3, window=1.8), row(words=1.0, window=0.9))
    return Experience((), {}, marked=MarkedRanking(tuple(each[:columns] for each in rows), liked))


def test_without_marks_each_column_counts_once():
    assert learned_factors([]) == NONE
    assert learned_factors([Experience((), {"reader": 1.0}), marked()]) == NONE
    assert learned_factors([marked(1, columns=5)] * 9) == NONE, "from a version with other columns"


def test_the_column_that_found_what_is_liked_counts_more_the_more_often_it_did():
    once, often = learned_factors([marked(1)]), learned_factors([marked(1)] * 20)
    assert 1 < once[WINDOW] < often[WINDOW]
    assert max(often[WORDS], once[WORDS]) < 1
    assert once[WINDOW] / once[WORDS] < often[WINDOW] / often[WORDS]
    assert [factor for column, factor in enumerate(often) if column not in {WORDS, WINDOW}] == [1.0] * (
        len(COLUMNS) - 2
    )


def test_likes_of_both_kinds_leave_both_as_they_are():
    factors = learned_factors([marked(0), marked(1)] * 10)
    assert factors[WINDOW] == pytest.approx(factors[WORDS], abs=0.35)


def test_factors_are_bounded_whatever_is_liked():
    wild = MarkedRanking((row(words=1e6, window=0.0), row(words=0.0, window=1e6)), (1,))
    for experiences in ([Experience((), {}, marked=wild)] * 50, [marked(1)] * 500):
        factors = learned_factors(experiences)
        assert all(0.2 <= factor <= 5 for factor in factors)
        assert np.isfinite(factors).all()


def test_only_the_latest_marks_count():
    assert learned_factors([marked(0)] * 400 + [marked(1)] * MARKED) == learned_factors([marked(1)] * MARKED)


def test_a_kind_counts_as_the_geometric_mean_of_its_columns():
    factors = tuple({"window": 4.0, "pairs": 2.0}.get(column, 1.0) for column in COLUMNS)
    assert factors_of_kinds(factors) == dict.fromkeys(Kind, 1.0) | {Kind.CLOSENESS: 2.0}
