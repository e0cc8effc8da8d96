"""The models that the hosts have: listed, shown, and fetched by the server while one watches."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.errors import LanguageModelError
from engine.model.faults import cleaned_line, explain, failures
from engine.model.hosts import Host, close_hosts, facts_of, reach

if TYPE_CHECKING:
    import ollama

_LISTING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on one host; `size` in bytes, `modified` in ISO 8601."""

    name: str
    endpoint: str
    size: int
    parameters: str
    quantization: str
    modified: str


@dataclass(frozen=True, slots=True)
class ShownModel:
    """What a host says of a model: what it can do, and its longest context in tokens (0 if that is not told)."""

    name: str
    endpoint: str
    capabilities: tuple[str, ...]
    context_length: int
    family: str
    parameters: str
    quantization: str


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download is: bytes of all parts that are known by now (`total` grows when the next one begins)."""

    status: str
    completed: int
    total: int


async def list_models(endpoints: Sequence[str]) -> list[InstalledModel]:
    """Every model of every host that answers, by name. Raises LanguageModelError if none answers."""
    hosts = await reach(endpoints)
    try:
        listings = await asyncio.gather(*map(_listed, hosts), return_exceptions=True)
    finally:
        await close_hosts(hosts)
    found = [model for listing in listings if not isinstance(listing, BaseException) for model in listing]
    if not found and (errors := [error for error in listings if isinstance(error, BaseException)]):
        raise errors[0]
    return sorted(found, key=lambda model: (model.name, model.endpoint))


async def show_model(endpoints: Sequence[str], name: str) -> list[ShownModel]:
    """What each host that has the model says of it; raises LanguageModelError if none has it."""
    hosts = await reach(endpoints)
    try:
        shown = await asyncio.gather(*(_shown(host, name) for host in hosts), return_exceptions=True)
    finally:
        await close_hosts(hosts)
    found = [model for model in shown if isinstance(model, ShownModel)]
    if not found:
        raise next(error for error in shown if isinstance(error, BaseException))
    return found


async def pull_model(endpoints: Sequence[str], name: str, silence: float) -> AsyncGenerator[PullProgress, None]:
    """Let each host fetch the model, one after the other. Read inside `aclosing`: leaving ends the download.

    A server keeps what it has of a download that was ended, and goes on from there. Raises LanguageModelError, also
    if a host says nothing for `silence` seconds.
    """
    hosts = await reach(endpoints)
    try:
        for host in hosts:
            async with aclosing(_pulled(host, name, silence)) as steps:
                async for step in steps:
                    yield step
    finally:
        await close_hosts(hosts)


async def _pulled(host: Host, name: str, silence: float) -> AsyncGenerator[PullProgress, None]:
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


async def _listed(host: Host) -> list[InstalledModel]:
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            models = (await host.client.list()).models
    except failures() as error:
        raise explain(error, host.endpoint, "") from error
    return [
        InstalledModel(
            model.model or "",
            host.endpoint,
            int(model.size or 0),
            *_details(model.details),
            model.modified_at.isoformat() if model.modified_at else "",
        )
        for model in models
    ]


async def _shown(host: Host, name: str) -> ShownModel:
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            shown = await host.client.show(name)
    except failures() as error:
        raise explain(error, host.endpoint, name) from error
    facts, details = facts_of(shown), shown.details
    return ShownModel(
        name,
        host.endpoint,
        facts.capabilities or (),
        facts.context_length or 0,
        (details and details.family) or "",
        *_details(details),
    )


def _details(details: Any) -> tuple[str, str]:
    return (details and details.parameter_size) or "", (details and details.quantization_level) or ""
