"""Earlier questions, and what can be done with one: open, replay, ask again, compare, export, delete, bring back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from engine.errors import PersonaMoeError
from engine.events import RunStarted
from tui.history.run_table import RunTable
from tui.history.search import RunsScreen
from tui.run.comparison import compare, compared
from tui.run.result import RunReport
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from db.runs.history import RunSummary
    from engine.events import RecordedEvent

CUT = "…"
KEYS_OF_A_RUN = frozenset({"open", "ask", "compare", "export", "delete", "undo"})


class HistoryScreen(RunsScreen):
    """The table of runs with the keys of a run; what is shown of it elsewhere is asked for by messages."""

    TITLE = "History"
    LEGEND = "outcome: what became of the question; + and - behind it are your own judgements."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open(False)", "Open", id="open", tooltip="Open the finished run with its sources"),
        Binding("p", "open(True)", "Replay", id="replay", tooltip="Watch the run again, from its beginning"),
        Binding("a", "ask", "Ask again", id="history.ask", tooltip="Ask the same question again, now"),
        Binding("c", "compare", "Compare", id="history.compare", tooltip="Choose one run, then another to compare"),
        Binding("e", "export", "Export", id="export", tooltip="Write the run to a Markdown or JSON file"),
        Binding("D,delete", "delete", "Delete", id="delete", tooltip="Delete the run; u brings it back"),
        Binding("u", "undo", "Undo", show=False, id="undo", tooltip="Bring back the run that was deleted last"),
    ]

    @dataclass
    class RunWanted(Message):
        """A run is to be shown: its end, or from its beginning on; `recorded` are its events."""

        recorded: Sequence[RecordedEvent]
        play: bool

    @dataclass
    class QuestionWanted(Message):
        """A question is to be asked again."""

        question: str

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, its letters are no keys."""
        if action in KEYS_OF_A_RUN:
            return not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Leave the search, the chosen run, then the screen: one at a time."""
        if self.chosen is not None and not self.query_one(LineInput).is_open:
            self._choose(None)
        else:
            super().action_back()

    def action_open(self, play: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Show the run on the ask screen, its end or from its beginning on."""
        if (run := self.highlighted()) is not None:
            self._open(run, play=play)

    @work(group="run", exclusive=True)
    async def _open(self, run: RunSummary, *, play: bool) -> None:
        recorded = await self._recorded(run)
        if recorded:
            self.post_message(self.RunWanted(recorded, play))

    async def _recorded(self, run: RunSummary) -> Sequence[RecordedEvent]:
        """The events of a run; nothing if they cannot be read, and then that was told."""
        try:
            recorded = await asyncio.to_thread(self.session.runs.replay, run.run_id)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return ()
        if not recorded:
            self.query_one(MessageLine).complain("nothing of this run was recorded")
        return recorded

    def action_ask(self) -> None:
        """Ask the question of the run again."""
        if (run := self.highlighted()) is not None:
            self._ask(run)

    @work(group="run", exclusive=True)
    async def _ask(self, run: RunSummary) -> None:
        question = run.question
        if question.endswith(CUT):  # the summary has only its beginning
            begun = [one.event for one in await self._recorded(run) if isinstance(one.event, RunStarted)]
            if not begun:
                return
            question = begun[0].question
        self.post_message(self.QuestionWanted(question))

    def action_compare(self) -> None:
        """Choose the run, or compare it with the one that was chosen."""
        run, chosen = self.highlighted(), self.chosen
        if run is None:
            return
        self._choose(run if chosen is None else None)
        if chosen is not None and chosen != run:
            self.query_one(MessageLine).clear()
            self._compare(chosen, run)

    def _choose(self, run: RunSummary | None) -> None:
        self.chosen = run
        words = "chosen: c on another run compares the two, esc forgets it" if run else "no run is chosen any more"
        self.query_one(MessageLine).say(words)
        self.query_one(RunTable).refresh()

    @work(group="run", exclusive=True)
    async def _compare(self, first: RunSummary, second: RunSummary) -> None:
        from tui.history.compare_screen import RunCompareScreen  # noqa: PLC0415 - only now

        one, other = await self._recorded(first), await self._recorded(second)
        if one and other:
            comparison = compare(compared(first, one), compared(second, other))
            self.app.push_screen(RunCompareScreen(comparison, self.session.settings.screen.keymap))

    def action_delete(self) -> None:
        """Delete the run; it can be brought back."""
        if (run := self.highlighted()) is not None:
            self.forget(run)
            self._delete(run)

    @work(group="trash")
    async def _delete(self, run: RunSummary) -> None:
        message = self.query_one(MessageLine)
        try:
            await asyncio.to_thread(self.session.runs.trash.delete, [run.run_id])
        except PersonaMoeError as error:
            message.complain(str(error))
        else:
            message.say("deleted; u brings it back for a day (the ledger keeps what personas earned)")
            self.chosen = None if self.chosen == run else self.chosen
        self.look_again()

    @work(group="trash")
    async def action_undo(self) -> None:
        """Bring back what was deleted last."""
        message = self.query_one(MessageLine)
        try:
            restored = await asyncio.to_thread(self.session.runs.trash.restore)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        more = f" and {len(restored) - 1} more" if restored[1:] else ""
        message.say(f"back again: {restored[0].question}{more}")
        self.look_again(at=restored[0].run_id)

    def action_export(self) -> None:
        """Ask for the name of a file, and write the run to it."""
        if (run := self.highlighted()) is not None:
            self._export(run)

    @work(group="run", exclusive=True)
    async def _export(self, run: RunSummary) -> None:
        from tui.widgets.save_prompt import SaveScreen  # noqa: PLC0415 - only now

        self.query_one(MessageLine).clear()
        if recorded := await self._recorded(run):
            self.app.push_screen(SaveScreen(RunReport.of(run, recorded)), self._exported)

    def _exported(self, path: Path | None) -> None:
        if path is not None:
            self.query_one(MessageLine).say(f"written to {path}")
