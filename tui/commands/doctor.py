"""Check everything that a run needs, and say what to do where something is missing."""

import argparse
from collections.abc import Iterable, Iterator

from engine.errors import PersonaMoeError
from tui.commands.output import session_of, show
from tui.session.checks import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")


def run(options: argparse.Namespace) -> int:
    """Exit 0 unless something keeps the program from working; a missing model does not."""
    findings = list(_findings(options))
    show(options, [finding._asdict() for finding in findings], _lines(findings))
    return 0 if all(finding.ok or not finding.required for finding in findings) else 1


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{'ok  ' if finding.ok else 'LOOK'}  {finding.what:<10} {finding.detail}"
        if finding.advice:
            yield f"      {'':<10} -> {finding.advice}"


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    try:
        session = session_of(options)
    except PersonaMoeError as error:
        yield Finding("workspace", False, error.message, error.hint)
        return
    yield from session.health.checks()
