"""Let the hosts download a model, and follow the progress."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from engine.errors import LanguageModelError
from engine.model.faults import cleaned_line, explain, failures
from engine.model.hosts import Host, connected

if TYPE_CHECKING:
    import ollama


@dataclass(frozen=True, slots=True)
class PullProgress:
    """The state of a download in bytes over all parts known so far; `total` grows when another part begins."""

    status: str
    completed: int
    total: int


async def pull_model(endpoints: Sequence[str], name: str, silence: float) -> AsyncGenerator[PullProgress, None]:
    """Let each host download the model, one after the other. Read inside `aclosing`: leaving ends the download.

    A server keeps the parts of a download that was ended and continues with them. Raises LanguageModelError, also if a
    host sends nothing for `silence` seconds.
    """
    async with connected(endpoints) as hosts:
        for host in hosts:
            async with aclosing(_pull(host, name, silence)) as steps:
                async for step in steps:
                    yield step


async def _pull(host: Host, name: str, silence: float) -> AsyncGenerator[PullProgress, None]:
    parts: dict[str, tuple[int, int]] = {}
    reply = cast("AsyncGenerator[ollama.ProgressResponse, None]", await host.client.pull(name, stream=True))
    async with aclosing(reply) as stream:
        status = ""
        while True:
            try:
                async with asyncio.timeout(silence):
                    step = await anext(stream, None)
            except failures() as error:
                raise explain(error, host.endpoint, name) from error
            if step is None:
                break
            status = cleaned_line(step.status or "")
            if step.digest:
                parts[step.digest] = (step.completed or 0, step.total or 0)
            completed, total = (sum(column) for column in zip(*parts.values(), strict=True)) if parts else (0, 0)
            yield PullProgress(status, completed, total)
    if status != "success":
        hint = f"`persona-moe models pull {cleaned_line(name)}` goes on from there"
        raise LanguageModelError(f"{host.endpoint} ended the download before it was done", hint=hint, retryable=True)
