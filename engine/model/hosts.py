"""Reach Ollama servers: addresses, and an HTTP client for each that works around faults of package and server."""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from engine.errors import LanguageModelError
from engine.model.faults import cleaned_line

if TYPE_CHECKING:
    import httpx
    import ollama

_PROBE_SECONDS = 1.0
_READ_AT_IMPORT = frozenset("HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR OLLAMA_HOST".split())
_LONGEST_REPLY_LINE = 8_000_000  # bytes; a line without end would fill the memory

_BREAKS_A_LINE = re.compile(rb"\xc2\x85|\xe2\x80[\xa8\xa9]")
_HALF_A_BREAK = re.compile(rb"(?:\xc2|\xe2\x80?)\Z")


_BARE_IPV6 = re.compile(r"[0-9a-fA-F]*:[0-9a-fA-F:.]*:[0-9a-fA-F.]*")


@dataclass(frozen=True, slots=True)
class Host:
    """The address of a server and the client for it."""

    endpoint: str
    client: "ollama.AsyncClient"


class NoServerError(LanguageModelError):
    """No server listens at any of the addresses."""


def endpoint_address(url: str) -> str:
    """Complete an address: port 11434 (https: 443) if there is none, loopback for the address "all".

    It has no user and password, because it is shown. An IPv6 address may stand without brackets.
    """
    try:
        parts = _parts(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 11434)
    except ValueError:
        host, port = None, 0
    if not host:
        raise LanguageModelError(f"{url!r} is no address", hint="such as http://127.0.0.1:11434")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is replaced, not bound
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}{parts.path.rstrip('/')}"


def _parts(url: str) -> SplitResult:
    """Split an address, of which the scheme and the brackets of an IPv6 address may be missing."""
    if _BARE_IPV6.fullmatch(url):
        url = f"[{url}]"
    return urlsplit(url if "://" in url else f"http://{url}")


def _credentials(url: str) -> tuple[str, str] | None:
    """Return the user and the password of an address, if it has them."""
    parts = _parts(url)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


async def listens(endpoint: str) -> bool:
    """Tell within a second whether anything accepts a connection at this address; imports nothing heavy."""
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
    """Return the hosts that accept a connection. Raises LanguageModelError if none does."""
    credentials = {endpoint_address(url): _credentials(url) for url in endpoints}
    addresses = list(credentials)
    listening = await asyncio.gather(*map(listens, addresses))
    up = [address for address, is_up in zip(addresses, listening, strict=True) if is_up]
    if not up:
        hint = "start it with `ollama serve`, or set api_endpoint in configs/ollama.yaml"
        raise NoServerError(f"Ollama does not answer at {', '.join(addresses)}", hint=hint, retryable=True)
    return await asyncio.to_thread(lambda: [Host(address, open_host(address, credentials[address])) for address in up])


@contextmanager
def _without_variables() -> Iterator[None]:
    """Set aside the variables that the ollama package reads when it is imported.

    It makes a client for itself, which fails on addresses such as `fe80::/10` in NO_PROXY; ours ignores them.
    """
    present = {name: os.environ.pop(name) for name in list(os.environ) if name.upper() in _READ_AT_IMPORT}
    try:
        yield
    finally:
        os.environ.update(present)


def open_host(endpoint: str, credentials: tuple[str, str] | None = None) -> "ollama.AsyncClient":
    """Make a client that ignores proxies, forbids the server to cut prompts, and reads unusual line breaks.

    `credentials` are the user and the password that the server asks for.
    """
    try:
        import httpx  # noqa: PLC0415

        with _without_variables():
            import ollama  # noqa: PLC0415
    except Exception as error:  # whatever a broken installation raises
        hint = "install persona-moe again, or choose `--model none`"
        raise LanguageModelError(f"the ollama package does not start: {cleaned_line(error)}", hint=hint) from error

    class Escaped(httpx.AsyncByteStream):
        """Escapes U+0085, U+2028 and U+2029, at which httpx would split lines although JSON allows them in strings."""

        def __init__(self, stream: httpx.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            incomplete, line_bytes = b"", 0
            async for chunk in self.stream:
                line_bytes = _line_bytes(chunk, line_bytes)
                data = incomplete + chunk
                half = _HALF_A_BREAK.search(data)
                data, incomplete = (data[: half.start()], half.group()) if half else (data, b"")
                yield _BREAKS_A_LINE.sub(lambda match: rb"\u%04x" % ord(match.group().decode()), data)
            if incomplete:
                yield incomplete

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
        auth=credentials,
        trust_env=False,  # a proxy variable would catch even 127.0.0.1
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        limits=httpx.Limits(max_keepalive_connections=0),  # a server may restart between two questions
        # Reading the certificates takes 50 ms; with none of them TLS is refused, never trusted blindly.
        verify=ssl.create_default_context() if is_https else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        event_hooks={"request": [refuse_truncation], "response": [escape]},
    )


def _line_bytes(chunk: bytes, previous: int) -> int:
    """Return the number of bytes since the last line end. Raises ValueError if there are too many."""
    newline = chunk.rfind(b"\n")
    count = previous + len(chunk) if newline < 0 else len(chunk) - 1 - newline
    if count > _LONGEST_REPLY_LINE:
        raise ValueError("a line without end")
    return count


@asynccontextmanager
async def connected(endpoints: Sequence[str]) -> AsyncIterator[list[Host]]:
    """Give the hosts that accept a connection, and close them at the end. Raises LanguageModelError if none does."""
    hosts = await reach(endpoints)
    try:
        yield hosts
    finally:
        await close_hosts(hosts)


async def close_hosts(hosts: Sequence[Host]) -> None:
    """Close the connections."""
    for host in hosts:
        await host.client.close()  # type: ignore[no-untyped-call]
