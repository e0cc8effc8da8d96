"""The runs of the history as lines: only the visible ones are made, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text

from tui.drawing.cells import counted, fit, local_time, plain
from tui.drawing.marks import CHOSEN
from tui.run.judgement_text import judgement_marks, judgement_sign
from tui.run.progress_text import outcome_text
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.strip import Strip

    from db.runs.summary import RunSummary
    from engine.run.state import Judgements

WIDE = 70
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
    when, outcome = local_time(run.at), outcome_text(run.outcome)
    columns = f"{when[5:]} {outcome[0]} "
    if width >= WIDE:
        columns = f"{when}  {fit(outcome, 12)} {duration(run.duration_ms)}  "
    line = Text.assemble((f"{mark}{judgement_sign(row.judged)} ", "bold"), (columns, "dim"))
    return line.append(fit(run.question, width - line.cell_len))


def run_facts(run: RunSummary, judged: Judgements) -> str:
    """What a run was made of, and what the user said of it, in one line."""
    best = f"best persona {plain(run.top_persona)} · " if run.top_persona else ""
    made_of = f"{best}{counted(run.passages, 'passage')} · {plain(run.model) if run.model else 'no model'}"
    return f"{made_of} · judged {judgement_marks(judged)}" if judged else made_of


class RunTable(CursorPane):
    """One line a run; `row` gives the content of a line, or None until that was read.

    `note` is drawn while there are no runs. `Moved` is posted also when other lines come into sight, for they may have
    to be read.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"run-table--cursor", "run-table--away"}

    def __init__(self, row: Callable[[int], RunRow | None], *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._row = row
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
        self.resized_to(lines)
        if cursor is not None:
            self.point_to(cursor)

    def entry_at(self, index: int, width: int) -> Text:
        """Build the line of one run."""
        row = self._row(index)
        return Text(f"   {fit('…', width - 3)}", "dim") if row is None else run_line(row, width)

    def under_cursor(self, entry: Text) -> Text:
        """Mark the line of the cursor by the colours of the theme."""
        entry.stylize(self.get_component_rich_style(f"run-table--{'cursor' if self.has_focus else 'away'}"))
        return entry

    def render_line(self, y: int) -> Strip:
        """Draw a line as every pane does, or the note of an empty table."""
        if not self.lines and not y:
            return self._strip(Text(fit(self.note, self.size.width), "dim"))
        return super().render_line(y)

    def set_top(self, line: int) -> None:
        """Scroll, and post `Moved` if other lines are in sight."""
        previous = self.top
        super().set_top(line)
        if self.top != previous:
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Post `Moved`: another number of lines is in sight."""
        self.post_message(self.Moved())
