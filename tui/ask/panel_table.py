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
    from collections.abc import Callable

    from engine.events import GateReceipt
    from engine.run.state import PanelRow, RunState

WITH_GATE, WITH_STATE, WITH_NODE = 50, 68, 84
"""Widths in cells from which the scores come with the gate's score, the state in full, and the last step."""
PASSED_OVER = 3
"""Draws of the walk that leave the table as it is: nobody reads where eight personas are twelve times a second."""


class Columns(StrEnum):
    """What the table shows of each persona."""

    WALK = "walk"
    SCORES = "scores"
    GATE = "gate"


class Figure(NamedTuple):
    """A column of figures: its head, and how to read it off a row."""

    head: str
    of: Callable[[PanelRow], float | None]


def _score_of(name: str) -> Callable[[PanelRow], float | None]:
    return lambda row: None if row.scores is None else float(getattr(row.scores, name))


GATE = Figure("gate", lambda row: row.gate)
CHANGE = Figure("chg", lambda row: row.change)
SCORES = (
    Figure("rel", _score_of("relevance")),
    Figure("con", _score_of("consistency")),
    Figure("nov", _score_of("novelty")),
    Figure("ent", _score_of("entity_grounding")),
    Figure("tot", _score_of("total")),
    Figure("crd", lambda row: row.credit),
    CHANGE,
)
ORDERS = (*SCORES[4:], GATE, *SCORES[:4], Figure("steps", lambda row: float(row.steps)))
"""What the rows can be sorted by, one after the other; before the first, they stand in the gate's order."""


def signed(value: float | None) -> str:
    """A difference in five cells, its sign always shown: `chg` stands apart from the score beside it."""
    if value is None:
        return "    ·"
    return f" {value:+.2f}".replace("0.", ".", 1)[:5] if abs(value) < 1 else f" {value:+.1f}"


class PanelTable(LinePane):
    """One line a persona: a mark for how far it is, its number, its state, and the columns of the moment.

    A resting persona shows the gate's reason. By itself the table shows the walk, then the scores.
    """

    BORDER_TITLE = " Panel "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="panel.sort", tooltip="Sort by total, credit, change, gate, ... and back"),
        Binding("S", "reverse", "Reverse", show=False, id="panel.reverse", tooltip="Sort the other way round"),
        Binding("v", "columns", "Columns", id="panel.columns", tooltip="Show the walk, the scores or the gate's sums"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._view: RunState | None = None
        self._rows: list[PanelRow] = []
        self._numbers: dict[str, int] = {}
        self._shown: tuple[object, ...] = ()
        self._steps = self._passed_over = 0
        self._chosen: Columns | None = None
        self._order: int | None = None
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
        self._rows = panel if self._order is None else self._sorted(panel, ORDERS[self._order])
        seats = sum(row.activated for row in panel)
        name = f"Panel · {seats} of {len(panel)} called" if panel else "Panel"
        if self._order is not None:
            name += f" · by {ORDERS[self._order].head} {ASCENDING if self._upwards else DESCENDING}"
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
        following = 0 if self._order is None else self._order + 1
        self._order = following if following < len(ORDERS) else None
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
        figures = self._figures(width)
        state = 13 if width >= WITH_STATE else 2
        node = width // 4 if figures and width >= WITH_NODE else 0
        room = width - 3 - state - _width(figures)
        name = max(min(room - node, 14), 6) if figures else 11
        room = room - name
        if not index:
            head = Text(f"   {fit('persona', name)}{fit('state' if state > len('state') else 's', state)}", "dim")
            for figure in figures:
                head.append(f"{figure.head:>{_width((figure,))}}", "bold underline" if figure is self._by else "dim")
            gap = 2 if node else int(self.columns is Columns.GATE)
            return head.append(" " * gap + fit(self._last_head(bool(node)), room - gap), "dim")
        return self._persona(self._rows[index - 1], figures, (name, state, room), node=bool(node))

    @property
    def _by(self) -> Figure | None:
        return None if self._order is None else ORDERS[self._order]

    def _figures(self, width: int) -> tuple[Figure, ...]:
        """The columns of figures that there is room for; none beside the walk and the gate's sums."""
        if self.columns is not Columns.SCORES:
            return ()
        return (GATE, *SCORES) if width >= WITH_GATE else SCORES

    def _last_head(self, node: bool) -> str:  # noqa: FBT001 - whether there is such a column
        if self.columns is Columns.GATE:
            return "expected+bonus+match-cost=gate, voice"
        return "at" if node else "gate steps at" if self.columns is Columns.WALK else ""

    def _persona(self, row: PanelRow, figures: tuple[Figure, ...], widths: tuple[int, int, int], *, node: bool) -> Text:
        name, state, room = widths
        colour = colour_of(row.number) if row.activated else "dim"
        state_text = fit(row.state, state) if state > len("state") else fit(row.state[:1].upper(), 2)
        number = self._numbers.get(row.persona_id, 0)
        mark = f"{_mark(row)}{number if number < 10 else ' '} "  # noqa: PLR2004 - a digit is a key
        line = Text.assemble((f"{mark}{fit(row.persona_id, name - 1)} ", colour), (state_text, "dim"))
        if not row.activated:
            width = room + _width(figures)
            return line.append(score(row.gate), "dim").append(f" {fit(f'resting: {row.reason}', width - 5)}", "dim")
        for figure in figures:
            write = signed if figure is CHANGE else score
            line.append(write(figure.of(row)), "bold" if figure.head == "tot" else "")
        if self.columns is Columns.WALK:
            return line.append(score(row.gate)).append(f"{row.steps:>6} ").append(fit(_at(row), room - 11))
        if self.columns is Columns.GATE:
            return line.append(f" {fit(gate_sums(row.receipt) if row.receipt else '', room - 1)}", "dim")
        return line.append(f"  {fit(_at(row) if node else '', room - 2)}", "dim")


def _width(figures: tuple[Figure, ...]) -> int:
    return sum(5 if figure is CHANGE else 4 for figure in figures)


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
