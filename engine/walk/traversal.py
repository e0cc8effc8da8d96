"""Walk from passage to passage along the links that a persona's traits prefer, a beam of paths at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from engine.personas.persona import Persona
from engine.personas.traits import WalkParameters, walk_parameters
from engine.walk.graph import Node
from engine.walk.links import Column, OpenedPassage
from engine.walk.neighbourhood import Neighbourhood

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
    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> Sequence[Node]:
        """Return the available nodes to which the persona would go next, best first."""


class Path(Node):
    """A passage as one path came to it: a node with the passage numbers from the start on, `nodes`.

    `value` is the value of the path, and `covered` the degree to which it covers each term (shape: terms).
    """

    def __init__(self, passage: OpenedPassage, nodes: tuple[int, ...], value: float, covered: "np.ndarray") -> None:
        super().__init__(passage.node_id, passage.data)
        self.edges, self.passage = passage.edges, passage
        self.nodes, self.value, self.covered = nodes, value, covered


class Walk(NamedTuple):
    """What a persona found: a score for each passage, and the recorded paths, best first within each step."""

    scores: dict[int, float]
    paths: list[Path]

    def ranking(self) -> list[int]:
        """Return the passages, best first."""
        return sorted(self.scores, key=lambda number: (-self.scores[number], number))


class TraitTraversal(PersonaTraversalInterface):
    """The walk that a persona's traits describe (`engine.personas.traits`), over one question's neighbourhood.

    A walk starts at relevant passages, and goes on from the best paths of each step as `decide_traversal` says.
    A step's value is that of the question terms that the path has not covered yet, plus that of the link; values
    multiply along the path. A passage's score is the value of its best path, plus a part of its other paths' values.
    """

    def __init__(
        self, neighbourhood: Neighbourhood, parameters: Callable[[Persona], WalkParameters] = walk_parameters
    ) -> None:
        self._neighbourhood = neighbourhood
        self._parameters_of = parameters
        self._parameters: dict[int, tuple[Persona, WalkParameters]] = {}  # by the identity of the persona
        # By passage: its cover, the weight that it covers, and the weight of covered terms that names account for.
        self._covered_weights: dict[int, tuple[np.ndarray, float, float]] = {}

    def evaluate_node_relevance(self, persona: Persona, node: Node) -> float:
        """Return the value of starting at the node, as a share of the highest value that a start could have.

        Of a `Path`, return its value, at most 1.
        """
        if isinstance(node, Path):
            return min(1.0, node.value)
        neighbourhood, parameters, number = self._neighbourhood, self._own(persona), int(node.data["number"])
        _, total, resolved = self._weights(number)
        titled = neighbourhood.titled.get(number, 0.0)
        value = total if titled else total - parameters.anchor * resolved
        value += parameters.title_bonus * (titled + _MENTION_BONUS * neighbourhood.naming.get(number, 0.0))
        return min(1.0, value / _highest_start(parameters))

    def decide_traversal(self, current_node: Node, available_nodes: Sequence[Node], persona: Persona) -> list[Path]:
        """Return the best of the available nodes to which links lead, each as the path by which it is reached.

        If the current node is a path, it is continued. There are at most four for each path that the persona follows.
        """
        path = current_node if isinstance(current_node, Path) else self._start(persona, current_node)
        return self._continued(path, {int(node.data["number"]) for node in available_nodes}, self._own(persona))

    def walks(self, personas: Sequence[Persona]) -> list[Walk]:
        """Return the whole walks of these personas; they go in step, so that links are found for all of them at once.

        The same neighbourhood and traits give the same walk, whoever walks beside.
        """
        walkers = [(persona, self._own(persona)) for persona in personas]
        beams = [self._starts(persona, own.seeds) for persona, own in walkers]
        paths = [list(beam) for beam in beams]
        for step in range(max((own.hops for _, own in walkers), default=0)):
            beams = [beam[: own.beam * (step < own.hops)] for beam, (_, own) in zip(beams, walkers, strict=True)]
            self._neighbourhood.expand(path.passage.number for beam in beams for path in beam)
            for walker, (persona, _) in enumerate(walkers):
                beams[walker] = self._step(persona, beams[walker])
                paths[walker] += beams[walker]
        return [
            Walk(self._scores(own_paths, own) if own.seeds else self._plain_scores(), own_paths)
            for own_paths, (_, own) in zip(paths, walkers, strict=True)
        ]

    def _own(self, persona: Persona) -> WalkParameters:
        if id(persona) not in self._parameters:
            self._parameters[id(persona)] = persona, self._parameters_of(persona)
        return self._parameters[id(persona)][1]

    def _starts(self, persona: Persona, seeds: int) -> list[Path]:
        """Return the passages at which a walk starts, the most relevant first; none without hits to start from."""
        neighbourhood = self._neighbourhood
        hits = [number for number, _ in neighbourhood.first[:seeds]]
        starts = dict.fromkeys([*hits, *neighbourhood.titled, *neighbourhood.naming] if seeds else [])
        paths = [self._start(persona, neighbourhood.open(number)) for number in starts]
        return sorted(paths, key=lambda path: (-path.value, path.nodes))

    def _start(self, persona: Persona, node: Node) -> Path:
        number, relevance = int(node.data["number"]), self.evaluate_node_relevance(persona, node)
        return Path(self._neighbourhood.open(number), (number,), relevance, self._weights(number)[0])

    def _weights(self, number: int) -> tuple["np.ndarray", float, float]:
        if (weights := self._covered_weights.get(number)) is None:
            cover, question = np.array(self._neighbourhood.open(number).cover), self._neighbourhood.question
            covered = question.weights * cover
            weights = self._covered_weights[number] = cover, float(covered.sum()), float(covered @ question.resolved)
        return weights

    def _step(self, persona: Persona, beam: Sequence[Path]) -> list[Path]:
        """Continue every path along every link out of its end, and return the best of the new paths."""
        continued: list[Path] = []
        for path in beam:
            targets = [link.target for link in self._neighbourhood.links(path.passage.number)]
            continued += self.decide_traversal(path, targets, persona)
        return sorted(continued, key=lambda path: -path.value)[: _RECORDED * self._own(persona).beam]

    def _continued(self, path: Path, available: Collection[int], parameters: WalkParameters) -> list[Path]:
        """Return the best paths that lead one link further, to an available passage that is not on the path."""
        links, table = self._neighbourhood.links(path.passage.number), path.passage.table
        if not links:
            return []
        covers = table[:, Column.COVERS :]
        gain = (covers * (1 - parameters.focus * path.covered)) @ self._neighbourhood.question.weights
        worth = parameters.gain_weight * gain + table[:, : Column.COVERS] @ _link_weights(parameters)
        values = min(path.value, _HIGHEST / _highest_start(parameters)) * worth
        rows: dict[int, int] = {}
        for row in np.argsort(-values, kind="stable").tolist():
            target = links[row].target.number
            if target in available and target not in path.nodes:
                rows.setdefault(target, row)
                if len(rows) == _RECORDED * parameters.beam:
                    break
        chosen = list(rows.values())
        covered = np.maximum(path.covered, covers[chosen])
        return [
            Path(links[row].target, (*path.nodes, target), float(values[row]), covered[n])
            for n, (target, row) in enumerate(rows.items())
        ]

    def _scores(self, paths: list[Path], parameters: WalkParameters) -> dict[int, float]:
        scores: dict[int, float] = {}
        for path in paths:
            end = path.passage.number
            old = scores.get(end, 0.0)
            scores[end] = max(old, path.value) + parameters.corroboration * min(old, path.value)
        return scores

    def _plain_scores(self) -> dict[int, float]:
        """Return the scores of the plain hits as shares of the best."""
        first = self._neighbourhood.first
        return {number: score / first[0][1] for number, score in first}


def _highest_start(parameters: WalkParameters) -> float:
    """Return the highest value that a start could have: all terms, in the title and as a mentioned name."""
    return 1.0 + parameters.title_bonus * (1 + _MENTION_BONUS)


@lru_cache(100)
def _link_weights(parameters: WalkParameters) -> "np.ndarray":
    """Return the weights of the figures of a link, shape (5,), in the order of `Column`."""
    rarity, relation = parameters.link_weight * parameters.rarity, parameters.link_weight * parameters.relation_weight
    shared = parameters.shared
    return np.array([rarity, relation, shared * rarity, shared * relation, parameters.title_bonus * _TITLE_AHEAD])
