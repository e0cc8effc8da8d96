"""A recorded run as a stream of events again: at the speed its reader chooses, from any place on, there and back."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence

from engine.events import RecordedEvent
from tui.drawing.cells import bar

SPEEDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, math.inf)
"""Below 1 as well: a run without a language model is over before an eye can follow it."""

PLEASANT_SECONDS = 6.0
SCRUB = 0.1
"""The part of a run that left and right jump over."""

BAR_CELLS = 10


def starting_speed(duration_ms: float) -> float:
    """The fastest speed at which a run of this length can still be watched (6 s), else the slowest there is."""
    watchable = [speed for speed in SPEEDS if duration_ms / 1000 / speed >= PLEASANT_SECONDS]
    return max(watchable, default=SPEEDS[0])


class Replay:
    """One replay: iterate over `events()`, steer it meanwhile with the other methods.

    It keeps the recorded distances between events, divided by `speed`. `seek` leaves the events before the new
    place to whoever shows them: what is shown is made anew from `recorded[:position]`.
    """

    def __init__(self, recorded: Sequence[RecordedEvent], *, speed: float | None = None, ended: bool = False) -> None:
        self.recorded = recorded
        self.position = len(recorded) if ended else 0
        self.paused = ended
        self.speed = starting_speed(recorded[-1].at_ms if recorded else 0.0) if speed is None else speed
        self._touched = asyncio.Event()
        self._jumps = 0

    def __str__(self) -> str:
        """What the status line says of it: how far it is, as a bar and as a number."""
        speed = "instantly" if math.isinf(self.speed) else f"{self.speed:g}x"
        state = "record" if self.ended else "paused" if self.paused else f"replay {speed}"
        whole = len(self.recorded)
        return f"{state} {bar(self.position, full=max(whole, 1), width=BAR_CELLS)} {self.position}/{whole}"

    @property
    def ended(self) -> bool:
        """Whether everything was shown."""
        return self.position >= len(self.recorded)

    def toggle(self) -> None:
        """Pause, or go on; at the end, from the beginning."""
        if self.ended:
            self.to_start()
        self.paused = not self.paused
        self._touched.set()

    def seek(self, position: int) -> None:
        """Wait before the event with this number; a number beyond either end is the end."""
        place = max(0, min(position, len(self.recorded)))
        self._jumps += place != self.position
        self.position, self.paused = place, True
        self._touched.set()

    def step(self) -> None:
        """Show one event more, then wait."""
        self.seek(self.position + 1)

    def step_back(self) -> None:
        """Take the last event back, then wait."""
        self.seek(self.position - 1)

    def forward(self) -> None:
        """Jump over a tenth of the run."""
        self._scrub(1)

    def back(self) -> None:
        """Jump back over a tenth of the run."""
        self._scrub(-1)

    def to_start(self) -> None:
        """Before the first event."""
        self.seek(0)

    def to_end(self) -> None:
        """All of it."""
        self.seek(len(self.recorded))

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
        """The recorded events from the position on, each when its time has come; a `seek` elsewhere ends them."""
        jumps = self._jumps
        while not self.ended:
            before = self.recorded[self.position - 1].at_ms if self.position else 0.0
            await self._wait(self.recorded[self.position].at_ms - before)
            if jumps != self._jumps:
                return
            self.position += 1
            yield self.recorded[self.position - 1]

    def _scrub(self, direction: int) -> None:
        was_paused = self.paused
        self.seek(self.position + direction * max(1, round(len(self.recorded) * SCRUB)))
        self.paused = was_paused or self.ended

    async def _wait(self, gap_ms: float) -> None:
        """Let `gap_ms` of the run's own time pass, at a speed that may change meanwhile; a jump ends it."""
        left, jumps = gap_ms / 1000, self._jumps
        while (self.paused or left > 0) and jumps == self._jumps:
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
