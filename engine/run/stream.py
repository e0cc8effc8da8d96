"""Turns a run that emits events into an async iterator of events."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from engine.events import Emit, RecordedEvent, RunEvent

_END = object()


async def events_of(run: Callable[[Emit], Awaitable[object]]) -> AsyncGenerator[RecordedEvent, None]:
    """Yield what `run(emit)` emits, each event with its milliseconds since the start.

    `emit` may be called from any thread. Read inside `contextlib.aclosing`: leaving the loop cancels the run and waits
    for its end. An exception of the run is raised here after its last event.
    """
    loop, queue, started = asyncio.get_running_loop(), asyncio.Queue[object](), time.perf_counter()

    def emit(event: RunEvent) -> None:
        at_ms = round((time.perf_counter() - started) * 1000, 3)
        loop.call_soon_threadsafe(queue.put_nowait, RecordedEvent(at_ms, event))

    async def drive() -> None:
        try:
            await run(emit)
        finally:
            loop.call_soon(queue.put_nowait, _END)

    task = asyncio.create_task(drive())
    try:
        while isinstance(item := await queue.get(), RecordedEvent):
            yield item
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
