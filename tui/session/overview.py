"""Answer what the whole library is about, from its topics."""

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.events import AnswerWritten
    from tui.session.library import ScopedLibrary


async def overview_of(library: "ScopedLibrary") -> "AnswerWritten":
    """Return the overview of what is asked of the library; its topics are found in a thread. Raises LibraryError."""
    from engine.answer.overview import overview_answer  # noqa: PLC0415 - after the first paint

    cancelled = threading.Event()
    try:
        topics = await asyncio.to_thread(partial(library.documents.topics, cancelled=cancelled.is_set))
    finally:
        cancelled.set()
    return await asyncio.to_thread(overview_answer, topics.topics if topics else (), library.holds)
