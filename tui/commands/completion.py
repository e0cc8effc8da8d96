"""Print the script that completes commands, options and paths in bash, zsh or fish.

Write it where your shell looks for such scripts, then open a new shell:

  bash  persona-moe completion bash > ~/.local/share/bash-completion/completions/persona-moe
  zsh   persona-moe completion zsh > DIR/_persona-moe      (DIR: a folder of $fpath)
  fish  persona-moe completion fish > ~/.config/fish/completions/persona-moe.fish
"""

import argparse
from pathlib import Path
from typing import Any

from tui.commands.arguments import Parser, add_commands
from tui.commands.output import print_text
from tui.remote.address import library_address

_FISH_PATHS = "complete -c persona-moe -n _shtab_persona_moe_using -a '(__fish_complete_path (commandline -ct))'"
_LIBRARY_TOO = {  # a line of the script, and the line that completes folders and files beside the commands
    "bash": ("complete -o bashdefault -F", "complete -o bashdefault -o default -F"),
    "zsh": ("_describe 'persona-moe commands' _commands", "_describe 'persona-moe commands' _commands; _files"),
    "fish": ("complete -c persona-moe -f\n", f"complete -c persona-moe -f\n{_FISH_PATHS}\n"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """SHELL."""
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_LIBRARY_TOO), help="bash, zsh or fish")


def run(options: argparse.Namespace) -> int:
    """Print the script; completing with it starts no Python."""
    import shtab  # noqa: PLC0415 - only this command needs it

    class PathCompletingParser(Parser):
        """A parser whose arguments for paths are completed as files and folders."""

        def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
            """Add an argument as argparse does, with its completion."""
            action = super().add_argument(*names, **settings)
            if action.type in {Path, library_address}:
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            return action

    parser = PathCompletingParser(prog="persona-moe")
    for flag in ("--version", "--debug"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--workspace", type=Path, metavar="DIR")
    parser.add_argument("--model", metavar="NAME")
    add_commands(parser)
    print_text(shtab.complete(parser, options.shell).replace(*_LIBRARY_TOO[options.shell]))
    return 0
