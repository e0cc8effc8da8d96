"""The runs of the history as lines: only the visible ones are made, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.geometry import Region
from textual.message import Message

from db.runs.history import Outcome
from tui.drawing.cells import fit, local_time, plain
from tui.drawing.marks import ANSWERED, CANCELLED, CHOSEN, FAILED, UNANSWERED
from tui.run.judgement_text import judgement_marks, judgement_sign
from tui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.events import Click
    from textual.strip import Strip

    from db.runs.history import RunSummary
    from engine.run.feedback import Judgements

WIDE = 70
OUTCOMES = {
    Outcome.ANSWERED: f"{ANSWERED} answered",
    Outcome.UNANSWERED: f"{UNANSWERED} no answer",
    Outcome.CANCELLED: f"{CANCELLED} cancelled",
    Outcome.FAILED: f"{FAILED} failed",
}
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class RunRow:
    """What one line shows: the run (None if it was deleted meanwhile), the user's marks, whether it is chosen."""

    run: RunSummary | None
    judged: Judgements = field(default_factory=dict)
    chosen: bool = False


def duration(ms: float) -> str:
    """How long a run took, in six cells: ` 83 ms`, ` 7.4 s`, `12.5 m`, ` 3.0 h`."""
    seconds = ms / 1000
    if ms < 1000:  # noqa: PLR2004 - a second
        return f"{ms:>3.0f} ms"
    figure, unit = (seconds, "s") if seconds < MINUTE else (seconds / MINUTE, "m")
    figure, unit = (seconds / HOUR, "h") if seconds >= HOUR else (figure, unit)
    return f"{figure:>4.1f} {unit}"[:6]


def run_line(row: RunRow, width: int) -> Text:
    """`*+ when  outcome  time  question`; a narrow one has the day without the year, and of the outcome the mark."""
    run = row.run
    mark = CHOSEN if row.chosen else " "
    if run is None:
        return Text(f"{mark}  {fit('deleted', width - 3)}", "dim")
    when, outcome = local_time(run.at), OUTCOMES[run.outcome]
    told = f"{when[5:]} {outcome[0]} "
    if width >= WIDE:
        told = f"{when}  {fit(outcome, 11)} {duration(run.duration_ms)}  "
    line = Text.assemble((f"{mark}{judgement_sign(row.judged)} ", "bold"), (told, "dim"))
    return line.append(fit(run.question, width - line.cell_len))


def run_facts(run: RunSummary, judged: Judgements) -> str:
    """What a run was made of, and what the user said of it, in one line."""
    best = f"best persona {plain(run.top_persona)} · " if run.top_persona else ""
    made_of = f"{best}{run.passages} passages · {plain(run.model) if run.model else 'no model'}"
    return f"{made_of} · judged {judgement_marks(judged)}" if judged else made_of


class RunTable(LinePane):
    """One line a run, with a cursor; `row` gives what stands in a line, or None until that was read.

    `note` stands there while there are none.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-table--cursor", "run-table--away"}

    @dataclass
    class Moved(Message):
        """The cursor or the visible part changed: what is in sight may have to be read."""

    def __init__(self, row: Callable[[int], RunRow | None], *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._row = row
        self.cursor = 0
        self.note = ""

    @property
    def in_sight(self) -> range:
        """The numbers of the visible lines."""
        return range(self.top, min(self.top + max(self.size.height, 1), self.lines))

    def show(self, lines: int, *, cursor: int | None = None) -> None:
        """There are `lines` runs; draw them anew, with the cursor at `cursor` or where it is.

        Nothing is drawn for runs that only follow below what is in sight.
        """
        if cursor is None and lines >= self.lines >= self.top + self.size.height:
            self.lines = lines
            return
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, lines - 1))
        self.resized_to(lines)
        self._follow()

    def line_at(self, index: int, width: int) -> Text:
        """The line of one run; the cursor's stands out, more so while the table has the focus."""
        row = self._row(index)
        line = Text(f"   {fit('…', width - 3)}", "dim") if row is None else run_line(row, width)
        if index == self.cursor:
            line.stylize(self.get_component_rich_style(f"run-table--{'cursor' if self.has_focus else 'away'}"))
        return line

    def render_line(self, y: int) -> Strip:
        """As every pane, but an empty one says why."""
        if not self.lines and not y:
            return self._strip(Text(fit(self.note, self.size.width), "dim"))
        return super().render_line(y)

    @property
    def place(self) -> int:
        """The cursor."""
        return self.cursor

    def go(self, to: int) -> None:
        """The cursor goes to this line, or to the nearest there is."""
        before, top = self.cursor, self.top
        self.cursor = max(0, min(to, self.lines - 1))
        self._follow()
        if self.top == top:
            for line in {before, self.cursor}:
                self.refresh(Region(0, line - top, self.size.width, 1))
        if self.cursor != before:
            self.post_message(self.Moved())

    def _follow(self) -> None:
        """Keep the cursor in sight."""
        height = max(self.size.height, 1)
        self._scroll(min(max(self.top, self.cursor - height + 1), self.cursor))

    def _scroll(self, top: int) -> None:
        before = self.top
        super()._scroll(top)
        if self.top != before:
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Another number of lines is in sight."""
        self._follow()
        self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        """The cursor goes where the mouse is."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self.go(self.top + offset.y)
