"""Read folders and files into the library; only new and changed files are read."""

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.text.safe import one_line
from tui.commands.interruption import interruptible
from tui.commands.output import ProgressLine, session_of, show
from tui.drawing.cells import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.index.catalogue import IngestReport, Skipped

MOST_OF_A_REASON = 5
"""Skipped files of one reason that are each listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add PATH ..., --watch and --json."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folders or files")
    parser.add_argument("--watch", action="store_true", help="go on and read what changes, until ctrl+C")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Exit 0 when all files were read or listed as skipped. Ctrl+C, SIGTERM and a hang-up keep what was read."""
    session = session_of(options)
    progress = ProgressLine("reading")
    with interruptible() as interrupted:
        report = session.library.ingest(options.paths, progress, interrupted)
        progress.clear()
    summary = (
        f"{counted(report.files, 'file')}: {report.added} added, {report.changed} changed, {report.removed} removed, "
        f"{len(report.skipped)} skipped; {counted(report.passages, 'passage')} in the library"
    )
    left_out = f"{report.left_out} files and folders left out by `exclude` and .gitignore" if report.left_out else ""
    skipped = _skipped_lines(report.skipped)
    notes = (f"note on {file.path}: {file.reason}" for file in report.notes)
    details = filter(None, [left_out, *report.notices, *skipped, *notes])
    show(options, report, [summary, *map(one_line, details)])
    if options.watch:
        asyncio.run(session.library.follow(partial(_show_change, options)))
    return 0


def _skipped_lines(files: "Sequence[Skipped]") -> "Iterator[str]":
    """Yield a line for each skipped file, or one for a reason of more than `MOST_OF_A_REASON` files."""
    paths: dict[str, list[str]] = {}
    for file in files:
        paths.setdefault(file.reason, []).append(file.path)
    for reason, skipped in paths.items():
        if len(skipped) > MOST_OF_A_REASON:
            yield f"skipped {len(skipped)} files (`persona-moe library list` names them): {reason}"
        else:
            yield from (f"skipped {path}: {reason}" for path in skipped)


def _show_change(options: argparse.Namespace, report: "IngestReport") -> None:
    line = f"{report.added} added, {report.changed} changed, {report.removed} removed"
    show(options, report, [f"{line}; {counted(report.passages, 'passage')} in the library"])
    sys.stdout.flush()
