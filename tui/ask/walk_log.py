"""The walk, live: one line a step. A bounded log drawn at a fixed rate, so its cost does not follow the run's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, assert_never

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.events import CycleStarted, GateReceipt, PersonaBorn, PersonaStepped, PersonaTransitioned
from tui.ask.panel_table import gate_sums
from tui.drawing.cells import colour_of, fit, plain, score, title
from tui.run.state import LogEntry, RunView
from tui.widgets.line_pane import WHEEL_LINES, LinePane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Blur, Focus

WIDE = 50


class WalkLog(LinePane):
    """Who was called why, then `persona hop  title  via  score` for each step; enter opens the one under the cursor.

    It follows the end until the reader moves up or pauses it: then it stands still, whatever comes. It can show
    one persona alone.
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
        """The passage that a step came to is wanted."""

        step: PersonaStepped

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._view = RunView()
        self._shown: tuple[str, int] | None = None
        self._entries: Sequence[LogEntry] = ()
        self.cursor = 0
        self.following = True
        self.only = ""

    def show(self, view: RunView) -> None:
        """Draw the view's log if it changed."""
        shown = (view.run_id, view.log_changes)
        if view is not self._view:
            self.following, self.only = True, ""
        if shown != self._shown or view is not self._view:
            self._view, self._shown = view, shown
            self._draw()

    def _draw(self) -> None:
        """The log as it is now, unless it stands still: then only its title tells that there is more."""
        if self.following or not self._entries:
            self._entries = self._wanted()
            self.cursor = max(len(self._entries) - 1, 0)
        self._retitle()
        self.resized_to(len(self._entries))
        self._reveal()

    def _wanted(self) -> Sequence[LogEntry]:
        entries = list(self._view.log)
        if not self.only:
            return entries
        return [e for e in entries if isinstance(e, CycleStarted) or e.persona_id == self.only]

    def _retitle(self) -> None:
        row = self._view.rows.get(self.only)
        steps = row.steps if row else self._view.steps
        stands = "" if self.following else "stands"
        parts = ["Walk", stands, plain(self.only), f"{steps:,} steps" if steps else ""]
        self.border_title = title(" · ".join(part for part in parts if part))

    def _reveal(self) -> None:
        """Bring the cursor into sight."""
        self.top = max(min(self.top, self.cursor), self.cursor - max(self.size.height, 1) + 1)
        self.top = min(self.top, self.last_top)

    def on_resize(self) -> None:
        """Keep the cursor in sight when the pane changes its height."""
        super().on_resize()
        self._reveal()

    def on_focus(self, _event: Focus) -> None:
        """The cursor is shown."""
        self.refresh()

    def on_blur(self, _event: Blur) -> None:
        """The cursor is not shown any more."""
        self.refresh()

    # -- the keys ---------------------------------------------------------------------------------------------

    @property
    def place(self) -> int:
        """The cursor."""
        return self.cursor

    def go(self, to: int) -> None:
        """Move the cursor; upwards the log stops following, at its last line it follows again."""
        last = max(len(self._entries) - 1, 0)
        follows = to >= last
        if follows != self.following:
            self.following = follows
            self._draw()
        if not follows:
            self.cursor = max(to, 0)
            self._reveal()
        self.refresh()

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self.go(self.cursor - WHEEL_LINES)

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self.go(self.cursor + WHEEL_LINES)

    def action_pause(self) -> None:
        """Stand still, or follow."""
        self.following = not self.following
        self._draw()

    def action_filter(self) -> None:
        """The next of those that walked alone, after the last one all."""
        names = ["", *(row.persona_id for row in self._view.panel() if row.activated)]
        self._show_only(names[(names.index(self.only) + 1) % len(names)] if self.only in names else "")

    def action_pick(self, number: int) -> None:
        """The persona with this number of the panel alone; 0 for all."""
        panel = self._view.panel()
        if not number:
            self._show_only("")
        elif number <= len(panel):
            self._show_only(panel[number - 1].persona_id)

    def _show_only(self, persona_id: str) -> None:
        self.only = persona_id
        self._entries = self._wanted()
        self.cursor = min(self.cursor, max(len(self._entries) - 1, 0))
        self._draw()

    def action_open(self) -> None:
        """Ask for the passage under the cursor; other lines have none."""
        if self.cursor < len(self._entries):
            entry = self._entries[self.cursor]
            if isinstance(entry, PersonaStepped):
                self.post_message(self.Opened(entry))

    # -- the lines --------------------------------------------------------------------------------------------

    def line_at(self, index: int, width: int) -> Text:
        """The entry `index` of the log, oldest first; the cursor is shown while the log has the focus."""
        line = self._line(self._entries[index], width)
        if index == self.cursor and self.has_focus:
            line.stylize("reverse")
        return line

    def _line(self, entry: LogEntry, width: int) -> Text:
        match entry:
            case PersonaStepped():
                return self._step(entry, width)
            case CycleStarted():
                return Text(fit(f"cycle {entry.cycle} ".ljust(width, "─"), width), "dim")
            case GateReceipt():
                return self._receipt(entry, width)
            case PersonaTransitioned():
                return Text(fit(f"{entry.persona_id}: {entry.before} → {entry.after} ({entry.rule})", width), "bold")
            case PersonaBorn():
                return Text(fit(f"{entry.persona_id} is born of {' and '.join(entry.parents)}", width), "bold")
            case _ as never:
                assert_never(never)

    def _step(self, step: PersonaStepped, width: int) -> Text:
        name, hop = (12, 2) if width >= WIDE else (8, 1)
        rest = width - name - hop - 6
        # On a narrow pane the link takes what the title leaves: two columns would cut both.
        shown = round(rest * 0.55) if width >= WIDE else min(cell_len(plain(step.title)), rest - 1)
        return Text.assemble(
            (f"{fit(step.persona_id, name)} ", colour_of(self._view.place_of(step.persona_id))),
            (f"{fit(str(step.step), hop)} ", "dim"),
            fit(step.title, shown),
            (f" {fit(step.via, rest - shown - 1)}", "dim"),
            score(step.score),
        )

    def _receipt(self, receipt: GateReceipt, width: int) -> Text:
        """What the gate added up when it called the persona."""
        name = 12 if width >= WIDE else 8
        told = f"{'called ' if width >= WIDE else ''}{gate_sums(receipt)}"
        colour = colour_of(self._view.place_of(receipt.persona_id))
        return Text.assemble((f"{fit(receipt.persona_id, name)} ", colour), (fit(told, width - name - 1), "dim"))
