"""One line with a label in which a value is typed; it takes its row only while it is open."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label


class EditLine(Horizontal):
    """Its input posts textual's own messages; what is typed first takes the place of the old value."""

    DEFAULT_CSS = """
    EditLine { height: 1; }
    EditLine Label { width: auto; padding-right: 1; text-style: bold; color: $accent; }
    EditLine Input { width: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """The label, then the input, which does not blink."""
        yield Label("", markup=False)
        edit = Input(compact=True)
        edit.cursor_blink = False
        yield edit

    def on_mount(self) -> None:
        """Closed at first."""
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return bool(self.display)

    def open(self, label: str, value: str = "") -> None:
        """Show the line with this value, and take the focus."""
        self.query_one(Label).update(Text(label))
        self.display = True
        edit = self.query_one(Input)
        with edit.prevent(Input.Changed):
            edit.value = value
        edit.cursor_position = len(value)
        edit.focus()

    def close(self) -> None:
        """Give the row away."""
        self.display = False
