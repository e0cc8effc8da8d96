"""How far a run is, in words and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.run.state import Outcome, Phase
from tui.drawing import marks

if TYPE_CHECKING:
    from engine.run.state import RunState

OUTCOME_SIGNS = {
    Outcome.ANSWERED: marks.ANSWERED,
    Outcome.UNANSWERED: marks.UNANSWERED,
    Outcome.CANCELLED: marks.CANCELLED,
    Outcome.FAILED: marks.FAILED,
}
PHASE_WORDS = {
    Phase.READY: "ready",
    Phase.ASKING: "asking other machines",
    Phase.READING: "reading the question",
    Phase.CHOOSING: "choosing the panel",
    Phase.WALKING: "walking",
    Phase.SCORING: "scoring",
    Phase.WRITING: "writing",
}


def outcome_text(outcome: Outcome) -> str:
    """Name an outcome after its sign."""
    return f"{OUTCOME_SIGNS[outcome]} {outcome}"


def progress_words(state: RunState) -> str:
    """Name the outcome of a run, or what it is doing."""
    return state.outcome or PHASE_WORDS[state.phase]


def progress_text(state: RunState) -> str:
    """`progress_words` after a sign, with the cycle of a walk if it is not the first."""
    if state.outcome:
        return outcome_text(state.outcome)
    cycle = f", cycle {state.cycle}" if state.phase is Phase.WALKING and state.cycle > 1 else ""
    sign = marks.READY if state.phase is Phase.READY else marks.RUNNING
    return f"{sign} {progress_words(state)}{cycle}"
