"""A stand-in for Ollama on 127.0.0.1 that speaks its real protocol: HTTP/1.1, chunked, one JSON object a line.

Runs in a thread of its own, so that coroutines, a pilot and subprocesses can all talk to it:

    with OllamaServer() as server:
        server.enqueue(Scripted(["Paris", " [1]."]), failure(503, "server busy"))
        ... # server.url, server.chats

Each chat takes the next scripted reply; with none left the server answers from the first quotation.
"""

import asyncio
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Self

COMPLETION, EMBEDDING = ("completion",), ("embedding",)
MODELS: Mapping[str, Sequence[str]] = {"qwen3:4b": COMPLETION}
CREATED = "2025-11-01T12:00:00.000000Z"
TOO_LONG = "the input length exceeds the context length"
TICK = 0.002


@dataclass(frozen=True)
class Scripted:
    """What the server does with one chat.

    `status` other than 200, or an `error` with status 200: an error object. `body`: these bytes instead of
    any protocol. `end`: "done", "silent" (a clean end without `done`), "reset" or "close" (of the TCP
    connection), "hang", or "error" (an error object in the stream), all after the tokens.
    """

    tokens: Sequence[str] = ()
    thinking: Sequence[str] = ()
    delay: float = 0.0
    status: int = 200
    error: str = ""
    body: bytes | None = None
    content_type: str = "application/x-ndjson"
    end: Literal["done", "silent", "reset", "close", "hang", "error"] = "done"
    done_reason: str = "stop"
    prompt_eval_count: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def failure(status: int, message: str) -> Scripted:
    return Scripted(status=status, error=message)


