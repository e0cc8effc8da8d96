"""The local language model: one Ollama server or several that share the work.

Every way in which a server can fail becomes one LanguageModelError with one clean line. `ollama` and `httpx`
take 400 ms to import, so they are imported only once a server was found, and off the event loop.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.errors import LanguageModelError
from engine.model.faults import (
    AnswerCutShortError,
    BusyError,
    PromptTooLongError,
    SilentError,
    UnreachableError,
    clean,
    explain,
    failures,
)
from engine.model.host_pool import HostPool
from engine.model.hosts import Host, ModelFacts, ask_about, choose, close_hosts, common_facts, installed, reach
from engine.settings.settings import Ollama

if TYPE_CHECKING:
    import ollama

_BUSY_WAITS = (0.2, 4.0)  # seconds before a busy server is asked again: at first, and doubling, at most
_UNREACHABLE_WAITS = (0.2, 0.8)
_AGAIN = 0.2  # seconds before what broke in the middle is asked once more
_LONGEST = 10  # a whole answer may take this many times `timeout_seconds`
_THOUGHTS = 4  # times `max_tokens` that a model may think before it answers
_LONGEST_TOKEN = 64  # characters; what is longer on the mean comes from no tokenizer
_FEWEST_TOKENS = 7  # characters a token: text has about 4.5, so a server that counts fewer tokens cut the prompt


def _unheard(_: object) -> None:
    """What nobody listens to."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request cost: where, tokens read and written, and milliseconds to load, read and write."""

    endpoint: str
    model: str
    prompt_tokens: int
    output_tokens: int
    load_ms: float
    prompt_ms: float
    output_ms: float


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what while a model writes: fragments of answer and thoughts, shortcomings, and each whole reply."""

    on_token: Callable[[str], None] = _unheard
    on_thought: Callable[[str], None] = _unheard
    on_notice: Callable[[str], None] = _unheard
    on_reply: Callable[[Usage], None] = _unheard


SILENT = Listeners()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked. `schema` is that of its reply; without a `temperature` the configured one counts.

    `think` None leaves it to the model.
    """

    system: str
    user: str
    schema: dict[str, Any] | None = None
    temperature: float | None = None
    think: bool | None = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; `broke_off` where it reached `max_tokens` or the end of the window."""

    text: str
    broke_off: bool
    usage: Usage


class LanguageModel:
    """A model on one host or several, which share the work. `window` is its context in tokens."""

    def __init__(self, settings: Ollama, name: str, seed: int, hosts: Sequence[Host], facts: ModelFacts) -> None:
        self.settings, self.name, self.seed = settings, name, seed
        self.endpoints = tuple(host.endpoint for host in hosts)
        self.window = min(settings.num_ctx, facts.context_length or settings.num_ctx)
        self.thinks = settings.think and facts.can("thinking")
        self._hosts, self._pool = hosts, HostPool(hosts, settings.requests_per_host)

    @property
    def thought_tokens(self) -> int:
        """What of the window is kept for thoughts: at most half of what the answer leaves."""
        left = max(0, self.window - self.settings.max_tokens)
        return min(_THOUGHTS * self.settings.max_tokens, left // 2) if self.thinks else 0

    async def chat(self, prompt: Prompt, listeners: Listeners = SILENT) -> Reply:
        """Ask, and return the whole reply; fragments come free of control characters.

        What fails on one host is asked of the next one. Where there is none left, a busy server is asked again for
        `timeout_seconds`, one that cannot be reached twice, one that broke off once; but nothing is asked again of
        which a part was heard. Raises LanguageModelError, and AnswerCutShortError once the reply had begun.
        Cancelling closes the connection, which stops the server.
        """
        tried: list[Host] = []
        until = time.monotonic() + self.settings.timeout_seconds
        while True:
            untried = [host for host in self._hosts if host not in tried]
            async with self._pool.turn(tried if untried else ()) as host:
                try:
                    reply = await self._read(host, prompt, listeners)
                except LanguageModelError as error:
                    tried.append(host)
                    wait = self._wait(error, tried, in_time=time.monotonic() < until)
                    if not isinstance(error, PromptTooLongError):
                        self._pool.set_aside(host)
                    is_heard = isinstance(error, AnswerCutShortError) and error.partial
                    if wait is None or (is_heard and listeners.on_token is not _unheard):
                        raise
                else:
                    self._pool.trust(host)
                    return reply
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await close_hosts(self._hosts)

    def _wait(self, error: LanguageModelError, tried: Sequence[Host], *, in_time: bool) -> float | None:
        """Seconds until it is asked again after that error; None if that would not help."""
        again = len(tried) - len(self._hosts)
        if isinstance(error, PromptTooLongError):
            return None
        if again < 0:
            return 0.0
        if isinstance(error, BusyError):
            return min(_BUSY_WAITS[0] * 2**again, _BUSY_WAITS[1]) if in_time else None
        if isinstance(error, UnreachableError):
            return _UNREACHABLE_WAITS[again] if again < len(_UNREACHABLE_WAITS) else None
        return _AGAIN if error.retryable and not isinstance(error, SilentError) and not again else None

    async def _read(self, host: Host, prompt: Prompt, listeners: Listeners) -> Reply:
        request = self._request(prompt)
        text: list[str] = []
        try:
            async with aclosing(self._parts(host, request)) as parts:
                async for part in parts:
                    if thought := clean(part.message.thinking or ""):
                        listeners.on_thought(thought)
                    if fragment := clean(part.message.content or ""):
                        text.append(fragment)
                        listeners.on_token(fragment)
        except AnswerCutShortError as error:
            error.partial = "".join(text)
            raise
        usage = _usage(host.endpoint, self.name, part)
        listeners.on_reply(usage)
        if not "".join(text).strip():
            hint = "raise max_tokens in configs/ollama.yaml, or choose a model that does not think first"
            raise LanguageModelError(f"{self.name} wrote no text ({part.done_reason or 'stop'})", hint=hint)
        self._tell(usage, prompt, listeners, part.done_reason)
        return Reply("".join(text), part.done_reason == "length", usage)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        chosen = self.settings
        thoughts = self.thought_tokens if prompt.think else 0
        options = {
            "temperature": chosen.temperature if prompt.temperature is None else prompt.temperature,
            "num_ctx": self.window,
            "num_predict": chosen.max_tokens + thoughts,
            "seed": self.seed,
        }
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
        return {
            "model": self.name,
            "messages": [{**message, "content": clean(message["content"])} for message in messages],
            "options": options,
            "format": prompt.schema,
            "think": prompt.think,
            "keep_alive": int(kept) if (kept := chosen.keep_alive) in {"0", "-1"} else kept,
        }

    def _tell(self, usage: Usage, prompt: Prompt, listeners: Listeners, done_reason: str | None) -> None:
        """Tell what makes the reply less than it could be."""
        read, characters = usage.prompt_tokens, len(prompt.system) + len(prompt.user)
        if read and (read >= self.window or read * _FEWEST_TOKENS < characters):
            listeners.on_notice(f"{self.name} read only {read} tokens: the server cut the prompt, raise num_ctx")
        elif done_reason == "length" and read + usage.output_tokens >= self.window:
            listeners.on_notice(f"{self.name} filled its window ({self.window} tokens), its text is not complete")
        elif done_reason == "length":
            limit = self.settings.max_tokens
            listeners.on_notice(f"{self.name} stopped at max_tokens ({limit}), its text is not complete")

    async def _parts(self, host: Host, request: dict[str, Any]) -> AsyncGenerator["ollama.ChatResponse", None]:
        """Yield the fragments of a reply, the last of which is `done`."""
        clock, silence = asyncio.get_running_loop().time, self.settings.timeout_seconds
        deadline, has_begun, bounds = clock() + _LONGEST * silence, False, _Bounds(request["options"]["num_predict"])
        reply = cast("AsyncGenerator[ollama.ChatResponse, None]", await host.client.chat(**request, stream=True))
        async with aclosing(reply) as stream:
            while True:
                try:
                    async with asyncio.timeout_at(min(clock() + silence, deadline)):
                        part = await anext(stream, None)
                except failures() as error:
                    told = explain(error, host.endpoint, self.name)
                    if clock() >= deadline:
                        told = _endless(host.endpoint, f"for {_LONGEST * silence:g} seconds")
                    if has_begun:
                        again = told.retryable and not isinstance(told, SilentError)
                        told = AnswerCutShortError(told.message, hint=told.hint, retryable=again)
                    raise told from error
                if part is None:
                    message = f"{host.endpoint} ended the answer before it was done"
                    raise AnswerCutShortError(message, hint="a model that repeats itself is stopped", retryable=True)
                if bounds.are_passed_by(part):
                    raise _endless(host.endpoint, f"past {request['options']['num_predict']} tokens")
                has_begun = True
                yield part
                if part.done:
                    return


def _endless(endpoint: str, how_long: str) -> AnswerCutShortError:
    return AnswerCutShortError(f"{endpoint} wrote {how_long} without end", hint="choose another model_name")


class _Bounds:
    """How much a reply of so many tokens may be: a server that does not keep to them would write for ever."""

    def __init__(self, tokens: int) -> None:
        self._fragments, self._characters = 2 * tokens + 64, _LONGEST_TOKEN * (tokens + 64)

    def are_passed_by(self, part: "ollama.ChatResponse") -> bool:
        """Whether this part is one too many."""
        self._fragments -= 1
        self._characters -= len(part.message.content or "") + len(part.message.thinking or "")
        return self._fragments < 0 or self._characters < 0


def _usage(endpoint: str, model: str, part: "ollama.ChatResponse") -> Usage:
    """What the last part counts; a server leaves out what is 0, and one wrote a negative time."""

    def counted(value: int | None) -> int:
        return max(0, value or 0)

    def ms(value: int | None) -> float:
        return round(counted(value) / 1e6, 3)

    return Usage(
        endpoint,
        model,
        counted(part.prompt_eval_count),
        counted(part.eval_count),
        ms(part.load_duration),
        ms(part.prompt_eval_duration),
        ms(part.eval_duration),
    )


async def connect(settings: Ollama, model_name: str | None = None, *, seed: int = 0) -> LanguageModel:
    """Find the model that the settings (or `model_name`) ask for, on those of their hosts that have it.

    Raises LanguageModelError when there is none: the caller goes on without a model and shows the reason.
    """
    if (wanted := model_name or settings.model_name) == "none":
        raise LanguageModelError("no language model is wanted", hint="model_name is none")
    hosts = await reach(settings.endpoints)
    used: list[Host] = []
    try:
        listings = await asyncio.gather(*map(installed, hosts))
        name = await choose(wanted, hosts, listings)
        having = [
            host for host, there in zip(hosts, listings, strict=True) if isinstance(there, dict) and name in there
        ]
        facts = common_facts(await asyncio.gather(*(ask_about(host, name) for host in having)))
        if not facts.can("completion"):
            hint = "choose another model_name in configs/ollama.yaml: `persona-moe models list`"
            raise LanguageModelError(f"{name} does not write text", hint=hint)
        used = having
    finally:
        await close_hosts([host for host in hosts if host not in used])
    return LanguageModel(settings, name, seed, used, facts)
