"""What a run that has told nothing for a while is waiting for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.state import Phase

if TYPE_CHECKING:
    from engine.run.state import RunState

PATIENCE = 2
"""Seconds without a word from which it is said what the run waits for."""


class Silence:
    """Counts the `seconds` in which the state of a run did not change."""

    def __init__(self) -> None:
        self.seconds = 0
        self._changes: tuple[object, ...] = ()

    def lasts(self, state: RunState) -> bool:
        """Count a second; True once the silence has to be explained."""
        changes = state.phase, state.panel_changes, state.log_changes, state.answer_changes, len(state.degraded)
        self.seconds = self.seconds + 1 if changes == self._changes else 0
        self._changes = changes
        return self.seconds >= PATIENCE


def waiting_words(state: RunState) -> str:
    """Return what a run does at the model, or waits for there; nothing while it works by itself."""
    if state.finished:
        return ""
    if not state.run_id or (state.quotations and not state.model):
        return "looking for the model"
    if state.is_read_by_model and state.phase is Phase.WRITING:
        return "the model reads"
    is_at_model = state.model and state.phase in {Phase.WALKING, Phase.SCORING, Phase.WRITING}
    return "waiting for the model" if is_at_model else ""


def waiting_for(state: RunState, seconds: int) -> str:
    """Return what a silent run waits for, and how long it has been silent; nothing before `PATIENCE`."""
    if seconds < PATIENCE or state.finished:
        return ""
    return ", ".join(filter(None, (waiting_words(state), f"{seconds} s")))
