"""Open the application: ask your own documents, and watch a panel of personas find a cited answer.

`persona-moe COMMAND --help` explains a command, `persona-moe --version` prints the version.
"""

import argparse
import gc
import os
import sys

from engine.errors import InputError
from tui.commands.arguments import add_library, refuse_missing
from tui.commands.output import session_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add LIBRARY ..., --model and --plain."""
    add_library(parser)
    parser.add_argument(
        "--plain", action="store_true", help="ask and read in plain lines, without screens: for screen readers"
    )


def run(options: argparse.Namespace) -> int:
    """Open the application on the named folders, else on the workspace's library, else on the sample."""
    from tui.terminal.requirements import terminal_problem  # noqa: PLC0415 - not needed by the other commands

    refuse_missing(options.library, hint="name a folder or file, or a command: --help lists them")
    if options.plain:
        from tui.commands.plain import run_plain  # noqa: PLC0415 - not needed by the screens

        return run_plain(session_of(options, paths=options.library, model=options.model))
    if problem := terminal_problem(os.environ, isatty=sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(problem)
    gc.disable()  # until the first paint, a fifth of whose time it would take: what is imported stays
    session = session_of(options, paths=options.library, model=options.model)
    from tui.app.app import PersonaMoeApp  # noqa: PLC0415 - 200 ms that a refusal does not need

    app = PersonaMoeApp(session)
    app.run()
    if app.defect is not None:  # told where all errors are, once the terminal is itself again
        raise app.defect
    return app.return_code or 0
