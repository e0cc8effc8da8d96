"""The health screen: numbers, checks and the newest log entries of the workspace on one page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from engine.errors import PersonaMoeError
from tui.drawing.cells import title
from tui.health.text import checks_text, log_text, numbers_text
from tui.navigation.screen_bar import ScreenBar
from tui.widgets.key_bar import KeyBar
from tui.widgets.message_line import MessageLine
from tui.widgets.scroll_keys import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tui.session.session import Session

LOG_LINES = 20


class HealthScreen(Screen[None]):
    """Three texts on one page; each is read in a thread of its own, so that a slow one delays no other."""

    TITLE = "Health"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="health.back", tooltip="Go back to Ask"),
        Binding("r", "reload", "Read again", id="health.reload", tooltip="Read numbers, checks and log again"),
        Binding("y", "copy", "Copy", id="health.copy", tooltip="Copy the page (OSC 52)"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._texts: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        """The page, with one box for each part."""
        yield ScreenBar("health", self.session.settings.screen.keymap)
        with TextPane(id="page"):
            for part in ("numbers", "checks", "log"):
                text = Static("…", markup=False, id=part, classes="part")
                text.border_title = title(part.capitalize())
                yield text
        yield MessageLine(id="message")
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """Read everything again: there may be new runs."""
        self.action_reload()

    def action_reload(self) -> None:
        """Read everything again."""
        self.query_one(MessageLine).clear()
        self._read("numbers", lambda: numbers_text(self.session.health.metrics()))
        self._read("log", lambda: log_text(self.session.health.logged(LOG_LINES)))
        self._read("checks", lambda: checks_text(self.session.health.checks()))

    @work(group="health")
    async def _read(self, part: str, text: Callable[[], Text]) -> None:
        try:
            content = await asyncio.to_thread(text)
        except PersonaMoeError as error:
            content = Text(f"! {error}")
        if content != self._texts.get(part):
            self._texts[part] = content
            self.query_one(f"#{part}", Static).update(content)

    def action_back(self) -> None:
        """Go back to Ask."""
        self.app.switch_mode("ask")

    def action_copy(self) -> None:
        """Copy the page as plain text."""
        self.app.copy_to_clipboard("\n".join(text.plain for text in self._texts.values()))
        self.query_one(MessageLine).say("copied")
