"""The question: one line, no border and no blinking, because each repaint crosses the SSH line."""

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input

DIGITS = tuple("12345678")


JUDGING = frozenset({"plus", "minus"})


class AskInput(Input):
    """Where a question is typed; while it is empty, a digit picks one of the `picking` suggestions instead.

    While it is empty and `judging`, plus and minus belong to the screen, which has an answer to judge.
    """

    @dataclass
    class Picked(Message):
        """The digit of a suggestion was pressed in the empty input; `index` counts from 0."""

        index: int

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(placeholder="a question about your documents", compact=True, id=id)
        self.cursor_blink = False
        self.picking = 0
        self.judging = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed here."""
        if key == "question_mark" and not self.value:  # no question begins so: it is the key of the help
            return False
        if key in JUDGING:  # textual does not know their characters
            return bool(self.value) or not self.judging
        return super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        if event.is_printable and not self.check_consume_key(event.key, event.character):
            event.prevent_default()  # the base class would type it
            return
        character = event.character or ""
        if not self.value and character in DIGITS[: self.picking]:
            event.stop()
            event.prevent_default()
            self.post_message(self.Picked(int(character) - 1))
            return
        await super()._on_key(event)
