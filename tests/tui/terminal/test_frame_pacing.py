"""Any number of changes, few draws; on a slow line a draw waits for the one before it."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

import tui.terminal.frame_pacing
from tui.terminal.frame_pacing import ANSWER_SECONDS, FIRST_DRAWS, FIRST_SECONDS, SLOW_ANSWER_SECONDS, Pace


class Clock:
    """Time and timers that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Any]] = []

    def monotonic(self) -> float:
        return self.now

    def set_timer(self, delay: float, callback: Any) -> Any:
        timer = (self.now + delay, callback)
        self.timers.append(timer)
        return SimpleNamespace(stop=lambda: self.timers.remove(timer) if timer in self.timers else None)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := sorted((timer for timer in self.timers if timer[0] <= end), key=lambda timer: timer[0]):
            self.timers.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = end


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(tui.terminal.frame_pacing, "time", clock)
    return clock


def paced(clock: Clock, *, asks: bool = False) -> tuple[Pace, list[float]]:
    draws = list[float]()
    owner: Any = clock
    return Pace(owner, lambda: draws.append(clock.now), ask=lambda: asks), draws


def test_nothing_is_drawn_when_nothing_happened(clock):
    _, draws = paced(clock)
    clock.advance(10)
    assert (draws, clock.timers) == ([], [])


def test_a_first_change_is_drawn_at_once(clock):
    pace, draws = paced(clock)
    pace.mark()
    clock.advance(0.01)
    assert (len(draws), pace.due) == (1, False)


def test_a_thousand_changes_a_second_are_twelve_draws(clock):
    pace, draws = paced(clock)
    for _ in range(1000):
        pace.mark()
        clock.advance(0.001)
    assert 11 <= len([at for at in draws if at > 100.1]) <= 13


def test_after_a_rest_the_first_draws_come_soon(clock):
    pace, draws = paced(clock)
    for _ in range(100):
        pace.mark()
        clock.advance(0.001)
    assert len(draws) == FIRST_DRAWS
    clock.advance(1.5)
    pace.mark()
    clock.advance(0.005)
    pace.mark()
    clock.advance(FIRST_SECONDS + 0.001)
    assert len(draws) == FIRST_DRAWS + 3  # one was due, two are new


def test_a_draw_waits_for_the_terminals_sign_of_life(clock):
    pace, draws = paced(clock, asks=True)
    pace.mark()
    clock.advance(0.01)
    pace.mark()
    clock.advance(0.5)
    assert len(draws) == 1
    pace.acknowledged()
    clock.advance(0.01)
    assert len(draws) == 1  # the frame took half a second: the line belongs to the keys for a while
    clock.advance(0.3)
    assert (len(draws), pace.due) == (2, False)


def test_a_terminal_that_has_answered_is_waited_for_longer(clock):
    pace, draws = paced(clock, asks=True)
    pace.mark()
    clock.advance(0.01)
    pace.acknowledged()
    for _ in range(2):
        pace.mark()
        clock.advance(ANSWER_SECONDS + 0.1)
    assert len(draws) == 2
    clock.advance(SLOW_ANSWER_SECONDS)
    assert len(draws) == 3


def test_a_lost_answer_only_delays(clock):
    pace, draws = paced(clock, asks=True)
    pace.mark()
    clock.advance(0.01)
    pace.mark()
    clock.advance(ANSWER_SECONDS + 0.1)
    assert len(draws) == 2


def test_an_answer_out_of_turn_draws_nothing(clock):
    pace, draws = paced(clock)
    pace.acknowledged()
    clock.advance(1)
    assert draws == []


def test_every_frame_leaves_the_line_to_the_keys_for_three_times_its_duration(clock):
    pace, draws = paced(clock, asks=True)
    durations = [0.03, 0.06]
    answered = 0
    for _ in range(3000):
        pace.mark()
        clock.advance(0.001)
        if answered < len(draws) and clock.now >= draws[-1] + durations[len(draws) % 2]:
            pace.acknowledged()
            answered = len(draws)
    later = list(pairwise(enumerate(draws, 1)))[FIRST_DRAWS:]
    assert len(later) > 10
    assert all(end - start >= 4 * durations[number % 2] for (number, start), (_, end) in later)
