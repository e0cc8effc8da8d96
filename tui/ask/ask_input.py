"""The line for the question, without border and blinking, because every repaint crosses the SSH line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.highlighter import Highlighter
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from engine.text.safe import one_line
from tui.drawing.cells import plain
from tui.terminal.textual_fixes import suggest, suggestion_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text
    from textual import events

LINE_END = "↵"
"""What is drawn for the end of a line of a pasted text."""
LONGEST = 4_000
"""Characters of a question: a longer text is a document, which belongs into the library."""

SHOWN_NAMES = 2

ASKING = "a question about your documents"
SEARCHING = "a part of an earlier question · ^r older · enter asks it · esc leaves"


class LineEnds(Highlighter):
    """Draws the ends of lines, so that all lines stand on one row."""

    def highlight(self, text: Text) -> None:
        """Replace the ends of lines in the text that is drawn."""
        text.plain = text.plain.replace("\n", LINE_END)


class AskInput(Input):
    """A line for a question, which types every character but a question mark that would be its first.

    The ends of the lines of a pasted text stay in its value. While it is `searching`, the text is part of an earlier
    question, and the matching question is drawn after it.
    """

    virtual_size = Reactive(Size(0, 0))
    """The size of the text. Textual's own lays out the whole screen at each character; this line keeps its size."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "accept", "Complete", show=False, id="complete", tooltip="Take the title that is offered"),
    ]

    @dataclass
    class Refused(Message):
        """A text with too many `characters` was pasted."""

        characters: int

    @dataclass
    class Taken(Message):
        """The user wants to change the question that the search found."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(placeholder=ASKING, highlighter=LineEnds(), compact=True, max_length=LONGEST, id=id)
        self.cursor_blink = False
        self.searching = False
        self._offered = ""
        self._typed: list[str] = []

    @property
    def is_completed(self) -> bool:
        """Whether the last completion still begins with the typed text, so that no other is needed."""
        return bool(self.value) and self._offered.casefold().startswith(self.value.casefold())

    def offer(self, completed: str) -> None:
        """Suggest a completion of the typed text; empty for none."""
        self._offered = completed
        suggest(self, completed if self.is_completed else "")

    def show_found(self, question: str | None) -> None:
        """Show the result of a search."""
        result = "nothing found" if question is None else plain(question)
        suggest(self, f"{self.value}  ← {result}" if self.value else "")

    def follow_up(self, names: Sequence[str]) -> None:
        """Name, while nothing is typed, the subjects of the conversation to which a question may refer."""
        about = ", ".join(plain(name) for name in names[:SHOWN_NAMES])
        words = f"a follow-up on {about} · ^n starts over" if about else ASKING
        if not self.searching and words != self.placeholder:
            self.placeholder = words

    def search(self, searching: bool, value: str = "") -> None:  # noqa: FBT001 - a state, not an option
        """Begin or end a search, with this text in the line."""
        self.searching, self._offered = searching, ""
        self.placeholder = SEARCHING if searching else ASKING
        self.value = value
        self.cursor_position = len(value)

    def watch_value(self) -> None:
        """Suggest a completion that still fits again: the base class has removed it."""
        if not self.searching:
            self.offer(self._offered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave tab to the screen while there is no completion."""
        if action == "accept":
            return self.cursor_at_end and bool(suggestion_of(self))
        return super().check_action(action, parameters)

    def action_accept(self) -> None:
        """Take the completion."""
        self.action_cursor_right()

    def action_cursor_right(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - as in the base class
        """Take the question that a search found; otherwise do as the base class, which takes the completion."""
        if self.searching and suggestion_of(self) and not select:
            self.post_message(self.Taken())
        else:
            super().action_cursor_right(select)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Say whether the key types a character here."""
        if key == "question_mark" and not (self.value or self._typed):  # the help, which says how to type it
            return False
        return not key.startswith("alt+") and super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        """Insert characters together that come faster than they are drawn; leave some keys to the application."""
        if not event.is_printable:
            self._insert_typed()
            return  # textual then calls the base class's handler, or runs a binding
        event.prevent_default()  # the base class would type it
        if event.character is None or not self.check_consume_key(event.key, event.character):
            return
        event.stop()
        self._typed.append(event.character)
        if len(self._typed) == 1:
            self.call_later(self._insert_typed)

    def _insert_typed(self) -> None:
        """Insert the characters that were typed since the last call."""
        if self._typed:
            text = "".join(self._typed)
            self._typed.clear()
            self.replace(text, *sorted(self.selection))

    def on_paste(self, event: events.Paste) -> None:
        """Take all lines of the text: the base class takes only the first one."""
        event.stop()
        event.prevent_default()
        self._insert_typed()
        self._insert(event.text)

    def action_paste(self) -> None:
        """Paste the text that was copied in this program."""
        self._insert(self.app.clipboard)

    def _insert(self, text: str) -> None:
        """Insert a text with its lines."""
        lines = "\n".join(filter(None, map(one_line, text.splitlines())))
        start, end = sorted(self.selection)
        if len(self.value) - (end - start) + len(lines) > LONGEST:
            self.post_message(self.Refused(len(lines)))
        else:
            self.replace(lines, start, end)
