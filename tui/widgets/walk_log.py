"""The walk, live: one line a step. A bounded deque drawn at a fixed rate, so its cost does not follow the run's."""

from typing import assert_never

from rich.cells import cell_len
from rich.text import Text

from engine.events import CycleStarted, GateReceipt, PersonaBorn, PersonaStepped, PersonaTransitioned
from tui.cells import colour_of, fit, plain, score, title
from tui.run_view import LogEntry, RunView
from tui.widgets.line_pane import LinePane

WIDE = 50


class WalkLog(LinePane):
    """Who was called why, then `persona  title  via  score` for each step.

    It follows the end unless the reader has scrolled up.
    """

    BORDER_TITLE = " Walk "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._view = RunView()
        self._shown: tuple[str, int] | None = None

    def show(self, view: RunView) -> None:
        """Draw the view's log if it changed."""
        shown = (view.run_id, view.log_changes)
        if shown != self._shown or view is not self._view:
            self._view, self._shown = view, shown
            self.border_title = title(f"Walk · {view.steps:,} steps" if view.steps else "Walk")
            self.resized_to(len(view.log), follow=True)

    def line_at(self, index: int, width: int) -> Text:
        """The entry `index` of the log, oldest first."""
        entry: LogEntry = self._view.log[index]
        match entry:
            case PersonaStepped():
                return self._step(entry, width)
            case CycleStarted():
                return Text(fit(f"cycle {entry.cycle} ".ljust(width, "─"), width), "dim")
            case GateReceipt():
                return self._receipt(entry, width)
            case PersonaTransitioned():
                return self._transition(entry, width)
            case PersonaBorn():
                return Text(fit(f"{entry.persona_id} is born of {' and '.join(entry.parents)}", width), "bold")
            case _ as never:
                assert_never(never)

    def _step(self, step: PersonaStepped, width: int) -> Text:
        name = 12 if width >= WIDE else 8
        rest = width - name - 5
        # On a narrow pane the link takes what the title leaves: two columns would cut both.
        shown = round(rest * 0.55) if width >= WIDE else min(cell_len(plain(step.title)), rest - 1)
        return Text.assemble(
            (f"{fit(step.persona_id, name)} ", colour_of(self._view.place_of(step.persona_id))),
            fit(step.title, shown),
            (f" {fit(step.via, rest - shown - 1)}", "dim"),
            score(step.score),
        )

    def _receipt(self, receipt: GateReceipt, width: int) -> Text:
        """What the gate added up: reward expected, bonus, match of expertise, less the cost; and the voice it gave."""
        name = 12 if width >= WIDE else 8
        expected, bonus, match, cost, total, voice = (
            score(figure).strip()
            for figure in (
                receipt.expected, receipt.bonus, receipt.expertise, receipt.cost, receipt.score, receipt.voice,
            )
        )  # fmt: skip
        told = f"{expected}+{bonus}+{match}-{cost}"
        told = f"called {told}={total} voice {voice}" if width >= WIDE else f"{told} voice {voice}"
        colour = colour_of(self._view.place_of(receipt.persona_id))
        return Text.assemble((f"{fit(receipt.persona_id, name)} ", colour), (fit(told, width - name - 1), "dim"))

    def _transition(self, moved: PersonaTransitioned, width: int) -> Text:
        return Text(fit(f"{moved.persona_id}: {moved.before} → {moved.after} ({moved.rule})", width), "bold")
