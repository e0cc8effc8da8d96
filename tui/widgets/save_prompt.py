"""A dialog that asks for the name of a file and writes one answer to it."""

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
from tui.run.export import default_name, export, file_named
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

HINT = "The suffix says the format: .md or .json. Enter writes the file."


class SaveScreen(ModalScreen[Path | None]):
    """Writes one result (the object of `ask --json`) and returns the file's path; None if the user left it.

    A second enter is needed to replace an existing file.
    """

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="save.close", tooltip="Write nothing"),
    ]

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__()
        self._result = result
        self._confirmed = ""

    def compose(self) -> ComposeResult:
        """Lay out the line for the name, and below it what is wrong with it."""
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Save the answer"
            dialog.border_subtitle = "esc leaves"
            name = default_name(self._result["question"], self._result["run_id"])
            yield Input(name, compact=True, select_on_focus=False, id="save-name")
            yield Static(HINT, markup=False)
            yield MessageLine(id="message")

    def on_mount(self) -> None:
        """Hide the message until there is one."""
        self.query_one("#save-name", Input).cursor_blink = False
        self.query_one(MessageLine).clear()

    def on_input_changed(self) -> None:
        """Forget the warning about the previous name."""
        self._confirmed = ""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file, if the line is not empty."""
        event.stop()
        if event.value.strip():
            self._save(event.value.strip())

    @work(group="save", exclusive=True)
    async def _save(self, name: str) -> None:
        message = self.query_one(MessageLine)
        try:
            path, exists = await asyncio.to_thread(file_named, name)
            if exists and self._confirmed != name:
                self._confirmed = name
                message.complain("this file is there already: enter again replaces it, esc leaves it")
                return
            await asyncio.to_thread(export, self._result, path)
        except InputError as error:
            message.complain(str(error))
        else:
            self.dismiss(path.absolute())
