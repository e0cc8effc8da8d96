"""One citation in full: the exact words, where they stand, and nothing read from the disk for it."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.events import Citation
from engine.text import printable
from tui.cells import plain


class QuoteScreen(ModalScreen[None]):
    """The quote with its title, source and character span."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "Close", id="quote.close", tooltip="Back to the answer"),
        Binding("y", "copy", "Copy", id="quote.copy", tooltip="Copy the quote and its source to the clipboard"),
    ]

    def __init__(self, citation: Citation) -> None:
        super().__init__()
        self.citation = citation

    def compose(self) -> ComposeResult:
        """A head, the quote, a foot."""
        cited = self.citation
        with VerticalScroll(id="dialog") as dialog:
            dialog.border_title = f"Source {cited.n}"
            dialog.border_subtitle = "esc closes · y copies"
            yield Static(Text(plain(cited.title), "bold"), markup=False)
            span = f"characters {cited.start:,} to {cited.end:,}"
            yield Static(Text(f"{plain(cited.source)} · {span}", "dim"), markup=False)
            yield Static(Text(f"\n“{printable(cited.quote)}”"), markup=False)

    def action_copy(self) -> None:
        """Quote and source as one text, by OSC 52."""
        cited = self.citation
        self.app.copy_to_clipboard(f"“{cited.quote}” ({cited.title}, {cited.source}, {cited.start}-{cited.end})")
        self.dismiss()
