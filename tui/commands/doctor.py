"""Look at everything a run needs and say what to do where something is missing."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from engine.errors import PersonaMoeError
from tui.commands.output import print_json, print_text
from tui.session.checks import Finding
from tui.session.session import open_session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")


def run(options: argparse.Namespace) -> int:
    """Exit 0 unless something keeps the program from working; a missing model does not."""
    findings = list(_findings(options.workspace))
    if options.json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            print_text(f"{'ok  ' if finding.ok else 'LOOK'}  {finding.what:<10} {finding.detail}")
            if finding.advice:
                print_text(f"      {'':<10} -> {finding.advice}")
    return 0 if all(finding.ok or finding.what in {"ollama", "terminal"} for finding in findings) else 1


def _findings(workspace: Path | None) -> Iterator[Finding]:
    try:
        session = open_session(workspace)
    except PersonaMoeError as error:
        yield Finding("workspace", False, error.message, error.hint)
        return
    yield from session.checks()
