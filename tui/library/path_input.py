"""A line for the path of a folder or file, completed from the disk as it is typed.

The completion is inline: the list of textual-autocomplete costs up to 4,600 bytes a key instead of 480, reads folders
on the event loop, and knows neither `~` nor names that must not reach a terminal.
"""

from __future__ import annotations

import asyncio
import os
from itertools import islice
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester

from engine.text.safe import one_line
from tui.terminal.textual_fixes import suggestion_of
from tui.widgets.line_input import LineInput

MOST_ENTRIES = 5_000
"""At most so many entries of a folder are read, so that a huge one delays no key."""


def completion(typed: str) -> str | None:
    """Complete `typed` with the first name that begins with it, a slash after a folder; None if there is none.

    A hidden name is offered only after its dot was typed; a name with control characters never.
    """
    folder, _, beginning = typed.rpartition("/")
    start = Path(f"{folder}/" if "/" in typed else ".")
    try:
        with os.scandir(start.expanduser()) as folder_entries:
            entries = [entry for entry in islice(folder_entries, MOST_ENTRIES) if entry.name.startswith(beginning)]
        names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
    except (OSError, ValueError, RuntimeError):  # no such folder, no possible name, no such user
        return None
    offered = (name for name in names if name == one_line(name) and (beginning or not name.startswith(".")))
    name = next(offered, None)
    return None if name is None else typed + name[len(beginning) :]


class _Names(Suggester):
    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Call `completion` in a thread, because it reads the disk."""
        return await asyncio.to_thread(completion, value)


class PathInput(LineInput):
    """Tab takes the completion, or moves to the next field if there is none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="path.complete", tooltip="Take the suggested name"),
    ]

    def __init__(self, *, pane: str, placeholder: str, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(pane=pane, placeholder=placeholder, suggester=_Names(), id=id)

    def action_complete(self) -> None:
        """Take the whole completion."""
        if suggestion_of(self) not in {"", self.value}:
            self.action_end()
            self.action_cursor_right()
        else:
            self.screen.focus_next()
