"""The user's own editor or pager, at a line of a file."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from engine.errors import InputError

TAKE_A_LINE = frozenset(
    "vi vim nvim view ex nano pico micro emacs emacsclient kak joe jed mg ne less more most".split()
)
"""Programs that open a file at the line that `+N` names."""


def editor_command(environ: Mapping[str, str], path: Path, line: int) -> list[str]:
    """The command that opens `path`, at `line` (from 1, 0: at none) where the program knows how to.

    It is the first of VISUAL, EDITOR and PAGER, else `less`. Raises InputError for one that cannot be read.
    """
    name = next((name for name in ("VISUAL", "EDITOR", "PAGER") if environ.get(name, "").strip()), "")
    try:
        words = shlex.split(environ[name]) if name else ["less"]
    except ValueError as error:
        raise InputError(f"{name} is no command: {error}", hint=f"set {name} to a program, as in vim") from error
    at = [f"+{line}"] if line and Path(words[0]).name in TAKE_A_LINE else []
    return [*words, *at, str(path)]
