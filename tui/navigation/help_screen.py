"""The help: the keys that work at the moment, with the ids that `keymap` in configs/screen.yaml uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.widgets.line_input import LineInput
from tui.widgets.scroll_keys import TextPane


@dataclass(frozen=True)
class HelpRow:
    """One key: the screen or pane in which it works, what it does, and its id (empty for Textual's own keys)."""

    where: str
    keys: str
    does: str
    id: str

    def has(self, words: str) -> bool:
        """Whether the row has all these words."""
        text = f"{self.where} {self.keys} {self.does} {self.id}".lower()
        return all(word in text for word in words.lower().split())


def keys_table(rows: Sequence[HelpRow]) -> Group:
    """For each screen or pane a heading, then one line for each key: the key, what it does, and its id."""
    parts: list[Text | Table] = []
    for where in dict.fromkeys(row.where for row in rows):
        table = Table.grid(padding=(0, 2, 0, 0))
        for row in (row for row in rows if row.where == where):
            table.add_row(Text(row.keys, "bold cyan"), Text(row.does), Text(row.id, "dim"))
        parts += [Text(where, "bold"), table]
    return Group(*parts) if parts else Group(Text("No key has these words."))


class HelpScreen(ModalScreen[None]):
    """Lists the keys that work at the moment; a slash opens a search."""

    CSS_PATH = "../widgets/dialog.tcss"
    AUTO_FOCUS = "#dialog"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close", id="help.back", tooltip="Clear the search, or close the help"),
        Binding("f1,q,question_mark", "dismiss", "Close", id="help.close", tooltip="Close the help"),
        Binding("slash", "find", "Find", id="help.find", tooltip="Show only keys with these words"),
    ]

    def __init__(self, title: str, rows: Sequence[HelpRow], legend: str = "") -> None:
        super().__init__()
        self._heading = title
        self._rows = rows
        self._legend = legend

    def compose(self) -> ComposeResult:
        """The search, the keys of the application, the legend of the screen, then Textual's own keys."""
        with TextPane(id="dialog") as dialog:
            dialog.border_title = f"Keys · {self._heading}"
            dialog.border_subtitle = "/ finds · esc closes"
            yield LineInput(placeholder="words of a key, an action or an id", pane="#dialog", id="find-key")
            yield Static(keys_table([row for row in self._rows if row.id]), id="keys")
            yield Static(Text(self._legend, "dim"), markup=False, id="legend")
            yield Static(keys_table([row for row in self._rows if not row.id]), id="toolkit-keys")

    def on_mount(self) -> None:
        """Show the legend if there is one."""
        self.query_one("#legend").display = bool(self._legend)

    def action_find(self) -> None:
        """Open the search."""
        self.query_one(LineInput).open()
        self.query_one("#dialog").scroll_home(animate=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the keys that have the words."""
        event.stop()
        rows = [row for row in self._rows if row.has(event.value)]
        self.query_one("#keys", Static).update(keys_table(rows if event.value else [row for row in rows if row.id]))
        self.query_one("#toolkit-keys").display = not event.value
        self.query_one("#legend").display = bool(self._legend) and not event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go back to the list, to scroll in the keys that have the words."""
        event.stop()
        self.query_one(LineInput).leave()

    def action_back(self) -> None:
        """Clear the search, or else close."""
        if (line := self.query_one(LineInput)).is_open:
            line.close()
        else:
            self.dismiss()
