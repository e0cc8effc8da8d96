"""Walk from passage to passage along the links that a persona's traits prefer, a beam of paths at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from engine.personas.persona import Persona
from engine.personas.traits import WalkParameters, walk_parameters
from engine.walk.graph import Node
from engine.walk.neighbourhood import Column, Neighbourhood

_RECORDED = 4  # paths recorded at a step for each one that is followed
_HIGHEST = 1.5  # value above which the value of a path does not raise that of its continuations
_MENTION_BONUS = 0.4  # share of the title bonus for a passage that mentions a name of the question
_TITLE_AHEAD = 1 / 3  # share of the title bonus for a link to a passage whose title the question names


class PersonaTraversalInterface(ABC):
    """Walks a graph for a persona (the article's interface)."""

    @abstractmethod
    def evaluate_node_relevance(self, persona: Persona, node: Node) -> float:
        """Return how relevant the node is to the persona's search, in [0, 1]."""

    @abstractmethod
    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> list[Node]:
        """Return the available nodes to which the persona would go next, best first."""


class Path(NamedTuple):
    """Passage numbers from a start on, the path's value, and to which degree it covers each term (shape: terms)."""

    nodes: tuple[int, ...]
    value: float
    covered: "np.ndarray"


class Walk(NamedTuple):
    """What a persona found: a score for each passage, and the recorded paths, best first within each step."""

    scores: dict[int, float]
    paths: list[Path]

    def ranking(self) -> list[int]:
        """Return the passages, best first."""
        return sorted(self.scores, key=lambda number: (-self.scores[number], number))


class TraitTraversal(PersonaTraversalInterface):
    """The walk that a persona's traits describe (`engine.personas.traits`), over one question's neighbourhood.

    A step's value is that of the question terms that the path has not covered yet, plus that of the link; values
    multiply along the path. A passage's score is the value of its best path, plus a part of its other paths' values.
    """

    def __init__(
        self, neighbourhood: Neighbourhood, parameters: Callable[[Persona], WalkParameters] = walk_parameters
    ) -> None:
        self._neighbourhood = neighbourhood
        self._parameters = parameters
        # By passage: its cover, the weight that it covers, and the weight of covered terms that names account for.
        self._covered_weights: dict[int, tuple[np.ndarray, float, float]] = {}

    def evaluate_node_relevance(self, persona: Persona, node: Node) -> float:
        """Return the value of starting at the node, as a share of the highest value that a start could have."""
        parameters = self._parameters(persona)
        highest = 1.0 + parameters.title_bonus * (1 + _MENTION_BONUS)
        return min(1.0, self._start(int(node.data["number"]), parameters).value / highest)

    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> list[Node]:
        """See `PersonaTraversalInterface`; nodes to which no link leads are left out."""
        parameters = self._parameters(persona)
        start = self._start(int(current_node.data["number"]), parameters)
        by_number = {int(node.data["number"]): node for node in available_nodes}
        return [by_number[path.nodes[-1]] for path in self._step([start], parameters) if path.nodes[-1] in by_number]

    def walk(self, persona: Persona) -> Walk:
        """Return the whole walk; the same neighbourhood and traits give the same walk."""
        parameters = self._parameters(persona)
        paths = beam = self._starts(parameters) if parameters.seeds else []
        for _ in range(parameters.hops):
            beam = self._step(beam[: parameters.beam], parameters)
            paths = paths + beam
        return Walk(self._scores(paths, parameters) if parameters.seeds else self._plain_scores(), paths)

    def _starts(self, parameters: WalkParameters) -> list[Path]:
        neighbourhood = self._neighbourhood
        hits = [number for number, _ in neighbourhood.first[: parameters.seeds]]
        starts = dict.fromkeys([*hits, *neighbourhood.titled, *neighbourhood.naming])
        paths = [self._start(number, parameters) for number in starts]
        return sorted(paths, key=lambda path: (-path.value, path.nodes))

    def _start(self, number: int, parameters: WalkParameters) -> Path:
        neighbourhood = self._neighbourhood
        if (weights := self._covered_weights.get(number)) is None:
            cover, question = np.array(neighbourhood.open(number).cover), neighbourhood.question
            covered = question.weights * cover
            weights = self._covered_weights[number] = cover, float(covered.sum()), float(covered @ question.resolved)
        cover, total, resolved = weights
        titled = neighbourhood.titled.get(number, 0.0)
        value = total if titled else total - parameters.anchor * resolved
        value += parameters.title_bonus * (titled + _MENTION_BONUS * neighbourhood.naming.get(number, 0.0))
        return Path((number,), value, cover)

    def _step(self, beam: list[Path], parameters: WalkParameters) -> list[Path]:
        """Extend every path by every link out of its end, and return the best of the new paths."""
        neighbourhood = self._neighbourhood
        ends = [path.nodes[-1] for path in beam]
        targets = [(parent, link.target) for parent, end in enumerate(ends) for link in neighbourhood.links(end)]
        if not targets:
            return []
        table = np.concatenate([neighbourhood.link_table(end) for end in ends if neighbourhood.links(end)])
        parents = [parent for parent, _ in targets]
        covered = np.array([path.covered for path in beam])[parents]
        covers = table[:, Column.COVERS :]
        gain = (covers * (1 - parameters.focus * covered)) @ neighbourhood.question.weights
        parent_value = np.array([min(path.value, _HIGHEST) for path in beam])[parents]
        value = parent_value * (parameters.gain_weight * gain + table[:, : Column.COVERS] @ _link_weights(parameters))
        rows: dict[tuple[int, ...], int] = {}
        for row in np.argsort(-value, kind="stable").tolist():
            parent, target = targets[row]
            nodes = beam[parent].nodes
            if target not in nodes:
                rows.setdefault((*nodes, target), row)
                if len(rows) == _RECORDED * parameters.beam:
                    break
        chosen = list(rows.values())
        return list(map(Path, rows, value[chosen].tolist(), np.maximum(covered[chosen], covers[chosen])))

    def _scores(self, paths: list[Path], parameters: WalkParameters) -> dict[int, float]:
        scores: dict[int, float] = {}
        for path in paths:
            end = path.nodes[-1]
            old = scores.get(end, 0.0)
            scores[end] = max(old, path.value) + parameters.corroboration * min(old, path.value)
        return scores

    def _plain_scores(self) -> dict[int, float]:
        """Return the scores of the plain hits as shares of the best."""
        first = self._neighbourhood.first
        return {number: score / first[0][1] for number, score in first}


def _link_weights(parameters: WalkParameters) -> "np.ndarray":
    """Return the weights of the figures of a link, shape (5,), in the order of `Column`."""
    rarity, relation = parameters.link_weight * parameters.rarity, parameters.link_weight * parameters.relation_weight
    shared = parameters.shared
    return np.array([rarity, relation, shared * rarity, shared * relation, parameters.title_bonus * _TITLE_AHEAD])
