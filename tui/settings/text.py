"""Draws a setting: its line in the list, and the explanation beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from engine.settings.options import Option, as_typed
from tui.drawing.cells import fit, plain

if TYPE_CHECKING:
    from engine.settings.settings import Settings

NAME_CELLS, MAX_CHARACTERS = 26, 200


def setting_line(option: Option, settings: Settings) -> Text:
    """Return `* name  value`; the star marks a value other than the shipped one."""
    value = option.value_in(settings)
    changed = value != option.shipped
    line = Text.assemble(("* " if changed else "  ", "bold yellow"), fit(option.key, NAME_CELLS))
    return line.append(plain(as_typed(value))[:MAX_CHARACTERS] or "-", "bold" if changed else "")


def explanation(option: Option, settings: Settings, choices: tuple[Any, ...]) -> Text:
    """Say what the setting does, what is valid, what is shipped, and when a change takes effect."""
    text = Text(f"{option.explanation}\n")
    valid = ", ".join(map(as_typed, choices)) if choices else option.valid
    shipped = "" if option.value_in(settings) == option.shipped else f" · shipped: {as_typed(option.shipped) or '-'}"
    text.append(f"valid: {plain(valid)}{shipped}\n", "dim")
    return text.append(f"a change takes effect {option.takes_effect}", "dim")
