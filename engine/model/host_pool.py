"""Which host works on the next request: the one with the least in flight that has not failed lately."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.model.hosts import Host

_FIRST_REST, _LONGEST_REST = 1.0, 60.0  # seconds that a host is set aside after its first failure, and at most


@dataclass(slots=True)
class _Seat:
    host: Host
    in_flight: int = 0
    last_turn: int = 0
    failures: int = 0
    rests_until: float = 0.0


class HostPool:
    """Hosts that share the work, each with at most `at_once` requests in flight: Ollama queues what is more.

    A host that fails is set aside, for twice as long after each failure in a row; when all are, the one whose rest
    ends first is asked all the same. The clock is monotonic.
    """

    def __init__(self, hosts: Sequence[Host], at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._seats = [_Seat(host) for host in hosts]
        self._at_once, self._clock, self._turns = at_once, clock, 0
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def turn(self, but: Collection[Host] = ()) -> AsyncIterator[Host]:
        """Wait for a host that is none of `but`, and have it for one request."""
        while (seat := self._free(but)) is None:
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
        """Let a host that failed rest."""
        seat = self._seat_of(host)
        rest = min(_LONGEST_REST, _FIRST_REST * 2**seat.failures)
        seat.failures, seat.rests_until = seat.failures + 1, self._clock() + rest

    def trust(self, host: Host) -> None:
        """Forget the failures of a host that did its work."""
        seat = self._seat_of(host)
        seat.failures, seat.rests_until = 0, 0.0

    def _seat_of(self, host: Host) -> _Seat:
        return next(seat for seat in self._seats if seat.host is host)

    def _free(self, but: Collection[Host]) -> _Seat | None:
        usable = [seat for seat in self._seats if seat.host not in but]
        now = self._clock()
        awake = [seat for seat in usable if seat.rests_until <= now] or [min(usable, key=lambda s: s.rests_until)]
        free = [seat for seat in awake if seat.in_flight < self._at_once]
        return min(free, key=lambda seat: (seat.in_flight, seat.last_turn), default=None)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
