"""List, show, compare, export, replay and delete earlier runs.

A run is named by its id, the first characters of it, or `last`. A search has words, "phrases" and fields, and a run
must match all of them. The fields are date:2026-11, after:DATE, before:DATE, persona:NAME, model:NAME (or none), and
is: with answered, unanswered, cancelled, failed, liked or disliked. A comma between two values means either.
"""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError
from engine.events import to_json
from tui.commands.output import print_json_line, print_text, session_of, show, table
from tui.run.judgement_text import judgement_marks
from tui.run.result import result_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from db.runs.summary import RunSummary
    from tui.run.comparison import Comparison
    from tui.session.runs import Runs
    from tui.session.session import Session

_EVENT = '"event":'
_ACTIONS = {
    "show": "print the answer of a run",
    "export": "print a run as Markdown or JSON, or write it to a file",
    "replay": "print the events of a run",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a parser for each action, each with --json."""
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="runs, newest first")
    listed.add_argument("words", nargs="*", metavar="WORD|FIELD:VALUE", help="only runs that match all of these")
    listed.add_argument("--limit", type=int, default=50, metavar="N", help="at most N runs (default: 50)")
    for name, about in _ACTIONS.items():
        actions.add_parser(name, help=about).add_argument("run_id", metavar="RUN")
    compared = actions.add_parser("compare", help="print two runs side by side")
    compared.add_argument("run_ids", nargs=2, metavar="RUN")
    deleted = actions.add_parser("delete", help="delete runs; for a day they can be restored")
    deleted.add_argument("run_ids", nargs="+", metavar="RUN")
    back = actions.add_parser("undelete", help="restore deleted runs; without RUN, those of the last deletion")
    back.add_argument("run_ids", nargs="*", metavar="RUN")
    back.add_argument("--list", action="store_true", help="only list the runs that can be restored")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print JSON")
    actions.choices["export"].add_argument("--output", type=Path, metavar="FILE", help="write to this file")
    actions.choices["replay"].add_argument(
        "--speed", type=float, default=0.0, metavar="X", help="1: at the speed of the run; 0: at once (default)"
    )


def run(options: argparse.Namespace) -> int:
    """Exit 2 for an unknown run or a search that cannot be read."""
    session = session_of(options)
    actions = {"list": _list, "replay": _replay, "compare": _compare, "delete": _delete, "undelete": _undelete}
    if action := actions.get(options.action):
        action(session.runs, options)
    else:
        _show(session, options)
    return 0


def _list(runs: "Runs", options: argparse.Namespace) -> None:
    from db.runs.query import RunQuery  # noqa: PLC0415 - after the workspace

    if options.limit < 1:
        raise InputError(f"--limit {options.limit} is not valid", hint="a whole number from 1")
    query = RunQuery.parse(" ".join(options.words))
    judged = runs.judgements() if query.needs_judgements else {}
    summaries = runs.history.search(partial(query.matches, judged=judged), options.limit)
    _print_runs(summaries, options, nothing="no such run" if options.words else "no runs yet")


def _print_runs(runs: "Sequence[RunSummary]", options: argparse.Namespace, *, nothing: str) -> None:
    lines = table(("run", "at", "outcome", "ms", "question"), [_row(summary) for summary in runs])
    show(options, runs, lines if runs else [nothing])


def _row(summary: "RunSummary") -> tuple[str, str, str, int, str]:
    return summary.run_id, summary.at, summary.outcome, round(summary.duration_ms), summary.question


def _show(session: "Session", options: argparse.Namespace) -> None:
    """Show and export differ in where the run goes."""
    from tui.run.export import as_json, as_markdown, write_text  # noqa: PLC0415 - only now

    runs = session.runs
    summary = runs.history.find(options.run_id)
    result = result_of(runs.state_of(summary), session.library.passage if options.json else None)
    if options.action == "export" and options.output:
        write_text(options.output, as_json(result) if options.json else as_markdown(result))
        print_text(f"written to {options.output}")
        return
    lines = [as_markdown(result).rstrip()]
    if options.action == "show":
        judged = runs.judgements().get(summary.run_id)
        lines.insert(0, f"{summary.at}  {summary.outcome}{f'  judged {judgement_marks(judged)}' if judged else ''}\n")
    show(options, result, lines)


def _replay(runs: "Runs", options: argparse.Namespace) -> None:
    last_ms = 0.0
    for recorded in runs.replay(runs.history.find(options.run_id).run_id):
        if options.speed > 0:
            time.sleep(max(0.0, recorded.at_ms - last_ms) / 1000 / options.speed)
            last_ms = recorded.at_ms
        line = to_json(recorded)
        if options.json:
            print_json_line(line)
        else:
            print_text(f"{recorded.at_ms:9.1f} ms  {line.decode('utf-8').partition(_EVENT)[2]}")


def _compare(runs: "Runs", options: argparse.Namespace) -> None:
    from tui.run.comparison import compare, compared  # noqa: PLC0415 - only now

    first, second = map(runs.history.find, options.run_ids)
    comparison = compare(compared(first, runs.state_of(first)), compared(second, runs.state_of(second)))
    show(options, comparison, _compared_lines(comparison))


def _compared_lines(comparison: "Comparison") -> "Iterator[str]":
    for label, first, second in comparison.texts():
        yield f"{label}\n  A  {first}\n  B  {second}\n"
    for heading, rows in comparison.figures():
        yield from table((heading, "A", "B"), rows)
        yield ""


def _delete(runs: "Runs", options: argparse.Namespace) -> None:
    run_ids = [runs.history.find(run_id).run_id for run_id in options.run_ids]
    _tell(runs.trash.delete(run_ids), options, verb="deleted")
    if not options.json:
        print_text("`persona-moe history undelete` brings back, for a day; the ledger keeps what personas earned")


def _undelete(runs: "Runs", options: argparse.Namespace) -> None:
    if options.list:
        summaries = [deleted.placed.summary for deleted in runs.trash.contents()]
        _print_runs(summaries, options, nothing="no run can be brought back")
        return
    _tell(runs.trash.restore(options.run_ids), options, verb="back again")


def _tell(runs: "Sequence[Any]", options: argparse.Namespace, *, verb: str) -> None:
    show(options, runs, (f"{verb}: {summary.run_id}  {summary.question}" for summary in runs))
