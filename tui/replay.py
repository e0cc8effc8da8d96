"""A recorded run as a stream of events again, at the speed its reader chooses."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

from engine.events import RecordedEvent

SPEEDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, math.inf)
"""Below 1 as well: a run without a language model is over before an eye can follow it."""

PLEASANT_SECONDS = 6.0


def starting_speed(duration_ms: float) -> float:
    """The fastest speed at which a run of this length can still be watched (6 s), else the slowest there is."""
    watchable = [speed for speed in SPEEDS if duration_ms / 1000 / speed >= PLEASANT_SECONDS]
    return max(watchable, default=SPEEDS[0])


class Replay:
    """One replay: iterate over `events()`, steer it meanwhile with the other methods.

    It keeps the recorded distances between events, divided by `speed`.
    """

    def __init__(self, recorded: Sequence[RecordedEvent], *, speed: float | None = None) -> None:
        self.recorded = recorded
        self.position = 0
        self.paused = False
        self.speed = starting_speed(recorded[-1].at_ms if recorded else 0.0) if speed is None else speed
        self._single_steps = 0
        self._touched = asyncio.Event()

    def __str__(self) -> str:
        """What the status line says of it."""
        speed = "instantly" if math.isinf(self.speed) else f"{self.speed:g}x"
        return f"{'paused' if self.paused else 'replay'} {speed} {self.position}/{len(self.recorded)}"

    def toggle(self) -> None:
        """Pause, or go on."""
        self.paused = not self.paused
        self._touched.set()

    def step(self) -> None:
        """Show one event more, and stay paused after it."""
        self.paused = True
        self._single_steps += 1
        self._touched.set()

    def finish(self) -> None:
        """Show all the rest at once."""
        self.paused, self.speed = False, SPEEDS[-1]
        self._touched.set()

    def faster(self) -> None:
        """The next higher speed; the last one is `instantly`."""
        self.speed = next((speed for speed in SPEEDS if speed > self.speed), SPEEDS[-1])
        self._touched.set()

    def slower(self) -> None:
        """The next lower speed."""
        self.speed = next((speed for speed in reversed(SPEEDS) if speed < self.speed), SPEEDS[0])
        self._touched.set()

    async def events(self) -> AsyncIterator[RecordedEvent]:
        """The recorded events, each when its time has come."""
        starts = [0.0, *(recorded.at_ms for recorded in self.recorded)]
        for (before, now), recorded in zip(pairwise(starts), self.recorded, strict=True):
            await self._wait(now - before)
            self.position += 1
            yield recorded

    async def _wait(self, gap_ms: float) -> None:
        """Let `gap_ms` of the run's own time pass, at a speed that may change meanwhile."""
        left = gap_ms / 1000
        while self.paused or left > 0:
            if self._single_steps:
                self._single_steps -= 1
                return
            speed = 0.0 if self.paused else self.speed
            left -= speed * await self._rest(left, speed) if speed < math.inf else left

    async def _rest(self, left: float, speed: float) -> float:
        """Sleep until `left` run seconds have passed at `speed`, or until a key; the seconds it slept."""
        started = time.monotonic()
        self._touched.clear()
        try:
            await asyncio.wait_for(self._touched.wait(), left / speed if speed else None)
        except TimeoutError:
            return left / speed
        return time.monotonic() - started
