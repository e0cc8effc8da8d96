"""The panel in one table: who was called and why, where each one is, and what it was worth."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType

from tui.drawing.cells import colour_of, fit, score, title
from tui.drawing.marks import ASCENDING, BACK, CALLED, DESCENDING, RESTING, WALKING
from tui.widgets.line_pane import LinePane

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.events import GateReceipt
    from engine.run.state import PanelRow, RunState

WITH_STATE, WITH_NODE = 60, 84
"""Widths in cells from which the scores come with the state, and with the last step."""
LEAST_NODE = 12
"""Cells without which the title of the last step is left out."""
PASSED_OVER = 3
"""Draws of the walk that leave the table as it is: nobody reads where eight personas are twelve times a second."""


class Columns(StrEnum):
    """What the table shows of each persona."""

    WALK = "walk"
    SCORES = "scores"
    GATE = "gate"


class Figure(NamedTuple):
    """A column of figures: its head, how to read it off a row, and the score whose weight it needs (empty: none)."""

    head: str
    of: Callable[[PanelRow], float | None]
    weighed_as: str = ""

    @property
    def width(self) -> int:
        """Cells of the column, with a blank before it."""
        return max(len(self.head), 5) + 1


def _score_of(name: str) -> Callable[[PanelRow], float | None]:
    return lambda row: None if row.scores is None else float(getattr(row.scores, name))


CHANGE = Figure("vs usual", lambda row: row.change)
SCORES = (
    Figure("earned", lambda row: row.reward),
    CHANGE,
    Figure("agrees", _score_of("consistency"), "consistency"),
    Figure("new", _score_of("novelty"), "novelty"),
    Figure("on topic", _score_of("relevance"), "relevance"),
    Figure("has names", _score_of("entity_grounding"), "entity_grounding"),
    Figure("gate", lambda row: row.gate),
)
"""The most telling first: a narrow table shows as many as it has room for."""
STEPS = Figure("steps", lambda row: float(row.steps))


def signed(value: float | None) -> str:
    """A difference in five cells, its sign always shown: it stands apart from the score beside it."""
    if value is None:
        return "    ·"
    return f" {value:+.2f}".replace("0.", ".", 1)[:5] if abs(value) < 1 else f" {value:+.1f}"


class PanelTable(LinePane):
    """One line a persona: a mark for how far it is, its number, its state, and the columns of the moment.

    A persona that was not called shows why. By itself the table shows the walk, then what was earned. `weights` are
    those of the scores in the settings; a score that weighs nothing is not shown.
    """

    BORDER_TITLE = " Panel "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="panel.sort", tooltip="Sort by what was earned, vs usual, ... and back"),
        Binding("S", "reverse", "Reverse", show=False, id="panel.reverse", tooltip="Sort the other way round"),
        Binding("v", "columns", "Columns", id="panel.columns", tooltip="Show the walk, the scores or the gate's sums"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self.weights: Mapping[str, float] = {}
        self._view: RunState | None = None
        self._rows: list[PanelRow] = []
        self._numbers: dict[str, int] = {}
        self._shown: tuple[object, ...] = ()
        self._steps = self._passed_over = 0
        self._chosen: Columns | None = None
        self._by: Figure | None = None
        self._upwards = False

    @property
    def columns(self) -> Columns:
        """What the user chose, else the walk until there are scores."""
        scored = any(row.scores for row in self._rows)
        return self._chosen or (Columns.SCORES if scored else Columns.WALK)

    def show(self, view: RunState) -> None:
        """Draw the view's panel if it changed; the walk changes with every step."""
        if view is not self._view:
            self._view, self._chosen = view, None
        counts = (view.run_id, view.panel_changes, view.finished)
        walks = view.steps != self._steps and (self.columns is Columns.WALK or self.size.width >= WITH_NODE)
        self._passed_over += walks
        if counts != self._shown or self._passed_over > PASSED_OVER:
            self._shown, self._steps, self._passed_over = counts, view.steps, 0
            self._draw()

    def _draw(self) -> None:
        panel = self._view.panel() if self._view is not None else []
        self._numbers = {row.persona_id: number for number, row in enumerate(panel, start=1)}
        self._rows = panel if self._by is None else self._sorted(panel, self._by)
        seats = sum(row.activated for row in panel)
        name = f"Panel · {seats} of {len(panel)} called" if panel else "Panel"
        if self._by is not None:
            name += f" · by {self._by.head} {ASCENDING if self._upwards else DESCENDING}"
        self.border_title = title(name)
        self.resized_to(len(panel) + 1)

    def _sorted(self, rows: list[PanelRow], by: Figure) -> list[PanelRow]:
        """The rows by one figure, the highest first or last; those without it stay at the end."""
        sign = 1 if self._upwards else -1

        def key(row: PanelRow) -> tuple[bool, float]:
            value = by.of(row)
            return value is None, sign * (value or 0.0)

        return sorted(rows, key=key)

    def action_sort(self) -> None:
        """Sort by the next figure, after the last one by the gate's order again."""
        orders = (None, *self._shown_scores, STEPS)
        position = orders.index(self._by) if self._by in orders else 0
        self._by = orders[(position + 1) % len(orders)]
        self._draw()

    def action_reverse(self) -> None:
        """The lowest first, or the highest again."""
        self._upwards = not self._upwards
        self._draw()

    def action_columns(self) -> None:
        """Show the next kind of columns."""
        kinds = list(Columns)
        self._chosen = kinds[(kinds.index(self.columns) + 1) % len(kinds)]
        self._draw()

    # -- the lines --------------------------------------------------------------------------------------------

    def line_at(self, index: int, width: int) -> Text:
        """The head line, then one line a persona."""
        state = 13 if width >= WITH_STATE else 0
        room = width - 3 - state
        name = min(14 if state else 12, max(room // 3, 6))
        figures, room = self._figures(room - name, has_node=width >= WITH_NODE)
        if index:
            return self._persona(self._rows[index - 1], figures, (name, state, room))
        head = Text(f"   {fit('persona', name)}{fit('state', state)}", "dim")
        for figure in figures:
            head.append(f"{figure.head:>{figure.width}}", "bold underline" if figure is self._by else "dim")
        return head.append(self._last_head(room)[:room].ljust(room), "dim")

    @property
    def _shown_scores(self) -> tuple[Figure, ...]:
        return tuple(figure for figure in SCORES if not figure.weighed_as or self.weights.get(figure.weighed_as))

    def _figures(self, room: int, *, has_node: bool) -> tuple[tuple[Figure, ...], int]:
        """The columns of figures that fit, and the cells that they leave; none beside the walk and the gate's sums."""
        figures: list[Figure] = []
        reserved = room // 4 if has_node else 0
        for figure in self._shown_scores if self.columns is Columns.SCORES else ():
            if room - figure.width < reserved:
                break
            figures.append(figure)
            room -= figure.width
        return tuple(figures), room

    def _last_head(self, room: int) -> str:
        if self.columns is Columns.GATE:
            return " expected+bonus+match-cost=gate, voice"
        if self.columns is Columns.WALK:
            return " steps  now at"
        return "  last at" if room >= LEAST_NODE else ""

    def _persona(self, row: PanelRow, figures: tuple[Figure, ...], widths: tuple[int, int, int]) -> Text:
        name, state, room = widths
        colour = colour_of(row.number) if row.activated else "dim"
        number = self._numbers.get(row.persona_id, 0)
        mark = f"{_mark(row)}{number if number < 10 else ' '} "  # noqa: PLR2004 - a digit is a key
        line = Text.assemble((f"{mark}{fit(row.persona_id, name - 1)} ", colour), (fit(row.state, state), "dim"))
        if not row.activated:
            return line.append(f" {fit(f'not called: {row.reason}', room + _width(figures) - 1)}", "dim")
        for figure in figures:
            write = signed if figure is CHANGE else score
            line.append(f"{write(figure.of(row)):>{figure.width}}")
        if self.columns is Columns.WALK:
            return line.append(f"{row.steps:>6}  ").append(fit(_at(row), room - 8))
        if self.columns is Columns.GATE:
            return line.append(f" {fit(gate_sums(row.receipt) if row.receipt else '', room - 1)}", "dim")
        return line.append("  " + fit(_at(row), room - 2) if room >= LEAST_NODE else " " * room, "dim")


def _width(figures: tuple[Figure, ...]) -> int:
    return sum(figure.width for figure in figures)


def _mark(row: PanelRow) -> str:
    """How far a persona is: resting, called, walking, or back."""
    if not row.activated:
        return RESTING
    return BACK if row.output else WALKING if row.steps else CALLED


def _at(row: PanelRow) -> str:
    """Where it is."""
    return row.title if row.steps else "waits" if not row.output else "found nothing"


def gate_sums(receipt: GateReceipt) -> str:
    """What the gate added up: reward expected, bonus, match of expertise, less the cost; and the voice it gave."""
    figures = (receipt.expected, receipt.bonus, receipt.expertise, receipt.cost, receipt.score, receipt.voice)
    expected, bonus, match, cost, total, voice = (score(figure).strip() for figure in figures)
    return f"{expected}+{bonus}+{match}-{cost}={total} voice {voice}"
