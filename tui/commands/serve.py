"""Serve the application to a browser on this machine, or with --api the library to programs over HTTP.

Each browser window gets its own session in the same workspace; that needs the package textual-serve. With --api,
requests need the token in the file `db/api-token` of the workspace; /v1/openapi.json describes them. That needs the
packages starlette, sse-starlette and uvicorn.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError
from tui.commands.arguments import add_library, refuse_missing
from tui.commands.output import print_text, session_of
from tui.remote.address import LibraryAddress
from tui.web.request_check import LOOPBACK

HIGHEST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add LIBRARY ..., --model, --api, --host, --port and --open-to-network."""
    add_library(parser)
    parser.add_argument("--api", action="store_true", help="answer programs over HTTP in place of browsers")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=_port, default=8000, metavar="N", help="the port (default: 8000); 0 takes a free one"
    )
    parser.add_argument(
        "--open-to-network",
        action="store_true",
        help="allow an address that other machines can reach; browsers need no password, programs need the token",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; exit 2 if the server cannot start."""
    if options.host not in LOOPBACK and not options.open_to_network:
        hint = "--open-to-network allows it: whoever reaches the port then reads the library, for there is no password"
        raise InputError(f"{options.host} is not this machine", hint=hint)
    refuse_missing(options.library)
    return _serve_programs(options) if options.api else _serve_browsers(options)


def _serve_programs(options: argparse.Namespace) -> int:
    import asyncio  # noqa: PLC0415 - with the command

    try:
        from tui.http_api.application import application  # noqa: PLC0415 - an extra that may not be installed
        from tui.http_api.server import serve  # noqa: PLC0415 - an extra that may not be installed
    except ModuleNotFoundError as error:
        raise InputError(f"the package {error.name} is not installed", hint="pip install '.[api]'") from error
    from tui.api import PersonaMoe  # noqa: PLC0415 - with the command
    from tui.http_api.access_token import read_token  # noqa: PLC0415 - with the command

    program = PersonaMoe(options.workspace, library=options.library, model=options.model)
    token_file = program.workspace.api_token
    app = application(program, read_token(token_file), loopback_only=options.host in LOOPBACK)

    def ready(address: str) -> None:
        print_text(f"persona-moe answers programs at {address}/v1 (ctrl+c ends it)")
        print_text(f"the token is in {token_file}")

    asyncio.run(serve(app, options.host, options.port, ready))
    return 0


def _serve_browsers(options: argparse.Namespace) -> int:
    """Serve the screens; raises InputError without the package."""
    workspace = session_of(options).workspace.root  # a broken workspace is reported here, not in the browser
    try:
        import asyncio  # noqa: PLC0415 - with the command

        from tui.web.server import BrowserServer  # noqa: PLC0415 - an extra that may not be installed
    except ModuleNotFoundError as error:
        hint = "install it: pip install 'persona-moe[serve]', or pip install textual-serve"
        raise InputError("textual-serve is not installed", hint=hint) from error
    if options.host not in LOOPBACK:
        print_text(
            "Warning: there is no password. Whoever reaches this port can read the library and change everything."
        )
    server = BrowserServer(session_command(workspace, options.library, options.model), options.host, options.port)
    asyncio.run(server.run(lambda address: print_text(f"persona-moe is at {address} (ctrl+c ends it)")))
    return 0


def session_command(workspace: Path, library: Sequence[LibraryAddress], model: str | None) -> str:
    """Return the shell command of one window's session, every part quoted; `exec` replaces the shell."""
    # -P: nothing is imported from the folder where the server was started.
    words = [sys.executable, "-P", "-m", "tui", f"--workspace={workspace}"]
    words += [f"--model={model}"] if model else []
    words += [str(path.expanduser().absolute() if isinstance(path, Path) else path) for path in library]
    return f"exec {shlex.join(words)}"


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to {HIGHEST_PORT} is valid")
    return port
