"""Replays a recorded run as a stream of events, at a chosen speed, from any event on."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence

from engine.events import RecordedEvent
from tui.drawing.cells import bar

SPEEDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, math.inf)
"""Also below 1: a run without a language model ends too fast to be watched."""

PLEASANT_SECONDS = 6.0
SCRUB = 0.1
"""Share of the run that left and right jump over."""

BAR_CELLS = 10


def starting_speed(duration_ms: float) -> float:
    """Return the fastest speed at which a run takes at least `PLEASANT_SECONDS`, else the slowest speed."""
    watchable = [speed for speed in SPEEDS if duration_ms / 1000 / speed >= PLEASANT_SECONDS]
    return max(watchable, default=SPEEDS[0])


class Replay:
    """One replay: iterate over `events()`, and steer it with the other methods.

    The time between two events is the recorded one divided by `speed`. After a `seek` the reader has to begin anew
    from the state after `recorded[:position]`.
    """

    def __init__(self, recorded: Sequence[RecordedEvent], *, speed: float | None = None, ended: bool = False) -> None:
        self.recorded = recorded
        self.position = len(recorded) if ended else 0
        self.paused = ended
        self.speed = starting_speed(recorded[-1].at_ms if recorded else 0.0) if speed is None else speed
        self._touched = asyncio.Event()
        self._jumps = 0

    def __str__(self) -> str:
        """Describe the position for the status line, as a bar and as a number."""
        speed = "instantly" if math.isinf(self.speed) else f"{self.speed:g}x"
        state = "record" if self.ended else "paused" if self.paused else f"replay {speed}"
        whole = len(self.recorded)
        return f"{state} {bar(self.position, full=max(whole, 1), width=BAR_CELLS)} {self.position}/{whole}"

    @property
    def ended(self) -> bool:
        """Whether all events were shown."""
        return self.position >= len(self.recorded)

    def toggle(self) -> None:
        """Pause or go on; from the end, start again."""
        if self.ended:
            self.to_start()
        self.paused = not self.paused
        self._touched.set()

    def seek(self, position: int) -> None:
        """Pause before the event with this number, limited to the events there are."""
        target = max(0, min(position, len(self.recorded)))
        self._jumps += target != self.position
        self.position, self.paused = target, True
        self._touched.set()

    def step(self) -> None:
        """Show one event more, then pause."""
        self.seek(self.position + 1)

    def step_back(self) -> None:
        """Take the last event back, then pause."""
        self.seek(self.position - 1)

    def forward(self) -> None:
        """Jump over a tenth of the run."""
        self._scrub(1)

    def back(self) -> None:
        """Jump back over a tenth of the run."""
        self._scrub(-1)

    def to_start(self) -> None:
        """Go before the first event."""
        self.seek(0)

    def to_end(self) -> None:
        """Go after the last event."""
        self.seek(len(self.recorded))

    def finish(self) -> None:
        """Show the remaining events at once."""
        self.paused, self.speed = False, SPEEDS[-1]
        self._touched.set()

    def faster(self) -> None:
        """Take the next higher speed; the highest is infinite."""
        self.speed = next((speed for speed in SPEEDS if speed > self.speed), SPEEDS[-1])
        self._touched.set()

    def slower(self) -> None:
        """Take the next lower speed."""
        self.speed = next((speed for speed in reversed(SPEEDS) if speed < self.speed), SPEEDS[0])
        self._touched.set()

    async def events(self) -> AsyncIterator[RecordedEvent]:
        """Yield the events from the position on, each at its time, until a `seek` changes the position."""
        jumps = self._jumps
        while not self.ended:
            last_ms = self.recorded[self.position - 1].at_ms if self.position else 0.0
            await self._wait(self.recorded[self.position].at_ms - last_ms)
            if jumps != self._jumps:
                return
            self.position += 1
            yield self.recorded[self.position - 1]

    def _scrub(self, direction: int) -> None:
        was_paused = self.paused
        self.seek(self.position + direction * max(1, round(len(self.recorded) * SCRUB)))
        self.paused = was_paused or self.ended

    async def _wait(self, gap_ms: float) -> None:
        """Wait for `gap_ms` of the run's own time, at a speed that may change meanwhile; a jump ends it."""
        seconds, jumps = gap_ms / 1000, self._jumps
        while (self.paused or seconds > 0) and jumps == self._jumps:
            speed = 0.0 if self.paused else self.speed
            seconds -= speed * await self._rest(seconds, speed) if speed < math.inf else seconds

    async def _rest(self, seconds: float, speed: float) -> float:
        """Sleep for `seconds` of the run at `speed`, or until a key is pressed; returns the real seconds it slept."""
        started = time.monotonic()
        self._touched.clear()
        try:
            await asyncio.wait_for(self._touched.wait(), seconds / speed if speed else None)
        except TimeoutError:
            return seconds / speed
        return time.monotonic() - started
