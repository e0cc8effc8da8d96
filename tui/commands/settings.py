"""List, read and change the settings of the workspace, as the settings screen does."""

import argparse
import sys
from pathlib import Path

from engine.settings.options import Option, option, options, shown
from engine.settings.settings import Settings, load_settings
from tui.commands.output import print_json, print_table, print_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list`, `get KEY`, `set KEY VALUE` and `reset KEY`, each with --json."""
    json_too = argparse.ArgumentParser(add_help=False)
    json_too.add_argument("--json", action="store_true", help="print JSON")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", parents=[json_too], help="all settings; * marks those that are not as shipped")
    for action, words in (
        ("get", "one setting and what is valid"),
        ("set", "change one"),
        ("reset", "back to the shipped value"),
    ):
        one = actions.add_parser(action, parents=[json_too], help=words)
        one.add_argument("key", metavar="KEY", help="e.g. thresholds.pruning_threshold")
        if action == "set":
            one.add_argument("value", metavar="VALUE")


def run(given: argparse.Namespace) -> int:
    """Exit 2 for an unknown key, a value that is not valid or a broken file; nothing is then changed."""
    from db.workspace import open_workspace  # noqa: PLC0415 - with the command

    workspace = open_workspace(given.workspace)
    if given.action in {"set", "reset"}:
        from db.settings_files import reset_setting, write_setting  # noqa: PLC0415 - with the command

        chosen = option(given.key)
        if given.action == "set":
            settings = write_setting(workspace, chosen, chosen.parse(given.value))
        else:
            settings = reset_setting(workspace, chosen)
        _print_one(chosen, settings, as_json=given.json)
        _warn(chosen, settings)
        return 0
    settings = load_settings(workspace.configs)
    if given.action == "get":
        _print_one(option(given.key), settings, as_json=given.json)
    elif given.json:
        print_json([_as_json(found, settings) for found in options()])
    else:
        _print_all(settings, workspace.configs)
    return 0


def _print_all(settings: Settings, folder: Path) -> None:
    rows = []
    for found in options():
        value = found.value_in(settings)
        mark = "" if value == found.shipped else "*"
        rows.append((mark, found.name, shown(value) or "-", found.valid))
    print_table(("", "setting", "value", "valid"), rows)
    print_text(f"* not as shipped; the files are in {folder}")


def _print_one(found: Option, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(found, settings))
        return
    value = found.value_in(settings)
    print_text(f"{found.name}: {shown(value)}")
    print_text(found.explanation)
    print_text(f"valid: {found.valid}; shipped: {shown(found.shipped) or 'nothing'}; a change acts {found.acts}")


def _warn(found: Option, settings: Settings) -> None:
    """Say what is wrong with keys that the schema cannot judge."""
    if found.name == "screen.keymap" and settings.screen.keymap:
        from tui.navigation.key_table import keymap_problems  # noqa: PLC0415 - it imports every screen

        for problem in keymap_problems(settings.screen.keymap):
            print(f"persona-moe: {problem}", file=sys.stderr)  # noqa: T201 - for the user of the command


def _as_json(found: Option, settings: Settings) -> dict[str, object]:
    return {
        "key": found.name,
        "value": found.value_in(settings),
        "shipped": found.shipped,
        "valid": found.valid,
        "explanation": found.explanation,
        "acts": found.acts,
    }
