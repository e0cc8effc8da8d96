"""A question that is asked again by the user's marks."""

from dataclasses import dataclass

from engine.events import Citation, Mark
from engine.run.state import RunState


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """How the question was read, and the quotations that were judged."""

    understood: str
    context_names: tuple[str, ...]
    marks: tuple[Mark, ...]


def asked_again(state: RunState, citation: Citation, *, liked: bool) -> AskedAgain:
    """Return how to ask the question of a run again after one more citation was marked."""
    context_names = state.read.context_names if state.read else ()
    mark = Mark(citation.passage, citation.start, citation.end, liked)
    earlier = [other for other in state.marks if not other.overlaps(mark.passage, mark.start, mark.end)]
    return AskedAgain(state.understood, context_names, (*earlier, mark))
