"""The panel and its scores in one table: who was called, why, and what it was worth."""

from rich.text import Text

from tui.cells import colour_of, fit, score, title
from tui.run_view import PanelRow, RunView
from tui.widgets.line_pane import LinePane

WIDE = 58
STATE_MARKS = {"active": "A", "stable": "S", "experimental": "E", "pruned": "P"}
SCORES = "gate rel con nov ent tot crd"


class PanelTable(LinePane):
    """One line a persona: a mark for its seat, its state, the gate's score, four scores, total and credit.

    A resting persona shows the gate's reason where the others show scores.
    """

    BORDER_TITLE = " Panel "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._rows: list[PanelRow] = []
        self._shown: tuple[str, int] | None = None

    def show(self, view: RunView) -> None:
        """Draw the view's panel if it changed."""
        shown = (view.run_id, view.panel_changes)
        if shown != self._shown:
            self._shown, self._rows = shown, view.panel()
            seats = sum(row.activated for row in self._rows)
            self.border_title = title(f"Panel · {seats} of {len(self._rows)} called" if self._rows else "Panel")
            self.resized_to(len(self._rows) + 1)

    def line_at(self, index: int, width: int) -> Text:
        """The head line, then one line a persona."""
        name = max(width - 2 - (13 if width >= WIDE else 2) - len(SCORES), 6)
        if not index:
            state = fit("state", 13) if width >= WIDE else "s "
            return Text(f"  {fit('persona', name)}{state}{SCORES}", "dim")
        return self._persona(self._rows[index - 1], name, width)

    def _persona(self, row: PanelRow, name: int, width: int) -> Text:
        colour = colour_of(row.place) if row.activated else "dim"
        state = fit(row.state, 13) if width >= WIDE else f"{STATE_MARKS.get(row.state, '?')} "
        line = Text.assemble(
            (f"{'●' if row.activated else '○'} {fit(row.persona_id, name - 1)} ", colour), (state, "dim")
        )
        line.append(score(row.gate), "" if row.activated else "dim")
        if not row.activated:
            return line.append(f" {fit(f'resting: {row.reason}', width - line.cell_len - 1)}", "dim")
        scores = row.scores
        figures = (scores.relevance, scores.consistency, scores.novelty, scores.entity_grounding) if scores else ()
        line.append("".join(score(figure) for figure in figures or (None,) * 4))
        line.append(score(scores.total if scores else None), "bold")
        return line.append(score(row.credit))
