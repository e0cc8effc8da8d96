"""Sessions of one workspace, each lent to one task at a time.

Two runs never share a session: what it has read of the index and of the personas has no lock against a second one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tui.session.session import Session


class SessionPool:
    """Lends at most `limit` sessions at once; further tasks wait. A session is opened when no other is idle."""

    def __init__(self, first: Session, open_session: Callable[[], Session], limit: int) -> None:
        self._idle, self._open, self._slots = [first], open_session, asyncio.Semaphore(limit)
        self._generation = 0

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Lend a session until the end of the block."""
        async with self._slots:
            generation = self._generation
            session = self._idle.pop() if self._idle else await asyncio.to_thread(self._open)
            try:
                yield session
            finally:
                if generation == self._generation:
                    self._idle.append(session)
                else:
                    await session.close()

    async def renew(self) -> None:
        """Close the idle sessions, and the lent ones when they come back: the next ones have another scope."""
        self._generation += 1
        sessions, self._idle = self._idle, []
        for session in sessions:
            await session.close()
