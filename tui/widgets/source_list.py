"""The citations under an answer, each with the exact words of its source."""

from dataclasses import dataclass

from rich.console import Group
from rich.padding import Padding
from rich.text import Text
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.events import Citation
from tui.cells import plain, short_source, title
from tui.run_view import RunView


def source_lines(citation: Citation) -> Group:
    """`[n] title · source`, and below it the quote, indented on all its lines."""
    mark = (f"[{citation.n}] ", "bold cyan")
    head = Text.assemble(mark, (plain(citation.title), "bold"), (f" · {short_source(citation.source)}", "dim"))
    return Group(head, Padding(Text(f"“{plain(citation.quote)}”"), (0, 0, 0, len(mark[0]))))


class SourceList(OptionList):
    """The citations as a list; enter opens one."""

    BORDER_TITLE = " Sources "

    @dataclass
    class Opened(Message):
        """A citation was chosen."""

        citation: Citation

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id, markup=False, compact=True)
        self._citations: tuple[Citation, ...] = ()

    @property
    def chosen(self) -> int | None:
        """The number of the citation under the cursor while the list has the focus."""
        return self._citations[self.highlighted].n if self.has_focus and self.highlighted is not None else None

    def show(self, view: RunView) -> None:
        """List the view's citations if they changed."""
        citations = view.answer.citations if view.answer is not None else ()
        if citations != self._citations:
            self._citations = citations
            self.set_options(Option(source_lines(citation)) for citation in citations)
            self.border_title = title(f"Sources · {len(citations)}")
        self.display = bool(citations)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Hand on the citation itself."""
        event.stop()
        self.post_message(self.Opened(self._citations[event.option_index]))
