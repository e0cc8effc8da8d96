"""The argument parsers of all commands; bad usage raises InputError, so it is one line like every other error."""

import argparse
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import InputError
from tui.remote.address import LibraryAddress, library_address

COMMANDS = tuple(
    "ask feedback ingest library personas history graph models settings keys doctor metrics bench serve mcp"
    " completion".split()
)
RUN_HELP = "the id of a run, its first characters, or `last`"

_USAGE = "persona-moe [LIBRARY ...] [--model NAME]\n       persona-moe COMMAND ..."
_EVERYWHERE = """
with every command:
  --workspace DIR  where configs, personas and history are kept (or PERSONA_MOE_WORKSPACE)
  --debug          log everything, and print the traceback of an error
"""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises InputError instead of printing its usage."""

    def add_subparsers(self, **settings: Any) -> Any:
        """Add the actions of a command as argparse does; the usage shows them as ACTION, the help in a list."""
        return super().add_subparsers(**{"title": "actions", "metavar": "ACTION", **settings})

    def error(self, message: str) -> NoReturn:
        """Raise InputError with the problem and the command that prints the valid usage."""
        raise InputError(message, hint=f"{self.prog} --help")


def parser_of(name: str) -> Parser:
    """Return the parser of one command; an empty `name` is the application itself."""
    module = import_module(f"tui.commands.{name or 'open'}")
    parser = Parser(
        prog=f"persona-moe {name}".strip(),
        description=module.__doc__,
        epilog=_EVERYWHERE,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return parser


def parser_of_all() -> Parser:
    """Return the application's parser with all commands, which is made to print their help and not to parse."""
    parser = parser_of("")
    add_commands(parser)
    parser.usage = _USAGE
    return parser


def add_commands(parser: Parser) -> None:
    """Add each command with its arguments and the first line of its module's docstring."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="persona-moe")
    for name in COMMANDS:
        module = import_module(f"tui.commands.{name}")
        summary = (module.__doc__ or "").partition("\n")[0]
        module.add_arguments(commands.add_parser(name, help=summary, description=summary))


def refuse_mistyped(words: Sequence[str]) -> None:
    """Raise InputError if the first word is no option and no path, but nearly a command or a whole question."""
    first = words[0] if words else ""
    if first.startswith("-") or not first.strip() or "://" in first or is_there(Path(first)):
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only for a word that is wrong

    if near := get_close_matches(first, COMMANDS, n=1):
        hint = f"did you mean {near[0]}? persona-moe --help lists all commands"
        raise InputError(f"{first} does not exist", hint=hint)
    if " " in first.strip():
        raise InputError(f"{first} does not exist", hint="to ask a question: persona-moe ask QUESTION")


def add_library(parser: argparse.ArgumentParser) -> None:
    """Add LIBRARY ... and --model."""
    parser.add_argument(
        "library",
        nargs="*",
        type=library_address,
        metavar="LIBRARY",
        help="folders or files to ask, and ssh://host/path on other machines; without any, your library or the sample",
    )
    parser.add_argument("--model", metavar="NAME", help="the Ollama model; none asks no model")


def refuse_missing(addresses: Iterable[LibraryAddress], *, hint: str = "name a folder or file") -> None:
    """Raise InputError for the first path on this machine that does not exist."""
    for path in addresses:
        if isinstance(path, Path) and not is_there(path):
            raise InputError(f"{path} does not exist", hint=hint)


def is_there(path: Path) -> bool:
    """Whether a path that a person typed exists; one that no file system can have does not."""
    try:
        return path.expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, with a NUL, or the home of an unknown user
        return False
