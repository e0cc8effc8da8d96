"""The citations under an answer, one line each; the document of the one under the cursor is shown beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.run.state import Outcome
from tui.drawing.cells import plain, short_source, title
from tui.drawing.marks import JUDGEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Citation
    from engine.run.state import RunState

CITATION_KEYS: tuple[BindingType, ...] = tuple(
    Binding(str(n), f"screen.cited({n})", f"Source {n}", show=False, id=f"cited{n}", tooltip=f"Open citation [{n}]")
    for n in range(1, 10)
)
"""Digits open citations wherever an answer is read."""


def source_line(citation: Citation, *, liked: bool | None = None) -> Text:
    """Draw `[n] title · page · source`, its number with the user's judgement; the answer shows the quotation itself."""
    mark = (f"[{citation.n}]{JUDGEMENTS[liked]} ", "bold cyan")
    page = f" · {plain(citation.place)}" if citation.place else ""
    facts = (f"{page} · {short_source(citation.source)}", "dim")
    return Text.assemble(mark, (plain(citation.title), "bold"), facts, no_wrap=True, overflow="ellipsis")


class SourceList(OptionList):
    """The citations as a list; enter opens one."""

    BORDER_TITLE = " Sources "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="sources.open", tooltip="Open the document at the quotation"),
        Binding("j", "cursor_down", "Down", show=False, id="sources.down", tooltip="The next citation"),
        Binding("k", "cursor_up", "Up", show=False, id="sources.up", tooltip="The citation before"),
        Binding("g", "first", "Top", show=False, id="sources.top", tooltip="The first citation"),
        Binding("G", "last", "End", show=False, id="sources.end", tooltip="The last citation"),
        *CITATION_KEYS,
    ]

    @dataclass
    class Opened(Message):
        """A citation was chosen."""

        citation: Citation

    @dataclass
    class Pointed(Message):
        """The cursor is on another citation, or (None) the list has no cursor or not the focus."""

        citation: Citation | None

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id, markup=False, compact=True)
        self._citations: tuple[Citation, ...] = ()
        self._judged: Mapping[int | None, bool] = {}

    @property
    def chosen(self) -> Citation | None:
        """The citation under the cursor while the list has the focus."""
        return self._citations[self.highlighted] if self.has_focus and self.highlighted is not None else None

    @property
    def current(self) -> Citation | None:
        """The citation under the cursor, whether or not the list has the focus, else the first; None if it is empty."""
        return self._citations[self.highlighted or 0] if self._citations else None

    def show(self, view: RunState) -> None:
        """List the view's citations if they, or what was said of them, changed."""
        citations = view.sources
        if (citations, judged := view.marked()) != (self._citations, self._judged):
            highlighted = self.highlighted if citations == self._citations else None
            self._citations, self._judged = citations, judged
            self.set_options(Option(source_line(c, liked=judged.get(c.n))) for c in citations)
            name = "Nearest passages" if view.outcome is Outcome.UNANSWERED else "Sources"
            self.border_title = title(f"{name} · {len(citations)}")
            self.highlighted = highlighted
        self.display = bool(citations)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Post the citation under the cursor."""
        event.stop()
        self._point()

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - textual calls it
        """Put the cursor on a citation, so that its document is shown; without the focus there is no cursor."""
        super().watch_has_focus(has_focus)
        if has_focus and self.highlighted is None and self._citations:
            self.action_first()
        self._point()

    def _point(self) -> None:
        self.post_message(self.Pointed(self.chosen))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand on the citation itself."""
        event.stop()
        self.post_message(self.Opened(self._citations[event.option_index]))
