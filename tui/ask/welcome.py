"""The empty screen: suggested questions, each with a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.drawing.cells import plain, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

MOST = 8
WORDS = """\
Ask your own documents. Every sentence of the answer leads back to its source.
enter  asks; down or tab goes to the sources, enter opens one at its quotation
f2     personas: the search strategies that look for you, each with its record
f3     earlier questions: read an answer again, or watch how it was found
?      the keys that work here; ^p finds every command, ^o goes to any screen"""


class Welcome(Vertical):
    """Lists suggested questions, chosen by their number or by arrow and enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(n), f"pick({n})", f"Suggestion {n}", show=False, id=f"suggestion{n}", tooltip=f"Ask suggestion {n}")
        for n in range(1, MOST + 1)
    ]

    @dataclass
    class Picked(Message):
        """The number of a suggestion was pressed in their list."""

        question: str

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._offered: tuple[Sequence[str], str] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the introduction above the list."""
        yield Static(WORDS, markup=False, id="welcome-words")
        yield OptionList(id="suggestions", markup=False, compact=True)

    def picked(self, number: str) -> str:
        """Return the suggestion whose number was typed; empty for any other text."""
        suggestions = self._offered[0] if self._offered else ()
        numbered = {str(n): question for n, question in enumerate(suggestions[:MOST], start=1)}
        return numbered.get(number.strip(), "")

    def action_pick(self, number: int) -> None:
        """Ask a suggestion."""
        if question := self.picked(str(number)):
            self.post_message(self.Picked(question))

    def offer(self, suggestions: Sequence[str], *, problem: str = "") -> None:
        """Show these questions, or why the library cannot be opened, unless they are shown already."""
        if (suggestions, problem) == self._offered:
            return
        self._offered = (suggestions, problem)
        self.query_one("#welcome-words", Static).update(Text(f"! {plain(problem)}" if problem else WORDS))
        questions = self.query_one(OptionList)
        questions.border_title = title("Suggestions · its number and enter asks one")
        questions.set_options(
            Option(Text.assemble((f"{n} ", "bold cyan"), plain(question)))
            for n, question in enumerate(suggestions[:MOST], start=1)
        )
        questions.display = bool(suggestions)
