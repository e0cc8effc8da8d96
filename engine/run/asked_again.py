"""A question that is asked again by the user's marks."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.events import Citation
from engine.run.state import RunState


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """How the question was read, and the marks: ids of passages, liked or not."""

    understood: str
    context_names: tuple[str, ...]
    marks: Mapping[str, bool]


def asked_again(state: RunState, citation: Citation, *, liked: bool) -> AskedAgain:
    """Return how to ask the question of a run again after one more citation was marked."""
    context_names = state.read.context_names if state.read else ()
    return AskedAgain(state.understood, context_names, {**state.marks, citation.passage: liked})
