"""The user's judgements of a run in words and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.drawing.marks import ARROW, JUDGEMENTS, MIXED

if TYPE_CHECKING:
    from engine.run.feedback import FeedbackGiven
    from engine.run.state import Judgements


def judgement_marks(judged: Judgements) -> str:
    """Write the judgements of one run in signs: `+` for the answer, `[2]-` for a citation."""
    ordered = sorted(judged.items(), key=lambda item: item[0] or 0)
    return " ".join(f"{'' if n is None else f'[{n}]'}{JUDGEMENTS[liked]}" for n, liked in ordered)


def judgement_sign(judged: Judgements) -> str:
    """Write the judgements of one run in one sign; a space if there are none."""
    signs = {JUDGEMENTS[liked] for liked in judged.values()}
    return MIXED if len(signs) > 1 else "".join(signs) or " "


def feedback_text(feedback: FeedbackGiven) -> str:
    """Say in one line whose mean reward rose, fell or stayed, who changed state, and which kinds of evidence count."""
    signs: dict[str, list[str]] = {"+": [], "-": [], "=": []}
    for name, (old_mean, new_mean) in feedback.means.items():
        signs["+" if new_mean > old_mean else "-" if new_mean < old_mean else "="].append(name)
    changes = [f"{sign} {', '.join(names)}" for sign, names in signs.items() if names]
    changes += [f"{event.persona_id}: {event.before} {ARROW} {event.after}" for event in feedback.transitions]
    changes += [f"evidence by {kind} counts {factor:g} times" for kind, factor in feedback.factors.items()]
    return f"noted for {feedback.judgement.subject}: {' · '.join(changes)}"
