"""A dialog with two personas side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.personas.text import comparison_text
from tui.widgets.scroll_keys import TextPane

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from textual.app import ComposeResult

    from engine.run.persona_comparison import Comparison


class PersonaCompareScreen(ModalScreen[None]):
    """Shows records, scores, traits as bars, and how far the passages of both overlap."""

    CSS_PATH = "../widgets/dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,equals_sign,q", "dismiss", "Close", id="compare.close", tooltip="Back to the personas"),
    ]

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self._comparison = comparison

    def compose(self) -> ComposeResult:
        """One text without markup, because it holds words of persona files."""
        with TextPane(id="dialog") as dialog:
            dialog.border_title = "Compare"
            dialog.border_subtitle = "≠ they differ · esc closes"
            yield Static(_SideBySide(self._comparison), markup=False)


class _SideBySide:
    """Draws the comparison for the width of its container."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("\n").join(comparison_text(self._comparison, options.max_width))
