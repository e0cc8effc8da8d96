"""Explain the figures of the panel with those of the run that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.mixture.scoring import DEPTH
from tui.drawing.cells import counted

if TYPE_CHECKING:
    from engine.events import GateReceipt
    from engine.run.state import PanelRow, RunState


def run_figures(state: RunState) -> str:
    """Say how the persona that earned most came to its figures, and why others were not called; empty without a run."""
    scored = [row for row in state.rows.values() if row.scored is not None]
    if not scored:
        return ""
    best = max(scored, key=lambda row: (row.reward or 0.0, -row.number))
    refused = [f"{row.persona_id} was not called: {row.reason}." for row in state.rows.values() if not row.activated]
    receipt = [_gate(best.receipt)] if best.receipt else []
    return "\n".join(["In this run:", _earned(state, best), *receipt, *refused])


def _earned(state: RunState, row: PanelRow) -> str:
    cited = {citation.passage for citation in state.answer.citations} if state.answer else set()
    first = row.output.passages[:DEPTH] if row.output else ()
    own_share = f"{len(cited.intersection(first))} of {counted(len(cited), 'cited passage')} among its own first five"
    return f"{row.persona_id} earned {row.reward or 0.0:.2f}: {own_share}. vs usual: {row.change or 0.0:+.2f}."


def _gate(receipt: GateReceipt) -> str:
    parts = f"{receipt.expected:.2f} expected, {receipt.bonus:+.2f} bonus, {receipt.expertise:+.2f} for its expertise"
    return (
        f"The gate gave it {receipt.score:.2f} ({parts}, -{receipt.cost:.2f} cost), where {receipt.threshold:.2f} is "
        f"enough. Its evidence counts {receipt.voice:.2f} times."
    )