@dataclass
class Recorded:
    """A request, and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    tokens_sent: int = 0
    disconnected: bool = False
    finished: bool = False


class ClientLeftError(Exception):
    """The client closed its connection before the answer was complete."""


class OllamaServer:
    """`models` maps a name to its capabilities; `context_length` is the largest window that they have."""

    def __init__(self, models: Mapping[str, Sequence[str]] = MODELS, *, context_length: int = 131_072) -> None:
        self.models, self.context_length = dict(models), context_length
        self.tells_capabilities = True  # servers before 0.6.4 do not
        self.tells_limit = True  # a model file may lack its context length
        self.knows_truncate = True  # servers before 0.12.4 cut without a word
        self.listing: Scripted | None = None  # stands in for the answer of /api/tags
        self.pulls: Sequence[object] = ()  # what a pull answers, one object a line, then the end of the stream
        self.pull_delay = 0.0
        self.dimension = 64  # of its vectors
        self.digest = "0" * 64  # of its models
        self.synonyms: Mapping[str, str] = {}  # words that its embedding models take for others
        self.embeddings: deque[Scripted] = deque()  # stand in for the next answers of /api/embed
        self.embed_delay = 0.0
        self.requests: list[Recorded] = []
        self.most_at_once = 0
        self.url = ""
        self._at_once = 0
        self._script: deque[Scripted] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="ollama-server", daemon=True)

    def enqueue(self, *replies: Scripted) -> None:
        """The next chats get these replies, in this order."""
        self._script.extend(replies)

    @property
    def chats(self) -> list[Recorded]:
        return [request for request in self.requests if request.path == "/api/chat"]

    @property
    def embedded(self) -> list[str]:
        """The texts that were sent to be embedded, in order."""
        requests = [request for request in self.requests if request.path == "/api/embed"]
        return [text for request in requests for text in request.body["input"]]

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(5):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _read_request(reader)) is not None:
                self.requests.append(request)
                await self._respond(request, _Wire(reader, writer, request))
                request.finished = True
        except (ClientLeftError, ConnectionError, asyncio.IncompleteReadError):
            pass  # `_Wire` has noted it in the request
        except asyncio.CancelledError:
            pass  # the server stops
        finally:
            self._tasks.discard(task)
            if not writer.transport.is_closing():
                writer.close()

    async def _respond(self, request: Recorded, wire: "_Wire") -> None:
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                await wire.whole(200, b"Ollama is running", "text/plain; charset=utf-8")
            case "GET", "/api/version":
                await wire.json(200, {"version": "0.17.4"})
            case "GET", "/api/tags" if self.listing is not None:
                await self._play(self.listing, wire)
            case "GET", "/api/tags":
                listed = [_listed(name, kinds) | {"digest": self.digest} for name, kinds in self.models.items()]
                await wire.json(200, {"models": listed})
            case "POST", "/api/show":
                await self._show(request, wire)
            case "POST", "/api/embed":
                await self._embed(request, wire)
            case "POST", "/api/pull":
                await wire.begin("application/x-ndjson")
                for step in self.pulls:
                    await wire.line(step)
                    await wire.sleep(self.pull_delay)
                await wire.end()
            case "POST", "/api/chat":
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    await self._chat(request, wire)
                finally:
                    self._at_once -= 1
            case _:
                await wire.whole(404, b"404 page not found", "text/plain")

    def _kinds(self, name: str) -> Sequence[str] | None:
        """What a model can do; None when there is none of that name."""
        return self.models.get(name) or self.models.get(f"{name}:latest")

    async def _show(self, request: Recorded, wire: "_Wire") -> None:
        name = request.body.get("model", "")
        if (kinds := self._kinds(name)) is None:
            await wire.json(404, {"error": f"model '{name}' not found"})
            return
        shown = {"modelfile": "", "template": "", "details": _listed(name, kinds)["details"]}
        if self.tells_capabilities:
            shown["capabilities"] = list(kinds)
        family = shown["details"]["family"]
        info: dict[str, Any] = {"general.architecture": family}
        if self.tells_limit:
            info[f"{family}.context_length"] = self.context_length
        await wire.json(200, shown | {"model_info": info, "modified_at": CREATED})

    async def _embed(self, request: Recorded, wire: "_Wire") -> None:
        name, given = request.body.get("model", ""), request.body.get("input", "")
        texts = [given] if isinstance(given, str) else given
        if self._kinds(name) is None:
            await wire.json(404, {"error": f'model "{name}" not found, try pulling it first'})
            return
        if request.body.get("truncate") is False and max(map(_tokens, texts), default=0) > self.context_length:
            await wire.json(400, {"error": TOO_LONG})
            return
        await wire.sleep(self.embed_delay)
        if self.embeddings:
            await self._play(self.embeddings.popleft(), wire)
            return
        vectors = [self._vector(text) for text in texts]
        counts = {"total_duration": 1, "load_duration": 1, "prompt_eval_count": sum(map(_tokens, texts))}
        await wire.json(200, {"model": name, "embeddings": vectors, **counts})

    def _vector(self, text: str) -> list[float]:
        """A vector of the words of a text, each at a place of its own; synonyms have the same."""
        vector = [0.0] * self.dimension
        for word in set(re.findall(r"\w+", text.lower())):
            hashed = blake2b(self.synonyms.get(word, word).encode(), digest_size=4).digest()
            vector[int.from_bytes(hashed) % self.dimension] += 1.0
        return vector

    async def _chat(self, request: Recorded, wire: "_Wire") -> None:
        body, name = request.body, request.body.get("model", "")
        if (kinds := self._kinds(name)) is None:
            await wire.json(404, {"error": f"model '{name}' not found"})
        elif body.get("think") and "thinking" not in kinds:
            await wire.json(400, {"error": f'"{name}" does not support thinking'})
        elif "completion" not in kinds:
            await wire.json(400, {"error": f'"{name}" does not support chat'})
        elif not body["messages"]:
            reason = "unload" if body.get("keep_alive") == 0 else "load"
            await wire.json(200, _part(name, {"content": ""}) | {"done": True, "done_reason": reason})
        else:
            await self._write(request, wire)

    async def _write(self, request: Recorded, wire: "_Wire") -> None:
        body = request.body
        window = min(body.get("options", {}).get("num_ctx", 4096), self.context_length)
        tokens = sum(_tokens(message["content"]) for message in body["messages"]) + 8
        if tokens > window and self.knows_truncate and body.get("truncate") is False:
            await self._play(failure(400, TOO_LONG), wire)
        else:  # what is too long is cut to the very size of the window
            await self._play(self._script.popleft() if self._script else _default(body), wire, min(tokens, window))

    async def _play(self, reply: Scripted, wire: "_Wire", prompt_tokens: int = 0) -> None:
        if reply.body is not None:
            await wire.whole(reply.status, reply.body, reply.content_type, reply.headers)
            return
        if reply.error and reply.end != "error":
            await wire.json(reply.status, {"error": reply.error}, reply.headers)
            return
        name, is_streamed = wire.request.body.get("model", ""), wire.request.body.get("stream", True)
        closing = {
            "done_reason": reply.done_reason,
            "total_duration": 10_000_000,
            "load_duration": 1_000_000,
            "prompt_eval_count": reply.prompt_eval_count if reply.prompt_eval_count is not None else prompt_tokens,
            "prompt_eval_duration": 1_000_000,
            "eval_count": len(reply.tokens) + len(reply.thinking),
            "eval_duration": 1_000_000,
        }
        if not is_streamed:
            message = {"content": "".join(reply.tokens)}
            await wire.json(200, _part(name, message) | {"done": True, **closing})
            return
        await wire.begin(reply.content_type)
        for kind, tokens in (("thinking", reply.thinking), ("content", reply.tokens)):
            for token in tokens:
                await wire.sleep(reply.delay)
                await wire.line(_part(name, {"content": "", kind: token}))
                wire.request.tokens_sent += 1
        if reply.end == "done":
            await wire.line(_part(name, {"content": ""}) | {"done": True, **closing})
        elif reply.end == "error":
            await wire.line({"error": reply.error})
        elif reply.end == "hang":
            await wire.sleep(3600)
        if reply.end in {"reset", "close"}:
            await wire.drop(is_reset=reply.end == "reset")
        else:
            await wire.end()


class _Wire:
    """One response on one connection; every wait notices a client that has left."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Recorded) -> None:
        self.reader, self.writer, self.request = reader, writer, request

    def _check(self) -> None:
        if self.reader.at_eof() or self.reader.exception() is not None or self.writer.transport.is_closing():
            self.request.disconnected = True
            raise ClientLeftError

    async def sleep(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while (left := until - clock()) > 0:
            await asyncio.sleep(min(left, TICK))
            self._check()

    async def _send(self, data: bytes) -> None:
        self._check()
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            self.request.disconnected = True
            raise

    async def whole(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        await self._send(head.encode() + (b"" if self.request.method == "HEAD" else body))

    async def json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        await self.whole(status, _as_go_writes(value), "application/json; charset=utf-8", headers)

    async def begin(self, kind: str) -> None:
        await self._send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())

    async def line(self, value: object) -> None:
        data = _as_go_writes(value) + b"\n"
        await self._send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self._send(b"0\r\n\r\n")

    async def drop(self, *, is_reset: bool) -> None:
        await asyncio.sleep(0.02)  # what was sent is read before the connection goes
        if is_reset:
            linger = struct.pack("ii", 1, 0)
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()
        raise ClientLeftError


async def _read_request(reader: asyncio.StreamReader) -> Recorded | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None  # the client closed an idle connection
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Recorded(method, path, headers, json.loads(body) if body else {})


def _as_go_writes(value: object) -> bytes:
    """JSON as Go's encoder writes it: UTF-8 with these five escaped, and U+0085 as it is."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode(errors="replace")


def _listed(name: str, kinds: Sequence[str]) -> dict[str, Any]:
    family = "qwen3" if "completion" in kinds else "nomic-bert"
    details = {"parent_model": "", "format": "gguf", "family": family, "families": [family]}
    details |= {"parameter_size": "4B", "quantization_level": "Q4_K_M"}
    return {"name": name, "model": name, "modified_at": CREATED, "size": 1, "digest": "0" * 64, "details": details}


def _part(name: str, message: dict[str, str]) -> dict[str, Any]:
    """One object of a chat's answer; the last one says more."""
    return {"model": name, "created_at": CREATED, "message": {"role": "assistant", **message}, "done": False}


def _tokens(text: str) -> int:
    return len(text) // 4


def _default(body: dict[str, Any]) -> Scripted:
    if body.get("format"):
        claims = {"claims": [{"text": "The first passage answers this.", "passages": [1]}]}
        return Scripted([json.dumps(claims)])
    return Scripted(["The", " first", " quotation", " answers", " this", " [1]."])
