"""The way to an Ollama server: its address, a client that survives its habits, and its failures in plain words."""

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

if TYPE_CHECKING:
    import httpx
    import ollama

_PROBE_SECONDS, _LISTING_SECONDS = 1.0, 10.0
_LONGEST_LINE = 200  # characters of a server's own words in a message

_FORBIDDEN = re.compile("[\x00-\x08\x0d-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAK = re.compile("\r\n|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAKS_A_LINE = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")
_HALF_A_BREAK = re.compile(rb"(?:\xc2|\xe2\x80?)\Z")


class AnswerCutShortError(LanguageModelError):
    """The answer broke off in the middle; `partial` is what had arrived."""

    partial = ""


class BusyError(LanguageModelError):
    """The server took nothing of the request, so asking again soon is safe."""


@dataclass(frozen=True, slots=True)
class Host:
    """An address and the client that talks to it."""

    endpoint: str
    client: "ollama.AsyncClient"


def clean(text: str) -> str:
    """Remove control and text-direction characters; every kind of line break becomes a newline."""
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", _LINE_BREAK.sub("\n", text)))


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


def open_host(endpoint: str) -> "ollama.AsyncClient":
    """Make a client that goes straight to `endpoint`, sends what the package leaves out, survives odd line breaks."""
    try:
        import httpx  # noqa: PLC0415
        import ollama  # noqa: PLC0415
    except (ImportError, ValueError) as error:  # it reads OLLAMA_HOST and the proxy variables when imported
        hint = "look at OLLAMA_HOST and ALL_PROXY"
        raise LanguageModelError(f"the ollama package does not start: {_one_line(error)}", hint=hint) from error

    class Escaped(httpx.AsyncByteStream):
        """httpx splits lines also at U+0085, U+2028 and U+2029, which JSON allows inside a text."""

        def __init__(self, stream: httpx.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            held = b""
            async for chunk in self.stream:
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


async def close_hosts(hosts: Sequence[Host]) -> None:
    """Close the connections."""
    for host in hosts:
        await host.client.close()  # type: ignore[no-untyped-call]


async def installed(host: Host) -> dict[str, str] | LanguageModelError:
    """List the models of a host, newest first: name and family."""
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            models = (await host.client.list()).models
    except failures() as error:
        return explain(error, host.endpoint, "")
    return {m.model: (m.details and m.details.family) or "" for m in models if m.model}


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
    shown = ", ".join(map(_one_line, names[:8])) or "none"
    if wanted != "auto":
        for name in (wanted, f"{wanted}:latest"):
            if name in names:
                return name
        raise LanguageModelError(f"Ollama has no model {wanted!r}; installed: {shown}", hint=f"`ollama pull {wanted}`")
    for host, there in known:
        for name, family in there.items():
            is_elsewhere = name.endswith(("-cloud", ":cloud"))  # it would send the reader's documents away
            if not is_elsewhere and await _writes_text(host, name, family):
                return name
    raise LanguageModelError(f"Ollama has no model that writes; installed: {shown}", hint="`ollama pull qwen3:4b`")


async def _writes_text(host: Host, name: str, family: str) -> bool:
    with suppress(*failures()):  # an old server tells no capabilities, then the name has to do
        async with asyncio.timeout(_LISTING_SECONDS):
            if capabilities := (await host.client.show(name)).capabilities:
                return "completion" in capabilities
    return "embed" not in name and "bert" not in family


def failures() -> tuple[type[Exception], ...]:
    """Name everything that the package raises when a server does not do as it should (measured, version 0.6.3)."""
    import httpx  # noqa: PLC0415
    import ollama  # noqa: PLC0415

    return (ollama.ResponseError, httpx.HTTPError, OSError, ValueError, TypeError, AttributeError)


def explain(error: Exception, endpoint: str, model: str) -> LanguageModelError:
    """Put any of `failures()` into one clean line, with what to do next."""
    import httpx  # noqa: PLC0415
    import ollama  # noqa: PLC0415

    said = _one_line(error)
    if isinstance(error, ollama.ResponseError):
        return _explain_status(error.status_code, _one_line(error.error), endpoint, model)
    if isinstance(error, (ConnectionError, httpx.ConnectError)):
        said = _one_line(error.__context__ or error)  # the package hides why, and TLS fails here too
        return BusyError(f"{endpoint} cannot be reached: {said}", hint="is `ollama serve` running?", retryable=True)
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        hint = "the model may still be loading; raise timeout_seconds in configs/ollama.yaml"
        return LanguageModelError(f"{endpoint} was silent for too long", hint=hint, retryable=True)
    if isinstance(error, (httpx.HTTPError, OSError)):
        return LanguageModelError(f"{endpoint} broke the connection: {said}", hint="ask again", retryable=True)
    message = f"{endpoint} does not speak Ollama's protocol: {said}"
    return LanguageModelError(message, hint="is this the address of an Ollama server?")


def _explain_status(status: int, said: str, endpoint: str, model: str) -> LanguageModelError:
    message = f"{endpoint} answered{f' {status}' if status > 0 else ''}: {said}"
    if status in {429, 503}:
        return BusyError(message, hint="the server is busy or loading, ask again", retryable=True)
    if not 0 < status < 500:  # noqa: PLR2004 - the server's own fault; -1 is an error inside a reply
        hint = "the server's log tells more; a smaller model or num_ctx needs less memory"
        return LanguageModelError(message, hint=hint, retryable=True)
    hints = {
        400: "choose another model_name in configs/ollama.yaml",
        401: "the server wants the key in OLLAMA_API_KEY",
        403: "the server wants the key in OLLAMA_API_KEY",
        404: f"`ollama pull {model}`" if model else "is this the address of an Ollama server?",
    }
    if "context" in said:
        return LanguageModelError(message, hint="lower num_ctx in configs/ollama.yaml to what the model has")
    return LanguageModelError(message, hint=hints.get(status, "is this the address of an Ollama server?"))


def _one_line(text: object) -> str:
    line = " ".join(clean(str(text)).split())
    return f"{line[:_LONGEST_LINE]}..." if len(line) > _LONGEST_LINE else line or "no reason given"
