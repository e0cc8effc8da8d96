"""The keys of the screen below, with the ids that `keymap:` in configs/screen.yaml takes."""

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

LEGEND = """
Enter asks; 1-8 asks a suggestion while the input is empty; down goes to the list below, tab to the next pane; \
+ and - judge an answer, or the citation under the cursor; ^p finds every command by name.
Panel: ● called, ○ resting (with the gate's reason); A active, S stable, E experimental. \
gate = expected gain - cost; rel relevance, con consistency, nov novelty, ent entity grounding, \
tot their weighted total, crd what the panel loses without it."""


def keys_table(rows: Sequence[tuple[str, Binding]]) -> Table:
    """One line a key: the key, what it does, and its id."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for key, binding in rows:
        table.add_row(
            Text(key, "bold cyan"), Text(binding.tooltip or binding.description), Text(binding.id or "", "dim")
        )
    return table


class HelpScreen(ModalScreen[None]):
    """Lists the keys that work now."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close", tooltip="Back to the screen"),
    ]

    def __init__(self, title: str, rows: Sequence[tuple[str, Binding]]) -> None:
        super().__init__()
        self._heading = title
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The keys, then what the marks mean."""
        with VerticalScroll(id="dialog") as dialog:
            dialog.border_title = f"Keys · {self._heading}"
            dialog.border_subtitle = "esc closes"
            yield Static(keys_table(self._rows))
            yield Static(Text(LEGEND, "dim"), markup=False)
