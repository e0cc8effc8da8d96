"""One line to type in that takes its row only while it is open."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Input, Label


class LineInput(Input):
    """Hidden until it is opened; afterwards the focus goes back to `pane`, a selector on the same screen.

    It posts Textual's own messages, `Changed` and `Submitted`. It does not blink: every repaint crosses the SSH line.
    """

    DEFAULT_CSS = "LineInput { height: 1; }"

    def __init__(
        self,
        *,
        pane: str,
        placeholder: str = "",
        suggester: Suggester | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(placeholder=placeholder, compact=True, suggester=suggester, id=id)
        self.cursor_blink = False
        self.display = False
        self._pane = pane

    @property
    def is_open(self) -> bool:
        """Whether the line is shown."""
        return bool(self.display)

    def open(self) -> None:
        """Show the line and give it the focus at once: the next key is a letter of the words."""
        self.display = True
        self.screen.set_focus(self)

    def close(self, *, keep: bool = False) -> None:
        """Hide the line, and leave it if it has the focus; it forgets what was typed unless `keep`."""
        self.display = False
        if not keep:
            self.clear()
        if self.has_focus:
            self.leave()

    def leave(self) -> None:
        """Give the focus to the pane; the line stays only while it holds words, as those of a filter."""
        self.display = self.is_open and bool(self.value.strip())
        self.screen.query_one(self._pane).focus()


class EditLine(Horizontal):
    """A line with a label before it, in which a value is changed."""

    DEFAULT_CSS = """
    EditLine { height: 1; }
    EditLine Label { width: auto; padding-right: 1; text-style: bold; color: $accent; }
    EditLine LineInput { width: 1fr; }
    """

    def __init__(self, *, pane: str, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.display = False
        self._pane = pane

    def compose(self) -> ComposeResult:
        """Lay out the label, then the line."""
        yield Label("", markup=False)
        yield LineInput(pane=self._pane)

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return bool(self.display)

    def open(self, label: str, value: str = "") -> None:
        """Show the line with this value, and take the focus."""
        self.query_one(Label).update(Text(label))
        self.display = True
        line = self.query_one(LineInput)
        with line.prevent(LineInput.Changed):
            line.value = value
        line.cursor_position = len(value)
        line.open()

    def close(self) -> None:
        """Hide the line and leave it."""
        self.display = False
        self.query_one(LineInput).close(keep=True)
