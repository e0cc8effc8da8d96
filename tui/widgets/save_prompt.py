"""Where to write an answer: a file name, asked for over the screen below."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import InputError
from tui.run.export import default_name, export, place_of
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

WORDS = "The suffix says the format: .md or .json. Enter writes the file."


class SaveScreen(ModalScreen[Path | None]):
    """Writes one result (the object of `ask --json`) and ends with its path; None if it was left.

    A file that is there already is replaced only by a second enter.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="save.close", tooltip="Write nothing"),
    ]

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__()
        self._result = result
        self._replaced = ""

    def compose(self) -> ComposeResult:
        """The name in a box, and what became of it."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Save the answer"
            dialog.border_subtitle = "esc leaves"
            name = default_name(self._result["question"], self._result["run_id"])
            yield Input(name, compact=True, select_on_focus=False, id="save-name")
            yield Static(WORDS, markup=False)
            yield MessageLine(id="message")

    def on_mount(self) -> None:
        """Nothing was said yet."""
        self.query_one("#save-name", Input).cursor_blink = False
        self.query_one(MessageLine).clear()

    def on_input_changed(self) -> None:
        """Another name: what was said of the one before does not count for it."""
        self._replaced = ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file."""
        event.stop()
        if event.value.strip():
            self._save(event.value.strip())

    @work(group="save", exclusive=True)
    async def _save(self, name: str) -> None:
        message = self.query_one(MessageLine)
        try:
            path, there = await asyncio.to_thread(place_of, name)
            if there and self._replaced != name:
                self._replaced = name
                message.complain("this file is there already: enter again replaces it")
                return
            await asyncio.to_thread(export, self._result, path)
        except InputError as error:
            message.complain(str(error))
        else:
            self.dismiss(path.absolute())
