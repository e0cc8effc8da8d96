"""Print the keys of all screens, with the ids for `keymap` in configs/screen.yaml."""

import argparse
import sys

from tui.commands.output import print_text, session_of, show, table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --json and --markdown."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print JSON")
    how.add_argument("--markdown", action="store_true", help="print the shipped keys as a Markdown table")


def run(options: argparse.Namespace) -> int:
    """Print the keys of this workspace; the problems of its keymap go to stderr, with exit 2."""
    from tui.navigation.key_table import bound_keys, keymap_problems, markdown, spelled  # noqa: PLC0415 - with the command

    if options.markdown:
        print_text(markdown())
        return 0
    keymap = session_of(options).settings.screen.keymap
    rows = [
        (
            bound.where,
            ", ".join(map(spelled, keymap[bound.id].split(","))) if bound.id in keymap else bound.shown,
            bound,
        )
        for bound in bound_keys()
    ]
    data = [{"where": where, "keys": keys, "does": b.does, "id": b.id} for where, keys, b in rows]
    lines = table(("where", "key", "id", "what it does"), [(where, keys, b.id, b.does) for where, keys, b in rows])
    show(options, data, lines)
    problems = keymap_problems(keymap)
    for problem in problems:
        print(f"persona-moe: {problem}", file=sys.stderr)  # noqa: T201 - for the user of the command
    return 2 if problems else 0
