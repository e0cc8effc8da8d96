"""Two runs side by side, in aligned columns at every width."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from engine.text.safe import printable
from tui.drawing.cells import local_time, plain
from tui.navigation.screen_bar import ScreenBar
from tui.widgets.key_bar import KeyBar
from tui.widgets.scroll_keys import TextPane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from tui.run.comparison import Comparison, Row


def comparison_table(comparison: Comparison) -> Group:
    """A label and two columns; what differs is bold, so that it is seen at once."""
    head = ("", local_time(comparison.first.at), local_time(comparison.second.at))
    parts: list[Table | Text] = [_table([head], heads=True), _table(comparison.texts())]
    for heading, rows in comparison.figures():
        parts += [Text(f"\n{heading}", "bold"), _table(rows)]
    return Group(*parts)


def _table(rows: list[Row], *, heads: bool = False) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in (3, 5, 5):
        table.add_column(ratio=ratio)
    for label, first, second in rows:
        style = "bold" if heads or first != second else ""
        table.add_row(Text(plain(label), "dim"), *(Text(printable(text), style) for text in (first, second)))
    return table


class RunCompareScreen(Screen[None]):
    """Shows a comparison that was made; `keymap` are the user's own keys."""

    TITLE = "Compare"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#comparison"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back", id="compare.back", tooltip="Back to the history"),
    ]

    def __init__(self, comparison: Comparison, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._comparison = comparison
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        yield ScreenBar("history", self._keymap)
        with TextPane(id="comparison") as pane:
            pane.border_title = " Two runs · what differs is bold "
            yield Static(comparison_table(self._comparison), markup=False)
        yield KeyBar()
