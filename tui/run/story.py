"""How the cited passages of a run were found: the path from the question to each, and which personas came there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.events import PersonaStepped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.events import Citation
    from engine.run.state import RunState

TITLE_IN_QUESTION = "title"
"""The `via` of a step to a passage whose title is a name of the question; a search found the other first passages."""

_FirstSteps = dict[str, dict[str, PersonaStepped]]


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A cited passage: the `numbers` of its citations, the `path` of steps to it, the `personas` that came there.

    The path is the one that most of those personas walked; it is empty if no step to the passage is known.
    """

    numbers: tuple[int, ...]
    title: str
    path: tuple[PersonaStepped, ...]
    personas: tuple[str, ...]


def story_of(state: RunState) -> list[CitedPassage]:
    """Return how each cited passage of a run was found, in the order of the citations."""
    if state.answer is None:
        return []
    first_steps = _first_steps(state)
    cited: dict[str, list[Citation]] = {}
    for citation in state.answer.citations:
        cited.setdefault(citation.passage or citation.source, []).append(citation)
    return [_how_found(passage, citations, first_steps) for passage, citations in cited.items()]


def is_by_link(step: PersonaStepped) -> bool:
    """Tell whether a step followed a link from another passage; others are a search, or a title in the question."""
    return bool(step.source_id)


def _first_steps(state: RunState) -> _FirstSteps:
    """Map each persona to the first step by which it came to each passage."""
    first_steps: _FirstSteps = {}
    for entry in state.log:
        if isinstance(entry, PersonaStepped):
            first_steps.setdefault(entry.persona_id, {}).setdefault(entry.target_id, entry)
    return first_steps


def _how_found(passage: str, citations: Sequence[Citation], first_steps: _FirstSteps) -> CitedPassage:
    paths = {name: _path(passage, steps) for name, steps in first_steps.items() if passage in steps}
    numbers = tuple(citation.n for citation in citations)
    return CitedPassage(numbers, citations[0].title, _most_walked(paths.values()), tuple(paths))


def _path(passage: str, steps: dict[str, PersonaStepped]) -> tuple[PersonaStepped, ...]:
    """Return the steps of one persona from the question to a passage."""
    path: list[PersonaStepped] = []
    while passage in steps and steps[passage] not in path:
        path.append(steps[passage])
        passage = steps[passage].source_id
    return tuple(reversed(path))


def _most_walked(paths: Iterable[tuple[PersonaStepped, ...]]) -> tuple[PersonaStepped, ...]:
    """Return the path that most personas walked, among equals the longest: it says most."""
    passages_of = [(tuple(step.target_id for step in path), path) for path in paths]
    by_passages, counts = dict(passages_of), Counter(passages for passages, _ in passages_of)
    best = max(by_passages, key=lambda passages: (counts[passages], len(passages)), default=())
    return by_passages.get(best, ())
