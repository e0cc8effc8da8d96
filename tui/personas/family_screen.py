"""A dialog with the parents and children of a persona, to go to one of them."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.drawing.cells import plain


class FamilyScreen(ModalScreen[str | None]):
    """Dismissed with the chosen id, or with None."""

    CSS_PATH = "../widgets/dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t,q", "dismiss(None)", "Close", id="family.close", tooltip="Back to the personas"),
        Binding("j", "move(1)", "Down", show=False, id="family.down", tooltip="The next relative"),
        Binding("k", "move(-1)", "Up", show=False, id="family.up", tooltip="The previous relative"),
    ]

    def __init__(self, name: str, parents: Sequence[str], children: Sequence[str]) -> None:
        super().__init__()
        self._persona_name = name
        self._relatives = [(name, "parent") for name in parents] + [(name, "child") for name in children]

    def compose(self) -> ComposeResult:
        """A line for each relative."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Text(f"Family of {plain(self._persona_name)}")
            dialog.border_subtitle = "enter goes there · esc closes"
            yield OptionList(*(Option(Text(f"{kind:<7} {plain(name)}")) for name, kind in self._relatives), id="family")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close with the chosen relative."""
        self.dismiss(self._relatives[event.option_index][0])

    def action_move(self, by: int) -> None:
        """Move the highlight."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()
