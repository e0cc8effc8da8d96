"""Connect to a language model and ask it, on one Ollama server or several that share the work.

Every failure of a server becomes a LanguageModelError with one clean line. `ollama` and `httpx` take 400 ms to import,
so they are imported only after a server was found, and off the event loop.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.errors import LanguageModelError
from engine.events import ModelReplied
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
from engine.model.hosts import Host, close_hosts, reach
from engine.model.installed_models import WRITE, ModelDetails, Task, ask_hosts, choose, details_of, models_of
from engine.settings.settings import Ollama

if TYPE_CHECKING:
    import ollama

_BUSY_WAITS = (0.2, 4.0)  # seconds before a busy server is asked again: the first time, doubled up to the second
_UNREACHABLE_WAITS = (0.2, 0.8)
_AGAIN = 0.2  # seconds before a request that broke off is sent once more
_READ = 600  # tokens of a prompt: reading so many may take `timeout_seconds` more before the first token
_LONGEST = 10  # times `timeout_seconds`, for a whole answer
_THOUGHTS = 4  # times `max_tokens`, for thoughts before the answer
_LONGEST_TOKEN = 64  # characters; no tokenizer has a higher mean
_BYTES = 4  # of UTF-8 a token, about
_SPARSEST = 7  # characters a token; text has about 4.5, so a server that counts fewer tokens has cut the prompt


def _ignore(_: object) -> None:
    """Do nothing: the default listener."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Callbacks during a request: fragments of the answer and of thoughts, notices of shortcomings, and the cost."""

    on_token: Callable[[str], None] = _ignore
    on_thought: Callable[[str], None] = _ignore
    on_notice: Callable[[str], None] = _ignore
    on_reply: Callable[[ModelReplied], None] = _ignore


SILENT = Listeners()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to a model: `schema` is the JSON schema of its reply, None as `temperature` means the configured one.

    `think` None lets the model decide. `purpose` and `persona_id` are those of the `ModelReplied` event. `pictures` are
    the contents of picture files.
    """

    system: str
    user: str
    schema: dict[str, Any] | None = None
    temperature: float | None = None
    think: bool | None = False
    purpose: str = "answer"
    persona_id: str = ""
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; `broke_off` if it reached `max_tokens` or the end of the window."""

    text: str
    broke_off: bool


