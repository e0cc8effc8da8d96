"""The empty screen: suggested questions, each one key away."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.drawing.cells import plain, title

MOST = 8
WORDS = """\
Ask your own documents. Every sentence of the answer leads back to its source.
enter  asks; then down goes to the sources, and enter opens one at its place
f2     the personas that walk for you: p promotes, x prunes, u takes it back
f3     every earlier question: enter shows it again, step by step
f1     the keys of the screen in front; up and ^r find what you asked before"""


class Welcome(Vertical):
    """Lists suggested questions, chosen by their digit or by arrow and enter."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._offered: tuple[Sequence[str], str] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the introduction above the list."""
        yield Static(WORDS, markup=False, id="welcome-words")
        yield OptionList(id="suggestions", markup=False, compact=True)

    def offer(self, suggestions: Sequence[str], *, problem: str = "") -> None:
        """Show these questions, or why the library cannot be opened, unless they are shown already."""
        if (suggestions, problem) == self._offered:
            return
        self._offered = (suggestions, problem)
        self.query_one("#welcome-words", Static).update(Text(f"! {plain(problem)}" if problem else WORDS))
        questions = self.query_one(OptionList)
        questions.border_title = title("Suggestions")
        questions.set_options(
            Option(Text.assemble((f"{n} ", "bold cyan"), plain(question)))
            for n, question in enumerate(suggestions[:MOST], start=1)
        )
        questions.display = bool(suggestions)
