"""A line for the name of a folder or file, completed from the disk as it is typed.

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
"""Of a folder that are looked at: completion must not wait for a huge one."""


def completion(typed: str) -> str | None:
    """`typed` with the first name that goes on so, a slash after a folder; None where nothing does.

    A hidden name is offered only when its dot is typed, one that a terminal cannot show as it is never.
    """
    folder, _, beginning = typed.rpartition("/")
    start = Path(f"{folder}/" if "/" in typed else ".")
    try:
        with os.scandir(start.expanduser()) as found:
            entries = [entry for entry in islice(found, MOST_ENTRIES) if entry.name.startswith(beginning)]
        names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
    except (OSError, ValueError, RuntimeError):  # no such folder, no possible name, no such user
        return None
    shown = (name for name in names if name == one_line(name) and (beginning or not name.startswith(".")))
    name = next(shown, None)
    return None if name is None else typed + name[len(beginning) :]


class _Names(Suggester):
    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """See `completion`; the disk is read in a thread."""
        return await asyncio.to_thread(completion, value)


class PathInput(LineInput):
    """Tab takes the completion, and moves on only when there is none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="path.complete", tooltip="Take the suggested name"),
    ]

    def __init__(self, *, pane: str, placeholder: str, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(pane=pane, placeholder=placeholder, suggester=_Names(), id=id)

    def action_complete(self) -> None:
        """Take the suggestion up to its end."""
        if suggestion_of(self) not in {"", self.value}:
            self.action_end()
            self.action_cursor_right()
        else:
            self.screen.focus_next()