class LanguageModel:
    """A model on one host or several, which share the work. `window` is its context window in tokens.

    `details` are what the hosts say of the model; the smallest window counts, and only what all of them can.
    """

    def __init__(
        self, settings: Ollama, name: str, seed: int, hosts: Sequence[Host], details: Sequence[ModelDetails]
    ) -> None:
        self.settings, self.name, self.seed = settings, name, seed
        self.endpoints = tuple(host.endpoint for host in hosts)
        self.window = min([settings.num_ctx, *(host.context_length for host in details if host.context_length)])
        self.thinks = settings.think and all(host.can("thinking") for host in details)
        self._hosts, self._pool = hosts, HostPool(hosts, settings.requests_per_host)

    @property
    def thought_tokens(self) -> int:
        """Tokens of the window that are reserved for thoughts: at most half of those that the answer does not need."""
        rest_of_window = max(0, self.window - self.settings.max_tokens)
        return min(_THOUGHTS * self.settings.max_tokens, rest_of_window // 2) if self.thinks else 0

    async def chat(self, prompt: Prompt, listeners: Listeners = SILENT) -> Reply:
        """Ask, and return the whole reply; its text is free of control characters.

        A request that fails on one host is sent to the next. After the last host, it is repeated: for `timeout_seconds`
        if a server is busy, twice if it cannot be reached, once if the reply broke off; but never if `on_token` has
        received a part. Raises LanguageModelError, and AnswerCutShortError once the reply has begun. Cancelling closes
        the connection, which stops the server.
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
                    has_partial = isinstance(error, AnswerCutShortError) and error.partial
                    if wait is None or (has_partial and listeners.on_token is not _ignore):
                        raise
                else:
                    self._pool.trust(host)
                    return reply
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await close_hosts(self._hosts)

    def _wait(self, error: LanguageModelError, tried: Sequence[Host], *, in_time: bool) -> float | None:
        """Return the seconds before the next attempt after an error; None if it would not help."""
        repeats = len(tried) - len(self._hosts)
        if isinstance(error, PromptTooLongError):
            return None
        if repeats < 0:
            return 0.0
        if isinstance(error, BusyError):
            return min(_BUSY_WAITS[0] * 2**repeats, _BUSY_WAITS[1]) if in_time else None
        if isinstance(error, UnreachableError):
            return _UNREACHABLE_WAITS[repeats] if repeats < len(_UNREACHABLE_WAITS) else None
        return _AGAIN if error.retryable and not isinstance(error, SilentError) and not repeats else None

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
        cost = _cost(prompt, host.endpoint, self.name, part)
        listeners.on_reply(cost)
        if not "".join(text).strip():
            hint = "raise max_tokens in configs/ollama.yaml, or choose a model that does not think first"
            raise LanguageModelError(f"{self.name} wrote no text ({part.done_reason or 'stop'})", hint=hint)
        self._notify(cost, prompt, listeners, part.done_reason)
        return Reply("".join(text), part.done_reason == "length")

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        chosen = self.settings
        thoughts = self.thought_tokens if prompt.think else 0
        options = {
            "temperature": chosen.temperature if prompt.temperature is None else prompt.temperature,
            "num_ctx": self.window,
            "num_predict": chosen.max_tokens + thoughts,
            "seed": self.seed,
        }
        request: dict[str, Any] = {"role": "user", "content": clean(prompt.user)}
        if prompt.pictures:
            request["images"] = prompt.pictures
        return {
            "model": self.name,
            "messages": [{"role": "system", "content": clean(prompt.system)}, request],
            "options": options,
            "format": prompt.schema,
            "think": prompt.think,
            "keep_alive": int(duration) if (duration := chosen.keep_alive) in {"0", "-1"} else duration,
        }

    def _notify(self, cost: ModelReplied, prompt: Prompt, listeners: Listeners, done_reason: str | None) -> None:
        """Give a notice if the server cut the prompt or the reply."""
        read, characters = cost.prompt_tokens, len(prompt.system) + len(prompt.user)
        if read and (read >= self.window or read * _SPARSEST < characters):
            listeners.on_notice(f"{self.name} read only {read} tokens: the server cut the prompt, raise num_ctx")
        elif done_reason == "length" and read + cost.output_tokens >= self.window:
            listeners.on_notice(f"{self.name} filled its window ({self.window} tokens), its text is not complete")
        elif done_reason == "length":
            limit = self.settings.max_tokens
            listeners.on_notice(f"{self.name} stopped at max_tokens ({limit}), its text is not complete")

    async def _parts(self, host: Host, request: dict[str, Any]) -> AsyncGenerator["ollama.ChatResponse", None]:
        """Yield the fragments of a reply, the last of which is `done`."""
        clock, silence = asyncio.get_running_loop().time, self.settings.timeout_seconds
        reading = silence * (1 + sum(len(m["content"].encode()) for m in request["messages"]) / (_BYTES * _READ))
        deadline, has_begun, bounds = clock() + _LONGEST * silence, False, _Bounds(request["options"]["num_predict"])
        reply = cast("AsyncGenerator[ollama.ChatResponse, None]", await host.client.chat(**request, stream=True))
        async with aclosing(reply) as stream:
            while True:
                try:
                    async with asyncio.timeout_at(min(clock() + (silence if has_begun else reading), deadline)):
                        part = await anext(stream, None)
                except failures() as error:
                    failure = explain(error, host.endpoint, self.name)
                    if clock() >= deadline:
                        failure = _endless(host.endpoint, f"for {_LONGEST * silence:g} seconds")
                    if has_begun:
                        retryable = failure.retryable and not isinstance(failure, SilentError)
                        failure = AnswerCutShortError(failure.message, hint=failure.hint, retryable=retryable)
                    raise failure from error
                if part is None:
                    message = f"{host.endpoint} ended the answer before it was done"
                    raise AnswerCutShortError(message, hint="a model that repeats itself is stopped", retryable=True)
                if bounds.exceeded_by(part):
                    raise _endless(host.endpoint, f"past {request['options']['num_predict']} tokens")
                has_begun = True
                yield part
                if part.done:
                    return


def _endless(endpoint: str, how_long: str) -> AnswerCutShortError:
    return AnswerCutShortError(f"{endpoint} wrote {how_long} without end", hint="choose another model_name")


class _Bounds:
    """The most that a reply of so many tokens can be; a server that ignores the limit of tokens writes for ever."""

    def __init__(self, tokens: int) -> None:
        self._fragments, self._characters = 2 * tokens + 64, _LONGEST_TOKEN * (tokens + 64)

    def exceeded_by(self, part: "ollama.ChatResponse") -> bool:
        """Tell whether the reply is too long with this part."""
        self._fragments -= 1
        self._characters -= len(part.message.content or "") + len(part.message.thinking or "")
        return self._fragments < 0 or self._characters < 0


def _cost(prompt: Prompt, endpoint: str, model: str, part: "ollama.ChatResponse") -> ModelReplied:
    """Return the cost from the last part of a reply; servers leave out zeros, and one wrote a negative time."""
    tokens = (max(0, value or 0) for value in (part.prompt_eval_count, part.eval_count))
    nanoseconds = (max(0, value or 0) for value in (part.load_duration, part.prompt_eval_duration, part.eval_duration))
    milliseconds = (round(value / 1e6, 3) for value in nanoseconds)
    return ModelReplied(prompt.purpose, prompt.persona_id, endpoint, model, *tokens, *milliseconds)


async def connect(
    settings: Ollama, model_name: str | None = None, *, seed: int = 0, task: Task = WRITE
) -> LanguageModel:
    """Find the model `model_name`, or else the configured one, on those of the configured hosts that have it.

    Raises LanguageModelError if there is none: the caller then goes on without a model and shows the reason.
    """
    if (requested := model_name or settings.model_name) == "none":
        raise LanguageModelError("no language model is wanted", hint="model_name is none")
    hosts = await reach(settings.endpoints)
    chosen: list[Host] = []
    try:
        listings, errors = await ask_hosts(hosts, models_of)
        if not listings:
            raise errors[0]
        name, having = await choose(requested, listings, task)
        answers, _ = await ask_hosts(having, lambda host: details_of(host, name))
        details = [answer for _, answer in answers]
        if not all(map(task.is_done_by, details)):
            raise LanguageModelError(f"{name} {task.negation}", hint=task.hint)
        chosen = having
    finally:
        await close_hosts([host for host in hosts if host not in chosen])
    return LanguageModel(settings, name, seed, chosen, details)
