"""Fusion: places are votes, agreement beats a single first place, and linked evidence supports each other."""

import random
from collections.abc import Callable, Mapping

import pytest

from engine.mixture.fusion import fuse, supported


def test_one_persona_alone_keeps_its_order_and_the_first_has_all():
    fused = fuse({"a": [7, 3, 5]}, {})
    assert list(fused) == [7, 3, 5]
    assert fused[7] == pytest.approx(1.0)
    assert 1 > fused[3] > fused[5] > 0


def test_what_everyone_ranks_first_has_all_and_nothing_more():
    assert fuse({"a": [1, 2], "b": [1, 3], "c": [1]}, {})[1] == pytest.approx(1.0)
    assert fuse({"a": [1], "b": [2]}, {}) == {1: pytest.approx(0.5), 2: pytest.approx(0.5)}


def test_votes_are_reciprocal_ranks():
    fused = fuse({"a": [1, 2], "b": [3, 1]}, {})
    first, second = fuse({"a": [1, 2]}, {}).values()
    assert fused == {1: pytest.approx((first + second) / 2), 3: pytest.approx(first / 2), 2: pytest.approx(second / 2)}
    assert list(fused) == [1, 3, 2]


def test_two_second_places_beat_one_first():
    assert next(iter(fuse({"a": [1, 9], "b": [2, 9]}, {}))) == 9


def test_equal_votes_go_to_the_lower_number_whoever_asks_first():
    assert list(fuse({"a": [5, 4], "b": [4, 5]}, {})) == [4, 5]
    assert list(fuse({"b": [4, 5], "a": [5, 4]}, {})) == [4, 5]


def test_weights_count_and_a_missing_one_is_one():
    rankings = {"a": [1], "b": [2]}
    assert list(fuse(rankings, {"b": 1.5})) == [2, 1]
    assert fuse(rankings, {"a": 3.0}) == {1: pytest.approx(0.75), 2: pytest.approx(0.25)}
    assert fuse(rankings, {"b": 0.0}) == {1: pytest.approx(1.0)}
    assert fuse(rankings, {"a": 2.0, "b": 2.0}) == fuse(rankings, {})


def test_a_persona_is_heard_only_so_far_down():
    assert list(fuse({"a": range(50)}, {})) == list(range(20))


def test_nothing_becomes_nothing():
    assert fuse({}, {}) == fuse({"a": []}, {}) == fuse({"a": [1]}, {"a": 0.0}) == {}


# -- support along links --------------------------------------------------------------------------------------


def linked(links: Mapping[int, Mapping[int, float]]) -> Callable[[int], Mapping[int, float]]:
    return lambda number: links.get(number, {})


def test_a_panel_without_links_keeps_the_order_of_its_votes():
    votes = {4: 0.9, 2: 0.9, 7: 0.5, 1: 0.1}
    ranked = supported(votes, linked({}))
    assert list(ranked) == [2, 4, 7, 1]
    assert ranked == {number: pytest.approx(vote / 1.5) for number, vote in votes.items()}
    assert supported({}, linked({})) == {}


def test_a_link_from_the_best_lifts_its_target_by_its_strength():
    votes = {1: 0.9, 2: 0.4, 3: 0.3}
    assert list(supported(votes, linked({1: {3: 0.8}}))) == [1, 3, 2]
    lifts = [supported(votes, linked({1: {3: strength}}))[3] for strength in (0.0, 0.2, 0.5, 1.0)]
    assert lifts == sorted(set(lifts))
    assert lifts[2] == pytest.approx((0.3 + 0.5 * 0.5 * 0.9) / 1.5)


def test_a_link_supports_at_both_ends():
    votes = {1: 0.9, 2: 0.5, 3: 0.5}
    ranked = supported(votes, linked({3: {1: 1.0}}))
    assert list(ranked) == [1, 3, 2]
    assert ranked[3] == pytest.approx((0.5 + 0.5 * 0.9) / 1.5)
    assert ranked[1] == pytest.approx((0.9 + 0.5 * 0.5) / 1.5)


def test_the_best_link_counts_and_several_do_not_add_up():
    votes = {1: 0.9, 2: 0.8, 3: 0.1}
    one, both = ({1: {3: 1.0}}, {1: {3: 1.0}, 2: {3: 1.0}})
    assert supported(votes, linked(one))[3] == supported(votes, linked(both))[3]


def test_only_the_first_six_support_and_only_what_was_found_is_supported():
    votes = {number: 1 - number / 10 for number in range(8)}
    from_sixth, from_seventh = ({number: {7: 1.0}} for number in (5, 6))
    assert supported(votes, linked(from_sixth))[7] > supported(votes, linked({}))[7]
    assert supported(votes, linked(from_seventh)) == supported(votes, linked({}))
    assert supported(votes, linked({0: {99: 1.0}})) == supported(votes, linked({}))


def test_scores_of_any_linked_panel_stay_between_nothing_and_all_and_fall():
    chance = random.Random(5)
    for _ in range(200):
        numbers = chance.sample(range(40), chance.randint(1, 20))
        votes = dict(zip(numbers, sorted((chance.random() for _ in numbers), reverse=True), strict=True))
        ends = range(40)
        links = {n: {m: chance.random() for m in chance.sample(ends, 5) if m != n} for n in ends}
        ranked = supported(votes, linked(links))
        scores = list(ranked.values())
        assert ranked.keys() == votes.keys()
        assert scores == sorted(scores, reverse=True)
        assert 0 <= scores[-1] <= scores[0] <= 1
        assert all(ranked[number] >= vote / 1.5 for number, vote in votes.items())
        assert supported(votes, linked(links)) == ranked
    assert supported({1: 1.0, 2: 1.0}, linked({1: {2: 1.0}})) == {1: 1.0, 2: 1.0}
