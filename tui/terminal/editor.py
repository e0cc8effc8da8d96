"""The user's own editor or pager, started at a line of a file."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from engine.errors import InputError

TAKE_A_LINE = frozenset(
    "vi vim nvim view ex nano pico micro emacs emacsclient kak joe jed mg ne less more most".split()
)
"""Programs that open a file at the line that `+N` names."""


def editor_command(environ: Mapping[str, str], path: Path, line: int = 0, *, may_page: bool = False) -> list[str]:
    """Return the command that opens `path`, at `line` (from 1; 0: none) where the program knows how to.

    It is the first of VISUAL and EDITOR, then, with `may_page`, PAGER and `less`. Raises InputError if none is set, or
    for one that cannot be read.
    """
    names = ("VISUAL", "EDITOR", "PAGER") if may_page else ("VISUAL", "EDITOR")
    name = next((name for name in names if environ.get(name, "").strip()), "")
    try:
        words = shlex.split(environ.get(name, "less" if may_page else ""))
    except ValueError as error:
        raise InputError(f"{name} is no command: {error}", hint=f"set {name} to a program, as in vim") from error
    if not words:
        raise InputError("no editor is set", hint="set EDITOR, for example to vim")
    position = [f"+{line}"] if line and Path(words[0]).name in TAKE_A_LINE else []
    return [*words, *position, str(path)]


def run_in_terminal(app: App[Any], command: list[str]) -> int:
    """Hand the terminal to a program until it ends, and return its exit code; raises InputError if it cannot run."""
    try:
        with app.suspend():
            return subprocess.run(command, check=False).returncode  # noqa: S603 - the user's own choice
    except SuspendNotSupported as error:
        raise InputError("no other program can run in this terminal") from error
    except OSError as error:
        raise InputError(f"{command[0]}: {error.strerror}", hint="set EDITOR to a program that is installed") from error
