"""The line that a question is typed on, with what it can do by itself: recall, search backwards, complete, paste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from tui.ask.ask_input import LONGEST, AskInput
from tui.ask.question_history import DRAFT
from tui.ask.recall import Recall

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.worker import Worker

    from tui.session.library import ScopedLibrary
    from tui.session.runs import Runs


class QuestionBar(Horizontal):
    """A label and the input; posts the question to be asked, and what the user should be told."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_search", "Leave", id="search.leave", tooltip="End the search, back to what was typed"),
        Binding("up", "older", "Older", show=False, id="older", tooltip="The question that was asked before this one"),
        Binding("down", "newer", "Newer", show=False, id="newer", tooltip="The next newer one, at last what was typed"),
        Binding(
            "ctrl+r", "search", "Search", show=False, id="search", tooltip="Find an earlier question; again: older"
        ),
    ]

    @dataclass
    class Asked(Message):
        """A question is to be asked."""

        question: str

    @dataclass
    class Told(Message):
        """Something was `done` to the line, or cannot be."""

        words: str
        done: bool

    @dataclass
    class Filled(Message):
        """Something is typed now, or nothing any more."""

        filled: bool

    def __init__(self, runs: Runs, library: ScopedLibrary, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self.line = AskInput(id="ask")
        self._recall = Recall(runs, library, self.line, lambda words: self._tell(words, done=False))
        self._filled = self._is_outdated = False
        self._looking: Worker[None] | None = None
        self.completing = False

    def compose(self) -> ComposeResult:
        """What is done on the line, and the line."""
        yield Label("Ask", id="ask-label")
        yield self.line

    def note(self, question: str) -> None:
        """A question is asked: the line is empty for the next one, and `up` brings this one back."""
        self.line.clear()
        self._recall.history.note(question)

    def _tell(self, words: str, *, done: bool) -> None:
        self.post_message(self.Told(words, done))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter asks, in a search what was found."""
        event.stop()
        if not self.line.searching:
            self.post_message(self.Asked(event.value))
        elif self._recall.has_found:
            self.post_message(self.Asked(self._leave_search(taking=True)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look for what is typed."""
        event.stop()
        if bool(event.value) is not self._filled:
            self._filled = bool(event.value)
            self.post_message(self.Filled(self._filled))
        if self.line.searching or (self._recall.is_new(event.value) and self.completing):
            self._look_up_soon()

    def _look_up_soon(self) -> None:
        """Look for what is typed once the last look is over: one for each key of a burst would take minutes."""
        self._is_outdated = True
        if self._looking is None or self._looking.is_finished:
            self._looking = self.run_worker(self._look_up(), group="look up")

    async def _look_up(self) -> None:
        while self._is_outdated:
            self._is_outdated = False
            await (self._recall.look_up() if self.line.searching else self._recall.complete())

    def on_ask_input_refused(self, event: AskInput.Refused) -> None:
        """Say what to do with a text that is too long."""
        event.stop()
        words = f"{event.characters:,} characters are too many for a question ({LONGEST:,} at most): "
        self._tell(words + "put them into a file, and that into the library", done=False)

    def on_ask_input_taken(self, event: AskInput.Taken) -> None:
        """The question that was found is to be changed."""
        event.stop()
        self._leave_search(taking=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Down leads to the panes below where there is no newer question."""
        if action == "leave_search":
            return self.line.searching
        if action == "newer":
            return self.line.searching or self._recall.history.position != DRAFT
        return super().check_action(action, parameters)

    def action_older(self) -> None:
        """The question before the one on the line."""
        if not self.line.searching:
            self.run_worker(self._recall.older(), group="recall")

    def action_newer(self) -> None:
        """The question after the one on the line."""
        if not self.line.searching:
            self.run_worker(self._recall.newer(), group="recall")

    def action_search(self) -> None:
        """Search backwards, or on to an older one."""
        self.query_one("#ask-label", Label).update("Find")
        self.run_worker(self._recall.search(), group="recall")
        self.call_after_refresh(self.refresh_bindings)

    def action_leave_search(self) -> None:
        """Back to what was typed before the search."""
        self._leave_search(taking=False)

    def _leave_search(self, *, taking: bool) -> str:
        self.query_one("#ask-label", Label).update("Ask")
        self.call_after_refresh(self.refresh_bindings)
        return self._recall.leave_search(taking=taking)
