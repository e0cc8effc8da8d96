"""Ask one question and print the cited answer."""

import argparse
import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.events import to_json
from tui.commands.interruption import interruptible
from tui.commands.output import ProgressLine, print_json, print_json_line, print_text
from tui.composition import Session, open_session
from tui.run_report import RunReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """QUESTION, --library, --model, and --json or --events."""
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument(
        "--library", nargs="+", action="extend", default=[], type=Path, metavar="PATH", help="ask these only"
    )
    parser.add_argument("--model", metavar="NAME", help="the Ollama model, or none")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the whole result as one JSON object")
    form.add_argument("--events", action="store_true", help="print the run's events as JSON lines, as they happen")


def run(options: argparse.Namespace) -> int:
    """Exit 0 with an answer or an abstention, 1 when the run failed."""
    if not options.question.strip():
        raise InputError("the question is empty", hint="for example: persona-moe ask 'Who built the lighthouse?'")
    session = open_session(options.workspace, paths=options.library, model=options.model)
    progress = ProgressLine("reading")
    with interruptible() as interrupted:
        session.open_now(progress, interrupted)
        progress.clear()
    question = options.question.encode("utf-8", "replace").decode("utf-8")  # what the terminal could not decode
    report = asyncio.run(_ask(session, question, events=options.events))
    if options.json:
        print_json(report.result())
    elif not options.events:
        _print_answer(report.result())
    return 0


async def _ask(session: Session, question: str, *, events: bool) -> RunReport:
    report = RunReport()
    try:
        async with aclosing(session.ask(question)) as stream:
            async for recorded in stream:
                report.note(recorded)
                if events:
                    print_json_line(to_json(recorded))
    finally:
        await session.close()
    return report


def _print_answer(result: dict[str, Any]) -> None:
    print_text(result["answer"])
    for citation in result["citations"]:
        print_text(
            f"\n[{citation['n']}] {citation['title']}  {citation['source']}:{citation['start']}-{citation['end']}"
        )
        print_text(f"    {' '.join(citation['quote'].split())}")
    for reason in result["degraded"]:
        print_text(f"\nnote: {reason}")
