"""Fusion: places are votes, agreement beats a single first place, and order never depends on names."""

import pytest

from engine.fusion import fuse


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
