"""The empty screen: what can be asked here, one key away."""

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
    """Suggested questions, by their digit or by arrow and enter."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._shown: tuple[Sequence[str], str] | None = None

    def compose(self) -> ComposeResult:
        """A line of words above the list."""
        yield Static(WORDS, markup=False, id="welcome-words")
        yield OptionList(id="suggestions", markup=False, compact=True)

    def offer(self, suggestions: Sequence[str], *, problem: str = "") -> None:
        """Show these questions, or what keeps the library shut, if that is not there already."""
        if (suggestions, problem) == self._shown:
            return
        self._shown = (suggestions, problem)
        self.query_one("#welcome-words", Static).update(Text(f"! {plain(problem)}" if problem else WORDS))
        questions = self.query_one(OptionList)
        questions.border_title = title("Suggestions")
        questions.set_options(
            Option(Text.assemble((f"{n} ", "bold cyan"), plain(question)))
            for n, question in enumerate(suggestions[:MOST], start=1)
        )
        questions.display = bool(suggestions)
