"""Ask your own documents: a panel of personas walks them and brings back a cited answer.

Opens the application. Other commands: ask, feedback, ingest, library, personas, history, graph, models,
bench, doctor, metrics, settings, keys, serve (`persona-moe COMMAND --help`), and --version.
"""

import argparse
import os
import sys
from pathlib import Path

from engine.errors import InputError
from tui.session.session import open_session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """LIBRARY ... and --model."""
    parser.add_argument("library", nargs="*", type=Path, metavar="LIBRARY", help="folders or files to ask")
    parser.add_argument("--model", metavar="NAME", help="the Ollama model, or none")


def run(options: argparse.Namespace) -> int:
    """Open the application on the named libraries, the workspace's library, or the sample."""
    from tui.terminal.requirements import terminal_problem  # noqa: PLC0415 - not needed by the other commands

    for path in options.library:
        if not path.expanduser().exists():
            raise InputError(f"{path} does not exist", hint="name a folder or file, or a command: --help lists them")
    if problem := terminal_problem(os.environ, isatty=sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(problem)
    session = open_session(options.workspace, paths=options.library, model=options.model)
    from tui.app.app import PersonaMoeApp  # noqa: PLC0415 - 200 ms that a refusal does not need

    app = PersonaMoeApp(session)
    app.run()
    if app.defect is not None:  # told where all errors are, once the terminal is itself again
        raise app.defect
    return app.return_code or 0
