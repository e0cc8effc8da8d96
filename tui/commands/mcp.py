"""Serve the library to an assistant over the Model Context Protocol, on stdin and stdout.

The assistant gets the tools ask, search, open_citation, library and personas. It needs the package mcp.
"""

import argparse

from engine.errors import InputError
from tui.commands.arguments import add_library, refuse_missing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add LIBRARY ..., --model, --allow-feedback and --peer."""
    add_library(parser)
    parser.add_argument(
        "--allow-feedback", action="store_true", help="let the assistant judge answers, which rewards personas"
    )
    parser.add_argument(
        "--peer",
        action="store_true",
        help="also answer another persona-moe, which asks this library as ssh://host/path",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the client leaves; exit 2 if the package is missing or the workspace cannot be used."""
    import asyncio  # noqa: PLC0415 - with the command

    refuse_missing(options.library)
    try:
        from tui.mcp.server import serve  # noqa: PLC0415 - an extra that may not be installed
    except ModuleNotFoundError as error:
        raise InputError("the package mcp is not installed", hint="pip install '.[mcp]'") from error
    from tui.api import PersonaMoe  # noqa: PLC0415 - with the command

    program = PersonaMoe(options.workspace, library=options.library, model=options.model)
    asyncio.run(serve(program, allow_feedback=options.allow_feedback, is_peer=options.peer))
    return 0
