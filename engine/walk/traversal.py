"""How a persona walks: from its starting points along the links that its traits prefer, a beam of paths at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from engine.personas.persona import Persona
from engine.personas.traits import WalkParameters, walk_parameters
from engine.walk.graph import Node
from engine.walk.neighbourhood import Column, Neighbourhood

_KEPT = 4  # paths kept of a step for each one that is followed
_SURE = 1.5  # no path counts as surer than this
_MENTION_BONUS = 0.4  # of the bonus for a title: a passage that mentions a name of the question
_TITLE_AHEAD = 1 / 3  # of that bonus: a link to a passage whose title the question names


class PersonaTraversalInterface(ABC):
    """What anything that walks a graph on behalf of a persona can be asked."""

    @abstractmethod
    def evaluate_node_relevance(self, persona: Persona, node: Node) -> float:
        """How relevant the node is to the persona's search, in [0, 1]."""

    @abstractmethod
    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> list[Node]:
        """Which of the available nodes the persona would go to next, the most promising first."""


class Path(NamedTuple):
    """Passages by number, from a starting point on; its value; and per term how well it covers the question."""

    nodes: tuple[int, ...]
    value: float
    covered: "np.ndarray"


class Walk(NamedTuple):
    """What a persona found: a score for each passage, and the paths it kept, best first within each step."""

    scores: dict[int, float]
    paths: list[Path]

    def ranking(self) -> list[int]:
        """The passages, best first."""
        return sorted(self.scores, key=lambda number: (-self.scores[number], number))


class TraitTraversal(PersonaTraversalInterface):
    """The walk that a persona's traits describe (`engine.personas.traits`), over one question's neighbourhood.

    The next passage is worth the question terms that the path has not covered yet plus the link there; values
    multiply along the path. A passage counts with its best path whole, and with the others in part.
    """

    def __init__(
        self, neighbourhood: Neighbourhood, parameters: Callable[[Persona], WalkParameters] = walk_parameters
    ) -> None:
        self._around = neighbourhood
        self._parameters = parameters
        self._plainly: dict[int, tuple[np.ndarray, float, float]] = {}  # cover of a start and its values

    def evaluate_node_relevance(self, persona: Persona, node: Node) -> float:
        """The value of starting at the node, as a share of the highest one that a start could have."""
        parameters = self._parameters(persona)
        highest = 1.0 + parameters.title_bonus * (1 + _MENTION_BONUS)
        return min(1.0, self._start(int(node.data["number"]), parameters).value / highest)

    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> list[Node]:
        """See `PersonaTraversalInterface`: nodes that no link leads to are left out."""
        parameters = self._parameters(persona)
        start = self._start(int(current_node.data["number"]), parameters)
        by_number = {int(node.data["number"]): node for node in available_nodes}
        return [by_number[path.nodes[-1]] for path in self._step([start], parameters) if path.nodes[-1] in by_number]

    def walk(self, persona: Persona) -> Walk:
        """The whole walk. The same neighbourhood and traits give the same walk."""
        parameters = self._parameters(persona)
        paths = beam = self._starts(parameters) if parameters.seeds else []
        for _ in range(parameters.hops):
            beam = self._step(beam[: parameters.beam], parameters)
            paths = paths + beam
        return Walk(self._scores(paths, parameters) if parameters.seeds else self._plain(), paths)

    def _starts(self, parameters: WalkParameters) -> list[Path]:
        around = self._around
        numbers = [number for number, _ in around.first[: parameters.seeds]]
        starts = dict.fromkeys([*numbers, *around.titled, *around.naming])
        paths = [self._start(number, parameters) for number in starts]
        return sorted(paths, key=lambda path: (-path.value, path.nodes))

    def _start(self, number: int, parameters: WalkParameters) -> Path:
        if (known := self._plainly.get(number)) is None:
            cover, question = np.array(self._around.open(number).cover), self._around.question
            worth = question.weights * cover
            known = self._plainly[number] = cover, float(worth.sum()), float(worth @ question.resolved)
        cover, whole, resolved = known
        titled = self._around.titled.get(number, 0.0)
        value = whole if titled else whole - parameters.anchor * resolved
        value += parameters.title_bonus * (titled + _MENTION_BONUS * self._around.naming.get(number, 0.0))
        return Path((number,), value, cover)

    def _step(self, beam: list[Path], parameters: WalkParameters) -> list[Path]:
        """Every link out of every path at once; the best paths that come of it."""
        opened = [self._around.links(path.nodes[-1]) for path in beam]
        tables = [each.table for each in opened if each.links]
        if not tables:
            return []
        table = np.concatenate(tables)
        targets = [link.target for each in opened for link in each.links or ()]
        parents = [place for place, each in enumerate(opened) for _ in each.links or ()]
        covered = np.array([path.covered for path in beam])[parents]
        covers = table[:, Column.COVERS :]
        gain = (covers * (1 - parameters.focus * covered)) @ self._around.question.weights
        sure = np.array([min(path.value, _SURE) for path in beam])[parents]
        value = sure * (parameters.gain_weight * gain + table[:, : Column.COVERS] @ _link_weights(parameters))
        rows: dict[tuple[int, ...], int] = {}
        for row in np.argsort(-value, kind="stable").tolist():
            before, target = beam[parents[row]].nodes, targets[row]
            if target not in before:
                rows.setdefault((*before, target), row)
                if len(rows) == _KEPT * parameters.beam:
                    break
        chosen = list(rows.values())
        return list(map(Path, rows, value[chosen].tolist(), np.maximum(covered[chosen], covers[chosen])))

    def _scores(self, paths: list[Path], parameters: WalkParameters) -> dict[int, float]:
        scores: dict[int, float] = {}
        for path in paths:
            last = path.nodes[-1]
            old = scores.get(last, 0.0)
            scores[last] = max(old, path.value) + parameters.corroboration * min(old, path.value)
        return scores

    def _plain(self) -> dict[int, float]:
        """The plain hits, the best being 1."""
        first = self._around.first
        return {number: score / first[0][1] for number, score in first}


def _link_weights(parameters: WalkParameters) -> "np.ndarray":
    """What each figure of a link is worth to the persona, whatever stands at the link's end (see `Column`)."""
    rarity, relation = parameters.link_weight * parameters.rarity, parameters.link_weight * parameters.relation_weight
    shared = parameters.shared
    return np.array([rarity, relation, shared * rarity, shared * relation, parameters.title_bonus * _TITLE_AHEAD])
