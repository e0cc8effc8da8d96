"""Choose the host for the next request: the one with the fewest requests that has not failed recently."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.model.hosts import Host

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds of a host after its first failure, and at most


@dataclass(slots=True)
class _Seat:
    host: Host
    in_flight: int = 0
    last_turn: int = 0
    failures: int = 0
    paused_until: float = 0.0


class HostPool:
    """Hosts that share the work, each with at most `at_once` requests at a time: Ollama would queue more.

    A host that fails pauses, for twice as long after each failure in a row; if all pause, the one whose pause ends
    first is used. The clock is monotonic.
    """

    def __init__(self, hosts: Sequence[Host], at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._seats = [_Seat(host) for host in hosts]
        self._at_once, self._clock, self._turns = at_once, clock, 0
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def turn(self, excluded: Collection[Host] = ()) -> AsyncIterator[Host]:
        """Wait for a host that is not excluded, and give it for one request."""
        while (seat := self._free(excluded)) is None:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        self._turns += 1
        seat.in_flight, seat.last_turn = seat.in_flight + 1, self._turns
        try:
            yield seat.host
        finally:
            seat.in_flight -= 1
            self._wake()

    def set_aside(self, host: Host) -> None:
        """Pause a host that failed."""
        seat = self._seat_of(host)
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**seat.failures)
        seat.failures, seat.paused_until = seat.failures + 1, self._clock() + pause

    def trust(self, host: Host) -> None:
        """Forget the failures of a host that has answered."""
        seat = self._seat_of(host)
        seat.failures, seat.paused_until = 0, 0.0

    def _seat_of(self, host: Host) -> _Seat:
        return next(seat for seat in self._seats if seat.host is host)

    def _free(self, excluded: Collection[Host]) -> _Seat | None:
        usable = [seat for seat in self._seats if seat.host not in excluded]
        now = self._clock()
        active = [seat for seat in usable if seat.paused_until <= now] or [min(usable, key=lambda s: s.paused_until)]
        free = [seat for seat in active if seat.in_flight < self._at_once]
        return min(free, key=lambda seat: (seat.in_flight, seat.last_turn), default=None)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
