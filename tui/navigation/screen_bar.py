"""The first line of every screen: where one can go, by which key, and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.widget import Widget

from tui.navigation.screens import PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping

GAP = "  "


def places_text(current: str, keys: Mapping[str, str], width: int) -> Text:
    """`Ask  f2 Personas  f3 History ...` with the mode `current` marked; where that is too wide, other names go."""
    places = [("ask", "Ask", "" if current == "ask" else "esc")]
    places += [(place.mode, place.title, keys[place.mode]) for place in PLACES]
    has_room = len(GAP.join(f"{key} {title}".strip() for _, title, key in places)) <= width
    text = Text(no_wrap=True)
    for mode, title, key in places:
        here, goes = mode == current, Style.from_meta({"@click": f"app.switch('{mode}')"})
        name = title if has_room or here or mode == "ask" else ""
        text.append(GAP if text else "")
        text.append(f"{key} " if key and name else key, goes)
        text.append(name, goes + Style(bold=here, reverse=here))
    return text


class PlacesBar(Widget):
    """Shows `places_text`; `keymap` are the user's own keys. Nothing in it changes while its screen is in front."""

    DEFAULT_CSS = "PlacesBar { height: 1; }"

    def __init__(self, current: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._current = current
        self._keymap = keymap

    def render(self) -> Text:
        """The line for this width."""
        session = getattr(self.app, "session", None)
        keymap = self._keymap if session is None else session.settings.screen.keymap  # it may have been changed since
        first = {place.mode: keymap.get(place.mode, place.keys).partition(",")[0] for place in PLACES}
        keys = {mode: self.app.get_key_display(Binding(key, "")) for mode, key in first.items()}
        return places_text(self._current, keys, self.size.width)
