"""Who says what: the statements of the personas of a run, each with those that rest on the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.text.safe import one_line
from tui.drawing.cells import short_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.run.state import RunState


def persona_lines(state: RunState) -> Iterator[str]:
    """Yield a line for each statement: who agrees on it, or who is alone with it, its words and its source."""
    from engine.answer.persona_statements import groups_of  # noqa: PLC0415 - after the first paint

    for names, claim in groups_of({name: written.claims for name, written in state.claims.items()}):
        speakers = f"{', '.join(names)} agree" if len(names) > 1 else f"{names[0]} alone"
        text = f"\u201c{one_line(claim.text)}\u201d" if claim.text == claim.quote else one_line(claim.text)
        yield f"{one_line(speakers)}: {text} ({short_source(claim.source)})"
