"""The way to an Ollama server: its address, a client that survives its habits, and the models that it has."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import msgspec

from engine.errors import LanguageModelError
from engine.model.faults import cleaned_line, explain, failures

if TYPE_CHECKING:
    import httpx
    import ollama

_PROBE_SECONDS, _LISTING_SECONDS = 1.0, 10.0
_LONGEST_REPLY_LINE = 8_000_000  # bytes; a server that ends no line would fill the memory

_BREAKS_A_LINE = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")
_HALF_A_BREAK = re.compile(rb"(?:\xc2|\xe2\x80?)\Z")


@dataclass(frozen=True, slots=True)
class Host:
    """An address and the client that talks to it."""

    endpoint: str
    client: "ollama.AsyncClient"


def endpoint_address(url: str) -> str:
    """Read `url` as this program does: port 11434 unless given (https: 443), loopback for the address "all"."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 11434)
    except ValueError:
        host, port = None, 0
    if not host:
        raise LanguageModelError(f"{url!r} is no address", hint="such as http://127.0.0.1:11434")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is replaced, not bound
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path.rstrip('/')}"


async def listens(endpoint: str) -> bool:
    """Tell within a second whether anything accepts a connection there; imports nothing heavy."""
    parts = urlsplit(endpoint)
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (OSError, UnicodeError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def reach(endpoints: Sequence[str]) -> list[Host]:
    """The hosts that take a connection; raises LanguageModelError if none does."""
    addresses = list(dict.fromkeys(endpoint_address(url) for url in endpoints))
    listening = await asyncio.gather(*map(listens, addresses))
    up = [address for address, is_up in zip(addresses, listening, strict=True) if is_up]
    if not up:
        hint = "start it with `ollama serve`, or set api_endpoint in configs/ollama.yaml"
        raise LanguageModelError(f"Ollama does not answer at {', '.join(addresses)}", hint=hint, retryable=True)
    return await asyncio.to_thread(lambda: [Host(address, open_host(address)) for address in up])


def open_host(endpoint: str) -> "ollama.AsyncClient":
    """Make a client that goes straight to `endpoint`, sends what the package leaves out, survives odd line breaks."""
    try:
        import httpx  # noqa: PLC0415
        import ollama  # noqa: PLC0415
    except (ImportError, ValueError) as error:  # it reads OLLAMA_HOST and the proxy variables when imported
        hint = "look at OLLAMA_HOST and ALL_PROXY"
        raise LanguageModelError(f"the ollama package does not start: {cleaned_line(error)}", hint=hint) from error

    class Escaped(httpx.AsyncByteStream):
        """httpx splits lines also at U+0085, U+2028 and U+2029, which JSON allows inside a text."""

        def __init__(self, stream: httpx.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            held, unended = b"", 0
            async for chunk in self.stream:
                unended = _unended(chunk, unended)
                data = held + chunk
                half = _HALF_A_BREAK.search(data)
                data, held = (data[: half.start()], half.group()) if half else (data, b"")
                yield _BREAKS_A_LINE.sub(lambda found: rb"\u%04x" % ord(found.group().decode()), data)
            if held:
                yield held

        async def aclose(self) -> None:
            await self.stream.aclose()

    async def escape(response: httpx.Response) -> None:
        response.stream = Escaped(cast("httpx.AsyncByteStream", response.stream))

    async def refuse_truncation(request: httpx.Request) -> None:
        if request.url.path.endswith("/api/chat"):
            body = msgspec.json.decode(request.content, type=dict) | {"truncate": False, "shift": False}
            request.stream = httpx.ByteStream(content := msgspec.json.encode(body))
            request.headers["Content-Length"] = str(len(content))

    is_https = endpoint.startswith("https")
    return ollama.AsyncClient(
        endpoint,
        trust_env=False,  # a proxy variable would catch even 127.0.0.1
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        limits=httpx.Limits(max_keepalive_connections=0),  # a server may restart between two questions
        # Reading the certificates takes 50 ms; with none of them TLS is refused, never trusted blindly.
        verify=ssl.create_default_context() if is_https else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        event_hooks={"request": [refuse_truncation], "response": [escape]},
    )


def _unended(chunk: bytes, before: int) -> int:
    """How many bytes came since the last line end; raises ValueError if they are too many."""
    newline = chunk.rfind(b"\n")
    unended = before + len(chunk) if newline < 0 else len(chunk) - 1 - newline
    if unended > _LONGEST_REPLY_LINE:
        raise ValueError("a line without end")
    return unended


async def close_hosts(hosts: Sequence[Host]) -> None:
    """Close the connections."""
    for host in hosts:
        await host.client.close()  # type: ignore[no-untyped-call]


async def installed(host: Host) -> dict[str, str] | LanguageModelError:
    """List the models of a host, newest first and then by name: name and family.

    The server orders them by whole seconds, and those of one second as chance has it.
    """
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            models = (await host.client.list()).models
    except failures() as error:
        return explain(error, host.endpoint, "")
    ages = {m.model: -m.modified_at.timestamp() if m.modified_at else 0.0 for m in models if m.model}
    families = {m.model: (m.details and m.details.family) or "" for m in models if m.model}
    return {name: families[name] for name in sorted(families, key=lambda name: (ages[name], name))}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a host says of a model: its capabilities (None: an old server) and its longest context in tokens."""

    capabilities: tuple[str, ...] | None = None
    context_length: int | None = None

    def can(self, capability: str) -> bool:
        """Whether it has a capability, as far as one knows."""
        return self.capabilities is None or capability in self.capabilities


async def installed_at(urls: Sequence[str]) -> tuple[str, ...]:
    """Every model that the servers at these addresses have; nothing where none answers."""
    up = [endpoint for endpoint in dict.fromkeys(map(endpoint_address, urls)) if await listens(endpoint)]
    hosts = await asyncio.to_thread(lambda: [Host(endpoint, open_host(endpoint)) for endpoint in up])
    try:
        listings = await asyncio.gather(*map(installed, hosts))
    finally:
        await close_hosts(hosts)
    return tuple(sorted({name for listing in listings if isinstance(listing, dict) for name in listing}))


async def choose(wanted: str, hosts: list[Host], listings: list[dict[str, str] | LanguageModelError]) -> str:
    """Find the full name of the model to use; `auto` takes the first that writes text on the host itself."""
    known = [(host, there) for host, there in zip(hosts, listings, strict=True) if isinstance(there, dict)]
    if not known:
        raise next(error for error in listings if isinstance(error, LanguageModelError))
    names = list(dict.fromkeys(name for _, there in known for name in there))
    shown = ", ".join(map(cleaned_line, names[:8])) or "none"
    if wanted != "auto":
        for name in (wanted, f"{wanted}:latest"):
            if name in names:
                return name
        raise LanguageModelError(
            f"Ollama has no model {wanted!r}; installed: {shown}", hint=f"`persona-moe models pull {wanted}`"
        )
    for host, there in known:
        for name, family in there.items():
            is_elsewhere = name.endswith(("-cloud", ":cloud"))  # it would send the reader's documents away
            if not is_elsewhere and await _writes_text(host, name, family):
                return name
    raise LanguageModelError(
        f"Ollama has no model that writes; installed: {shown}", hint="`persona-moe models pull qwen3:4b`"
    )


async def ask_about(host: Host, name: str) -> ModelFacts | None:
    """Ask a host what a model can do; None if it cannot say, as with a damaged model."""
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            shown = await host.client.show(name)
    except failures():
        return None
    return facts_of(shown)


def facts_of(shown: "ollama.ShowResponse") -> ModelFacts:
    """What the answer to `show` tells."""
    info = shown.modelinfo or {}
    length = info.get(f"{info.get('general.architecture')}.context_length")
    capabilities = tuple(shown.capabilities) if shown.capabilities else None
    return ModelFacts(capabilities, length if isinstance(length, int) and length > 0 else None)


def common_facts(facts: Sequence[ModelFacts | None]) -> ModelFacts:
    """What holds on every host: the shortest context, and what all that say so can do."""
    known = [fact for fact in facts if fact is not None]
    told = [set(fact.capabilities) for fact in known if fact.capabilities is not None]
    lengths = [fact.context_length for fact in known if fact.context_length]
    return ModelFacts(tuple(sorted(set.intersection(*told))) if told else None, min(lengths, default=None))


async def _writes_text(host: Host, name: str, family: str) -> bool:
    facts = await ask_about(host, name)
    if facts is not None and facts.capabilities is None:  # an old server tells none, then the name has to do
        return "embed" not in name and "bert" not in family
    return facts is not None and facts.can("completion")
