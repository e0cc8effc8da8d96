"""List, read and change the settings of the workspace."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.settings.options import Option, as_typed, option, options
from engine.settings.settings import Settings
from tui.commands.output import show, table
from tui.drawing.ascii import limit_output
from tui.session.settings_files import open_settings_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `get KEY`, `set KEY VALUE` and `reset KEY`, each with --json."""
    json_option = argparse.ArgumentParser(add_help=False)
    json_option.add_argument("--json", action="store_true", help="print JSON")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", parents=[json_option], help="all settings; * marks those that were changed")
    for action, description in (
        ("get", "one setting, its meaning and its valid values"),
        ("set", "change one setting"),
        ("reset", "give one setting its shipped value"),
    ):
        action_parser = actions.add_parser(action, parents=[json_option], help=description)
        action_parser.add_argument("key", metavar="KEY", help="for example thresholds.pruning_threshold")
        if action == "set":
            action_parser.add_argument("value", metavar="VALUE")


def run(arguments: argparse.Namespace) -> int:
    """Exit 2 for an unknown key, a value that is not valid or a broken file; nothing is then changed.

    No session is opened: it would refuse a broken file, which this command can mend.
    """
    files = open_settings_files(arguments.workspace)
    if arguments.action in {"set", "reset"}:
        setting = option(arguments.key)
        value = setting.parse(arguments.value) if arguments.action == "set" else setting.shipped
        settings = files.write(setting, value)
        limit_output(settings.screen.ascii)
        show(arguments, _as_json(setting, settings), _one(setting, settings))
        _warn(setting, settings)
        return 0
    settings = files.read()
    limit_output(settings.screen.ascii)
    if arguments.action == "get":
        setting = option(arguments.key)
        show(arguments, _as_json(setting, settings), _one(setting, settings))
    else:
        show(arguments, [_as_json(setting, settings) for setting in options()], _all(settings, files.folder))
    return 0


def _all(settings: Settings, folder: Path) -> Iterator[str]:
    rows = []
    for setting in options():
        value = setting.value_in(settings)
        mark = "" if value == setting.shipped else "*"
        rows.append((mark, setting.name, as_typed(value) or "-", setting.valid))
    yield from table(("", "setting", "value", "valid"), rows)
    yield f"* marks a changed setting; the files are in {folder}"


def _one(setting: Option, settings: Settings) -> tuple[str, ...]:
    shipped = as_typed(setting.shipped) or "nothing"
    return (
        f"{setting.name}: {as_typed(setting.value_in(settings))}",
        setting.explanation,
        f"valid: {setting.valid}; shipped: {shipped}; a change takes effect {setting.takes_effect}",
    )


def _warn(setting: Option, settings: Settings) -> None:
    """Print the problems of a keymap that the types of the settings cannot know."""
    if setting.name == "screen.keymap" and settings.screen.keymap:
        from tui.navigation.key_table import keymap_problems  # noqa: PLC0415 - it imports every screen

        for problem in keymap_problems(settings.screen.keymap):
            print(f"persona-moe: {problem}", file=sys.stderr)  # noqa: T201 - for the user of the command


def _as_json(setting: Option, settings: Settings) -> dict[str, object]:
    return {
        "key": setting.name,
        "value": setting.value_in(settings),
        "shipped": setting.shipped,
        "valid": setting.valid,
        "explanation": setting.explanation,
        "acts": setting.takes_effect,
    }
