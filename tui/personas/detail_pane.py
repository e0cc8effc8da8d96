"""The pane of one persona: a tab is a function from a width and a height to lines."""

from collections.abc import Callable

from rich.text import Text

from tui.widgets.line_pane import LinePane

Build = Callable[[int, int], list[Text]]
TABS = ("Card", "Chart", "Ledger", "Receipts")


def tabs_title(current: int) -> Text:
    """The names of the tabs with their keys; the one that is open has a mark instead of a key."""
    text = Text(" ")
    for n, name in enumerate(TABS):
        here = n == current
        text.append(f"{'▸' if here else f'{n + 1} '}{name}", "bold reverse" if here else "")
        text.append(" " if n == len(TABS) - 1 else "  ")
    return text


class PersonaDetail(LinePane):
    """Draws what the open tab builds, anew for every size; lines that are too long are wrapped."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._build: Build = lambda _width, _height: []
        self._drawn: list[Text] = []

    def draw(self, tab: int, build: Build, *, again: bool = False) -> None:
        """Open this tab; the reader stays where he was only if it shows the same `again`."""
        self.border_title = tabs_title(tab)
        self._build = build
        if not again:
            self.top = 0
        self._rebuild()

    def on_resize(self) -> None:
        """Another size, other lines."""
        self._rebuild()

    def _rebuild(self) -> None:
        width, height = self.size
        lines = self._build(width, height) if width and height else []
        console = self.app.console
        self._drawn = [part for line in lines for part in (line.wrap(console, width) if line.plain else [line])]
        self.resized_to(len(self._drawn))

    def line_at(self, index: int, width: int) -> Text:
        """A line of the tab."""
        del width
        return self._drawn[index]
