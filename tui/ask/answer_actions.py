"""What can be done with the answer of a run: judge it, copy or save it, open what it stands on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from engine.errors import PersonaMoeError
from engine.events import Citation, RecordedEvent
from tui.drawing.cells import plain
from tui.run.judgement_text import feedback_text
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tui.ask.source_list import SourceList
    from tui.ask.walk_log import WalkLog
    from tui.run.feed import RunFeed
    from tui.session.session import Session
    from tui.terminal.frame_pacing import Pace


class AnswerScreen(Screen[None]):
    """Base of the screen that shows a run: `feed` holds it, `pace` draws it, a `MessageLine` tells what was done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="copy", tooltip="Copy the answer and its sources (OSC 52)"),
        Binding("w", "save", "Save", show=False, id="save", tooltip="Write the answer to a Markdown or JSON file"),
    ]

    feed: RunFeed
    pace: Pace

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    @property
    def busy(self) -> bool:
        """Whether a run goes on."""
        raise NotImplementedError

    @property
    def _cited(self) -> tuple[Citation, ...]:
        return self.feed.view.answer.citations if self.feed.view.answer else ()

    def on_source_list_opened(self, event: SourceList.Opened) -> None:
        """Enter on a source opens the document at its quote."""
        self._open(self._cited or (event.citation,), event.citation)

    def action_cited(self, n: int) -> None:
        """A digit opens the citation with that number."""
        for citation in self._cited:
            if citation.n == n:
                self._open(self._cited, citation)

    def _open(self, citations: Sequence[Citation], citation: Citation) -> None:
        from tui.source.screen import SourceScreen  # noqa: PLC0415 - not needed for the first paint

        self.app.push_screen(SourceScreen(self.session.library, citations, citations.index(citation)))

    def on_walk_log_opened(self, event: WalkLog.Opened) -> None:
        """Enter on a step opens the passage that it came to."""
        self._open_passage(event.step.target_id, event.step.title)

    @work(group="passage", exclusive=True)
    async def _open_passage(self, passage_id: str, title: str) -> None:
        found = await asyncio.to_thread(self.session.library.passage, passage_id, title)
        if found is None:
            self.query_one(MessageLine).complain(f"{title}: this passage is not in the library any more")
        else:
            cited = Citation(0, found.source, found.title, found.start, found.end, found.text, found.id)
            self._open([cited], cited)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        if action == "judge":
            return self.can_be_judged
        if action in {"copy", "save", "cited"}:
            return self.feed.view.answer is not None
        return super().check_action(action, parameters)

    def action_copy(self) -> None:
        """The answer with its sources as plain text."""
        answer = self.feed.view.answer
        if answer is None:
            return
        sources = [f"[{c.n}] {plain(c.title)} ({c.source}): “{plain(c.quote)}”" for c in answer.citations]
        self.app.copy_to_clipboard("\n".join((answer.answer, "", *sources)))
        self.notify("Copied. Inside tmux this needs `set -g set-clipboard on`.", markup=False)

    def action_save(self) -> None:
        """The result as a file, for OSC 52 does not come through everywhere."""
        from tui.run.result import RunReport  # noqa: PLC0415 - not needed for the first paint
        from tui.widgets.save_prompt import SaveScreen  # noqa: PLC0415 - not needed for the first paint

        report = RunReport()
        for event in self.feed.events:
            report.note(RecordedEvent(0.0, event))
        self.app.push_screen(SaveScreen(report.result()), self._saved)

    def _saved(self, path: Path | None) -> None:
        if path is not None:
            self.query_one(MessageLine).say(f"written to {path}")

    @property
    def can_be_judged(self) -> bool:
        """Whether a run is over and cites something."""
        answer = self.feed.view.answer
        return not self.busy and answer is not None and bool(answer.citations)

    def action_judge(self, liked: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Say that the citation under the cursor, or else the answer, is good or bad."""
        sources = cast("SourceList", self.query_one("#sources"))
        self._judge(self.feed.view.run_id, liked=liked, citation=sources.chosen)

    @work(group="judge")
    async def _judge(self, run_id: str, *, liked: bool, citation: int | None) -> None:
        message = self.query_one(MessageLine)
        try:
            given = await asyncio.to_thread(self.session.runs.judge, run_id, liked=liked, citation=citation)
        except PersonaMoeError as error:
            message.complain(str(error))
        else:
            message.say(feedback_text(given))
            if self.feed.view.run_id == run_id:
                self.feed.view.judge({**self.feed.view.judged, citation: liked})
                self.pace.mark()
