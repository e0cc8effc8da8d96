"""Look at earlier runs: list, show, export, replay."""

import argparse
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.events import to_json
from tui.commands.output import print_json, print_json_line, print_table, print_text
from tui.composition import Session, open_session
from tui.run_report import RunReport

if TYPE_CHECKING:
    from db.history import RunSummary

_EVENT = '"event":'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand an action; a run is named by its id or the beginning of it."""
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="runs, newest first")
    listed.add_argument("words", nargs="*", metavar="WORD", help="only runs with all of these words")
    listed.add_argument("--limit", type=int, default=50, metavar="N")
    listed.add_argument("--json", action="store_true")
    for name, about in {"show": "a run's answer", "export": "a run in a file", "replay": "its events again"}.items():
        action = actions.add_parser(name, help=about)
        action.add_argument("run_id", metavar="RUN")
        action.add_argument("--json", action="store_true")
        if name == "export":
            action.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
        if name == "replay":
            action.add_argument("--speed", type=float, default=0.0, metavar="X", help="1 as it was, 0 at once")


def run(options: argparse.Namespace) -> int:
    """Exit 2 for an unknown run."""
    session = open_session(options.workspace)
    if options.action == "list":
        return _list(session, options)
    summary = session.history.find(options.run_id)
    if options.action == "replay":
        return _replay(session, summary, options)
    report = RunReport(summary.run_id, summary.question)
    for recorded in session.replay(summary.run_id):
        report.note(recorded)
    result = report.result()
    if options.action == "show" and not options.json:
        judged = session.judgements().get(summary.run_id)
        print_text(f"{summary.at}  {summary.status}{f'  judged {judged}' if judged else ''}\n")
    text = "" if options.json else _markdown(result)
    if options.action == "export" and options.output:
        _write(options.output, _json(result) if options.json else text)
    elif options.json:
        print_json(result)
    else:
        print_text(text.rstrip())
    return 0


def _list(session: Session, options: argparse.Namespace) -> int:
    if options.limit < 1:
        raise InputError(f"--limit {options.limit} is not valid", hint="a whole number from 1")
    history = session.history
    runs = history.search(" ".join(options.words), options.limit) if options.words else history.recent(options.limit)
    if options.json:
        print_json(runs)
    elif runs:
        print_table(("run", "at", "status", "ms", "question"), [_row(summary) for summary in runs])
    else:
        print_text("no runs yet" if not options.words else "no run has these words")
    return 0


def _row(summary: "RunSummary") -> tuple[str, str, str, int, str]:
    status = "abstained" if summary.abstained else summary.status
    return summary.run_id, summary.at, status, round(summary.duration_ms), summary.question


def _replay(session: Session, summary: "RunSummary", options: argparse.Namespace) -> int:
    before = 0.0
    for recorded in session.replay(summary.run_id):
        if options.speed > 0:
            time.sleep(max(0.0, recorded.at_ms - before) / 1000 / options.speed)
            before = recorded.at_ms
        line = to_json(recorded)
        if options.json:
            print_json_line(line)
        else:
            print_text(f"{recorded.at_ms:9.1f} ms  {line.decode('utf-8').partition(_EVENT)[2]}")
    return 0


def _markdown(result: dict[str, object]) -> str:
    lines = [f"# {result['question']}", "", str(result["answer"]), ""]
    citations = result["citations"]
    assert isinstance(citations, list)
    for citation in citations:
        place = f"{citation['source']}:{citation['start']}-{citation['end']}"
        lines += [f"[{citation['n']}] {citation['title']}, {place}", ""]
        lines += [f"> {line}" for line in citation["quote"].splitlines()]
        lines.append("")
    return "\n".join(lines)


def _json(result: object) -> str:
    import json  # noqa: PLC0415

    return json.dumps(result, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    # Beside its place first: a kill leaves the older file or the whole new one. A device or pipe has no such place.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    whole = path.resolve() == path.absolute() and (path.is_file() or not path.exists())
    try:
        (aside if whole else path).write_text(text, encoding="utf-8")
        if whole:
            aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise InputError(f"{path}: {error.strerror}", hint="choose a file that can be written") from error
    print_text(f"written to {path}")
