"""Serve the library to an assistant over the Model Context Protocol, on stdin and stdout.

The assistant gets the tools ask, search, open_citation, library and personas. It needs the package mcp.
"""

import argparse
from pathlib import Path

from engine.errors import InputError
from tui.commands.arguments import is_there


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add LIBRARY ..., --model and --allow-feedback."""
    parser.add_argument(
        "library",
        nargs="*",
        type=Path,
        metavar="LIBRARY",
        help="folders or files to ask; without any, your library or else the sample",
    )
    parser.add_argument("--model", metavar="NAME", help="the Ollama model; none asks no model")
    parser.add_argument(
        "--allow-feedback", action="store_true", help="let the assistant judge answers, which rewards personas"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the client leaves; exit 2 if the package is missing or the workspace cannot be used."""
    import asyncio  # noqa: PLC0415 - with the command

    for path in options.library:
        if not is_there(path):
            raise InputError(f"{path} does not exist", hint="name a folder or file")
    try:
        from tui.mcp.server import serve  # noqa: PLC0415 - an extra that may not be installed
    except ModuleNotFoundError as error:
        raise InputError("the package mcp is not installed", hint="pip install '.[mcp]'") from error
    from tui.api import PersonaMoe  # noqa: PLC0415 - with the command

    program = PersonaMoe(options.workspace, library=options.library, model=options.model)
    asyncio.run(serve(program, allow_feedback=options.allow_feedback))
    return 0
