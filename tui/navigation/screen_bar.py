"""The first line of every screen: the screens with their keys, the present one marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget

from tui.navigation.screens import SCREENS

if TYPE_CHECKING:
    from collections.abc import Mapping

GAP = "  "


def bar_text(current: str, keys: Mapping[str, str], width: int) -> Text:
    """Build `Ask  f2 Personas  f3 History ...` with the mode `current` marked; a narrow one leaves out other names."""
    entries = [("ask", "Ask", "" if current == "ask" else "esc")]
    entries += [(entry.mode, entry.title, keys[entry.mode]) for entry in SCREENS]
    has_room = len(GAP.join(f"{key} {title}".strip() for _, title, key in entries)) <= width
    text = Text(no_wrap=True)
    for mode, title, key in entries:
        is_current, goes = mode == current, Style.from_meta({"@click": f"app.switch('{mode}')"})
        name = title if has_room or is_current or mode == "ask" else ""
        text.append(GAP if text else "")
        text.append(f"{key} " if key and name else key, goes)
        text.append(name, goes + Style(bold=is_current, reverse=is_current))
    return text


class ScreenBar(Widget):
    """Shows `bar_text`; `keymap` are the user's own keys, which the application changes by `follow`."""

    DEFAULT_CSS = "ScreenBar { height: 1; }"

    def __init__(self, current: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._current = current
        self._keymap = keymap

    def follow(self, keymap: Mapping[str, str]) -> None:
        """Name other keys."""
        self._keymap = keymap
        self.refresh()

    def render(self) -> Text:
        """Draw the line in the widget's width."""
        first = {entry.mode: self._keymap.get(entry.mode, entry.keys).partition(",")[0] for entry in SCREENS}
        keys = {mode: self.app.get_key_display(Binding(key, "")) for mode, key in first.items()}
        return bar_text(self._current, keys, self.size.width)
