"""Ask one question and print the cited answer."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

from msgspec import to_builtins

from engine.errors import InputError
from engine.events import place_name, to_json
from engine.question.follow_up import Conversation
from engine.run.conversation import conversation_of
from engine.run.state import RunState
from engine.text.safe import one_line
from tui.commands.interruption import interruptible
from tui.commands.output import ProgressLine, print_json_line, session_of, show
from tui.drawing.cells import counted
from tui.remote.address import library_address
from tui.run.persona_says import persona_lines
from tui.run.result import result_of
from tui.session.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add QUESTION, --library, --model, --personas, --context, and --json or --events."""
    parser.add_argument("question", metavar="QUESTION", help="the question, in quotation marks")
    parser.add_argument(
        "--library",
        nargs="+",
        action="extend",
        default=[],
        type=library_address,
        metavar="PATH",
        help="ask only these; ssh://host/path is on another machine",
    )
    parser.add_argument("--model", metavar="NAME", help="the Ollama model; none asks no model")
    parser.add_argument("--personas", action="store_true", help="also print what each persona says")
    parser.add_argument("--context", metavar="RUN", help="answer as a follow-up to this run (an id or `last`)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the whole result as one JSON object")
    form.add_argument("--events", action="store_true", help="print the run's events as JSON lines, as they happen")


def run(options: argparse.Namespace) -> int:
    """Exit 0 with an answer or an abstention, 1 when the run failed."""
    if not options.question.strip():
        raise InputError("the question is empty", hint="for example: persona-moe ask 'Who built the lighthouse?'")
    session = session_of(options, paths=options.library, model=options.model)
    conversation = _conversation(session, options.context) if options.context is not None else None
    progress = ProgressLine("reading")
    with interruptible() as interrupted:
        session.library.open(progress, interrupted)
        progress.clear()
    question = options.question.encode("utf-8", "replace").decode("utf-8")  # what the terminal could not decode
    state = asyncio.run(_ask(session, question, conversation, events=options.events))
    if not options.events:
        result = result_of(state, session.library.passage if options.json else None)
        if options.personas:
            result["says"] = {name: to_builtins(claims.claims) for name, claims in state.claims.items()}
        lines = answer_lines(result, state.understood)
        show(options, result, [*lines, *(_personas(state) if options.personas else ())])
    return 0


def _conversation(session: Session, run: str) -> Conversation:
    """Return what a follow-up to a run may refer to."""
    return conversation_of(session.runs.state_of(session.runs.history.find(run)))


async def _ask(session: Session, question: str, conversation: Conversation | None, *, events: bool) -> RunState:
    state = RunState()
    try:
        async with aclosing(session.runs.ask(question, conversation)) as stream:
            async for recorded in stream:
                state.apply(recorded.event)
                if events:
                    print_json_line(to_json(recorded))
    finally:
        await session.close()
    return state


def _personas(state: RunState) -> Iterator[str]:
    yield "\npersonas:"
    yield from (f"  {line}" for line in persona_lines(state))


def answer_lines(result: dict[str, Any], understood: str) -> Iterator[str]:
    """Yield an answer, its sources, how a follow-up was understood, and what was missing, as lines."""
    yield result["answer"]
    is_quoted = False  # whether the answer has the words itself, as one without a model
    if result["nearest"]:
        yield "\nThe nearest passages:"
    for citation in result["citations"] or result["nearest"]:
        if not is_quoted:
            yield ""
        location = place_name(citation["page"], citation["location"], citation["box"])
        span = f"{citation['source']}:{citation['start']}-{citation['end']}" + (f", {location}" if location else "")
        yield f"[{citation['n']}] {one_line(citation['title'])}  {one_line(span)}"
        is_quoted = citation["quote"] in result["answer"]
        if not is_quoted:
            yield f"    {' '.join((*citation['lead'].split(), *citation['quote'].split()))}"
    if understood:
        yield f"\nread as: {one_line(understood)}"
    for name, passages in result.get("other_libraries", {}).items():
        if passages is not None and passages >= 0:
            yield f"\nalso asked: {one_line(name)}, {counted(passages, 'passage')}"
    for reason in result["degraded"]:
        yield f"\nnote: {one_line(reason)}"
