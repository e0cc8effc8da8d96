"""A setting in words: its line in the list, and what stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from engine.settings.options import Option, shown
from tui.drawing.cells import fit, plain

if TYPE_CHECKING:
    from engine.settings.settings import Settings

NAME_CELLS, MOST_CHARACTERS = 26, 200


def setting_line(option: Option, settings: Settings) -> Text:
    """`* name  value`: the star marks what is not as shipped."""
    value = option.value_in(settings)
    changed = value != option.shipped
    line = Text.assemble(("* " if changed else "  ", "bold yellow"), fit(option.key, NAME_CELLS))
    return line.append(plain(shown(value))[:MOST_CHARACTERS] or "-", "bold" if changed else "")


def explanation(option: Option, settings: Settings, choices: tuple[Any, ...]) -> Text:
    """What the setting does, what is valid, what is shipped, and when a change acts."""
    text = Text(f"{option.explanation}\n")
    valid = ", ".join(map(shown, choices)) if choices else option.valid
    shipped = "" if option.value_in(settings) == option.shipped else f" · shipped: {shown(option.shipped) or '-'}"
    text.append(f"valid: {plain(valid)}{shipped}\n", "dim")
    return text.append(f"a change acts {option.acts}", "dim")
