"""The walk, live: one line a step. A bounded log drawn at a fixed rate, so its cost does not follow the run's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, assert_never

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.events import CycleStarted, GateReceipt, PersonaBorn, PersonaStepped, PersonaTransitioned
from engine.run.state import LogEntry, RunState
from tui.ask.panel_table import gate_sums
from tui.drawing.cells import colour_of, fit, plain, score, title
from tui.drawing.marks import ARROW, LINE
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDE = 50


class WalkLog(CursorPane):
    """The gate's calls with their sums, then `persona hop  title  via  score` for each step; enter opens a step.

    It follows the end until the reader moves up or pauses it: then it stays still, whatever comes. It can show one
    persona alone.
    """

    BORDER_TITLE = " Walk "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Passage", id="walk.open", tooltip="Open the passage of the step under the cursor"),
        Binding("f", "filter", "Filter", id="walk.filter", tooltip="Show one persona alone, the next one, or all"),
        Binding("p", "pause", "Follow", show=False, id="walk.follow", tooltip="Stand still, or follow the run"),
        Binding("0", "pick(0)", "All", show=False, id="walk.all", tooltip="Show all personas"),
        *(
            Binding(str(n), f"pick({n})", f"Persona {n}", show=False, id=f"walk.persona{n}",
                    tooltip=f"Show the persona with number {n} of the panel alone")
            for n in range(1, 10)
        ),
    ]  # fmt: skip

    @dataclass
    class Opened(Message):
        """The user wants to read the passage to which a step led."""

        step: PersonaStepped

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._view = RunState()
        self._drawn_state: tuple[str, int] | None = None
        self._entries: Sequence[LogEntry] = ()
        self.following = True
        self.only = ""

    def show(self, view: RunState) -> None:
        """Draw the view's log if it changed."""
        state = (view.run_id, view.log_changes)
        if view is not self._view:
            self.following, self.only = True, ""
        if state != self._drawn_state or view is not self._view:
            self._view, self._drawn_state = view, state
            self._draw()

    def _draw(self) -> None:
        """Draw the log as it is now, unless it stays still: then only its title says that there is more."""
        if self.following or not self._entries:
            self._entries = self._selected()
            self.cursor = max(len(self._entries) - 1, 0)
        self._retitle()
        self.resized_to(len(self._entries))

    def _selected(self) -> Sequence[LogEntry]:
        entries = list(self._view.log)
        if not self.only:
            return entries
        return [e for e in entries if isinstance(e, CycleStarted) or e.persona_id == self.only]

    def _retitle(self) -> None:
        row = self._view.rows.get(self.only)
        steps = row.steps if row else self._view.steps
        paused = "" if self.following else "stands"
        parts = ["Walk", paused, plain(self.only), f"{steps:,} steps" if steps else ""]
        self.border_title = title(" · ".join(part for part in parts if part))

    # -- the keys ---------------------------------------------------------------------------------------------

    def move_to(self, line: int) -> None:
        """Move the cursor; upwards the log stops following, at its last line it follows again."""
        follows = line >= self.lines - 1
        if follows != self.following:
            self.action_pause()
        if not follows:
            super().move_to(line)

    def wheel(self, by: int) -> None:
        """Move the cursor by some lines."""
        self.move_to(self.cursor + by)

    def action_pause(self) -> None:
        """Stay still, or follow."""
        self.following = not self.following
        self._draw()

    def action_filter(self) -> None:
        """Show the next persona that walked alone, after the last one all."""
        names = ["", *(row.persona_id for row in self._view.panel() if row.activated)]
        self._show_only(names[(names.index(self.only) + 1) % len(names)] if self.only in names else "")

    def action_pick(self, number: int) -> None:
        """Show the persona with this number of the panel alone; 0 for all."""
        panel = self._view.panel()
        if not number:
            self._show_only("")
        elif number <= len(panel):
            self._show_only(panel[number - 1].persona_id)

    def _show_only(self, persona_id: str) -> None:
        self.only = persona_id
        self._entries = self._selected()
        self._draw()

    def action_open(self) -> None:
        """Post the step under the cursor; other lines have no passage."""
        if self.cursor < len(self._entries):
            entry = self._entries[self.cursor]
            if isinstance(entry, PersonaStepped):
                self.post_message(self.Opened(entry))

    # -- the lines --------------------------------------------------------------------------------------------

    def under_cursor(self, entry: Text) -> Text:
        """Reverse the line of the cursor, while the log has the focus."""
        if self.has_focus:
            entry.stylize("reverse")
        return entry

    def entry_at(self, index: int, width: int) -> Text:
        """Build the line of the entry `index` of the log, oldest first."""
        match self._entries[index]:
            case PersonaStepped() as step:
                return self._step(step, width)
            case CycleStarted(cycle=cycle):
                return Text(fit(f"cycle {cycle} ".ljust(width, LINE), width), "dim")
            case GateReceipt() as receipt:
                return self._receipt(receipt, width)
            case PersonaTransitioned() as move:
                return Text(fit(f"{move.persona_id}: {move.before} {ARROW} {move.after} ({move.rule})", width), "bold")
            case PersonaBorn() as child:
                return Text(fit(f"{child.persona_id} is born of {' and '.join(child.parents)}", width), "bold")
            case _ as never:
                assert_never(never)

    def _step(self, step: PersonaStepped, width: int) -> Text:
        name, hop = (12, 2) if width >= WIDE else (8, 1)
        room = width - name - hop - 6
        # On a narrow pane the link takes what the title leaves: two columns would cut both.
        title_cells = round(room * 0.55) if width >= WIDE else min(cell_len(plain(step.title)), room - 1)
        return Text.assemble(
            (f"{fit(step.persona_id, name)} ", colour_of(self._view.number_of(step.persona_id))),
            (f"{fit(str(step.step), hop)} ", "dim"),
            fit(step.title, title_cells),
            (f" {fit(step.via, room - title_cells - 1)}", "dim"),
            score(step.score),
        )

    def _receipt(self, receipt: GateReceipt, width: int) -> Text:
        """Show the sum by which the gate called the persona."""
        name = 12 if width >= WIDE else 8
        sums = f"{'called ' if width >= WIDE else ''}{gate_sums(receipt)}"
        colour = colour_of(self._view.number_of(receipt.persona_id))
        return Text.assemble((f"{fit(receipt.persona_id, name)} ", colour), (fit(sums, width - name - 1), "dim"))
