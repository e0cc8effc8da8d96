"""Chats in the form of OpenAI's API (chat completions): a chat program uses the library as a model.

The last message of the user is the question, and those before it make it a follow-up. The text is the checked answer:
what a model writes while it runs is not sent, for citations without support are taken out of it at the end.
"""

import re
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sse_starlette import ServerSentEvent
from starlette.exceptions import HTTPException

from engine.errors import PersonaMoeError
from engine.events import RecordedEvent
from engine.run.state import RunState
from engine.text.safe import ascii_json, one_line, printable
from tui.api.persona_moe import answer_of
from tui.http_api.bodies import ChatBody, ChatMessage

if TYPE_CHECKING:
    from tui.api import PersonaMoe

MODEL = "persona-moe"
MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}
_MOST_CHATS = 1_000
_PIECE = re.compile(r"(?:\S+\s*){1,12}|\s+")  # of the text, a chunk of the stream


class ChatQuestion(NamedTuple):
    """The question of a chat, and those of the user before it."""

    text: str
    earlier: tuple[str, ...]


class Chats:
    """The runs of the last chats, by their questions: a chat program sends the whole chat, and no id of a run."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, ...], str] = OrderedDict()

    def run_before(self, question: ChatQuestion) -> str:
        """Return the run of the question before this one; empty if there is none."""
        return self._runs.get(question.earlier, "")

    def add(self, question: ChatQuestion, run_id: str) -> None:
        """Remember the run of a question."""
        self._runs[*question.earlier, question.text] = run_id
        while len(self._runs) > _MOST_CHATS:
            self._runs.popitem(last=False)


def question_of(messages: Sequence[ChatMessage]) -> ChatQuestion:
    """Return the question of a chat. Raises HTTPException if its last message of the user has no text."""
    texts = [_text_of(message) for message in messages if message.role == "user"]
    if not texts or not texts[-1].strip():
        raise HTTPException(400, "the chat has no question: its last message of the user needs text")
    return ChatQuestion(texts[-1], tuple(texts[:-1]))


def _text_of(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content if part.type == "text")
    return message.content or ""


async def completion(program: "PersonaMoe", question: ChatQuestion, chats: Chats) -> dict[str, Any]:
    """Answer a chat with one object."""
    state = RunState()
    async with aclosing(program.events(question.text, follow_up_to=chats.run_before(question))) as events:
        async for recorded in events:
            state.apply(recorded.event)
    chats.add(question, state.run_id)
    message = {"role": "assistant", "content": text_of(state)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return _head(state, "chat.completion") | {"choices": [choice], "usage": _usage(state)}


async def chunks(
    first: RecordedEvent,
    events: AsyncGenerator[RecordedEvent, None],
    question: ChatQuestion,
    chats: Chats,
    body: ChatBody,
) -> AsyncIterator[ServerSentEvent]:
    """Yield the chunks of a stream: the role at once, the text when it is checked, the end."""
    state = RunState()
    state.apply(first.event)
    head = _head(state, "chat.completion.chunk")
    yield _chunk(head, {"role": "assistant", "content": ""})
    try:
        async with aclosing(events):
            async for recorded in events:
                state.apply(recorded.event)
    except Exception as error:  # noqa: BLE001 - the run has logged it, and a stream has no other way to tell it
        is_ours = isinstance(error, PersonaMoeError)
        message = one_line(str(error)) if is_ours else f"internal error: {type(error).__name__}"
        yield _event({"error": {"message": message, "type": "server_error", "code": "503" if is_ours else "500"}})
        return
    chats.add(question, state.run_id)
    for piece in _PIECE.findall(text_of(state)):
        yield _chunk(head, {"content": piece})
    yield _chunk(head, {}, finish_reason="stop")
    if body.stream_options and body.stream_options.include_usage:
        yield _event(head | {"choices": [], "usage": _usage(state)})
    yield ServerSentEvent("[DONE]")


def text_of(state: RunState) -> str:
    """Return the answer for a reader, with a list of its sources."""
    answer = answer_of(state)
    return printable("\n".join([answer.answer, *_sources(state)]))


def _sources(state: RunState) -> Iterator[str]:
    if state.sources:
        yield "\nThe nearest passages:" if state.outcome == "unanswered" else ""
    for citation in state.sources:
        span = f"{citation.source}:{citation.start}-{citation.end}"
        yield one_line(", ".join(filter(None, [f"[{citation.n}] {citation.title}", span, citation.place])))


def _head(state: RunState, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{state.run_id}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(state: RunState) -> dict[str, int]:
    use = state.use()
    total = use.prompt_tokens + use.output_tokens
    return {"prompt_tokens": use.prompt_tokens, "completion_tokens": use.output_tokens, "total_tokens": total}


def _chunk(head: dict[str, Any], delta: dict[str, str], finish_reason: str | None = None) -> ServerSentEvent:
    return _event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def _event(value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(ascii_json(msgspec.json.encode(value).decode("utf-8")))
