"""Lays out a run's graph as a tree: the question, its names, the passages; each passage once in full, best first."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from engine.text.names import title_keys
from tui.graph.state import GraphNode, GraphState, Visit
from tui.run.story import TITLE_IN_QUESTION

SEARCHED, NAMED = "found by its words", "a title in it"
"""The starts that are no name of the question: passages from a search, and passages of a title in the question."""

_MARK = "\0"  # no id of a passage begins with it
QUESTION = f"{_MARK}question"
_LAST = 1_000_000  # after every rank


class LineKind(StrEnum):
    """The kinds of lines in the tree."""

    QUESTION = "question"
    START = "start"
    NODE = "node"
    REFERENCE = "reference"


class TreeLine(NamedTuple):
    """One line: `key` identifies it, `node_id` is its passage (empty for none), `via` the link that led there.

    `rails` says for each level whether another line follows on it. `below` counts the lines under this one, all hidden
    if it is `folded`.
    """

    kind: LineKind
    key: str
    label: str
    node_id: str = ""
    via: str = ""
    rails: tuple[bool, ...] = ()
    below: int = 0
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Selects a part of the graph: the steps of one `persona` (empty: all), only paths to citations, folded lines."""

    persona: str = ""
    cited_only: bool = False
    folded: frozenset[str] = frozenset()


class Tree(NamedTuple):
    """The parent of each passage, which is another passage or a start, and the children of each, best first."""

    parents: dict[str, str]
    children: Mapping[str, Sequence[str]]
    starts: tuple[str, ...]

    def path(self, node_id: str) -> list[str]:
        """Return the passages from a start to this one."""
        path = []
        while node_id in self.parents:
            path.append(node_id)
            node_id = self.parents[node_id]
        return path[::-1]


def start_name(start: str) -> str:
    """Return the text of a start: a name of the question, or how its passages were found."""
    return start.removeprefix(_MARK)


def tree_of(view: GraphState, persona: str = "") -> Tree:
    """Put each passage under the one from which most personas walked to it.

    Search-only personas have no vote if any other persona visited the passage. With a `persona`, only its steps count.
    """
    parents = _parents({node_id: _ways(view, node, persona) for node_id, node in view.nodes.items()})
    children: dict[str, list[str]] = defaultdict(list)
    for node_id, parent in parents.items():
        parents[node_id] = parent or _MARK + _start(view, view.nodes[node_id], persona)
        children[parents[node_id]].append(node_id)
    worth = _worth(view, parents, children, persona)
    for siblings in children.values():
        siblings.sort(key=worth.__getitem__)
    starts = [key for key in children if key.startswith(_MARK)]
    starts.sort(key=lambda key: (start_name(key) == SEARCHED, worth[children[key][0]]))
    return Tree(parents, children, tuple(starts))


def tree_lines(view: GraphState, tree: Tree, choice: Choice) -> list[TreeLine]:
    """Return the lines of the chosen part of the tree; none for a graph without passages."""
    if not tree.parents:
        return []
    under = _under(view, tree, choice)
    below = _sizes(under)
    lines: list[TreeLine] = []
    stack = [TreeLine(LineKind.QUESTION, QUESTION, view.question)]
    while stack:
        line = stack.pop()
        children = under.get(line.key, ())
        folded = bool(children) and line.key in choice.folded
        lines.append(line._replace(below=below[line.key], folded=folded))
        if not folded:
            last = len(children) - 1
            stack.extend(children[n]._replace(rails=(*line.rails, n < last)) for n in range(last, -1, -1))
    return lines


def visits_of(node: GraphNode, persona: str = "") -> Iterator[Visit]:
    """Iterate over the visits of all personas, or of one."""
    return (visit for visit in node.visits if not persona or visit.persona_id == persona)


# -- parents and children ---------------------------------------------------------------------------------


def _ways(view: GraphState, node: GraphNode, persona: str) -> list[str]:
    """Return the passages that lead to this one (empty: the question), that of most personas first.

    The first visit of a persona is on the best path that it has found to the passage.
    """
    first: dict[str, Visit] = {}
    ways: dict[str, float] = {}
    for visit in visits_of(node, persona):
        first.setdefault(visit.persona_id, visit)
        ways[visit.source_id] = max(visit.score, ways.get(visit.source_id, 0.0))
    voting = [visit for name, visit in first.items() if name in view.walkers] or list(first.values())
    votes = defaultdict[str, int](int)
    for visit in voting:
        votes[visit.source_id] += 1
    return sorted(ways, key=lambda source: (-votes[source], not source, -ways[source]))


def _parents(ways: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Choose for each passage the first of its ways that ends in no circle; empty for a start."""
    followers: dict[str, list[str]] = defaultdict(list)
    for node_id, sources in ways.items():
        if sources:
            followers[sources[0]].append(node_id)
    parents: dict[str, str] = {}
    _attach("", followers, parents)
    for node_id, sources in ways.items():  # passages whose best ways form a circle
        if sources and node_id not in parents:
            parents[node_id] = next((source for source in sources if source in parents or not source), "")
            _attach(node_id, followers, parents)
    return parents


def _attach(first: str, followers: Mapping[str, Sequence[str]], parents: dict[str, str]) -> None:
    queue = deque([first])
    while queue:
        source = queue.popleft()
        for node_id in followers.get(source, ()):
            if node_id not in parents:
                parents[node_id] = source
                queue.append(node_id)


def _start(view: GraphState, node: GraphNode, persona: str) -> str:
    """Return the name of the question by which a walk started at this passage, or how else it was found."""
    if not any(visit.via == TITLE_IN_QUESTION and not visit.source_id for visit in visits_of(node, persona)):
        return SEARCHED
    keys = keys_of(node.title)
    return next((name for name in view.known if name in keys), NAMED)


@lru_cache(maxsize=10_000)
def keys_of(title: str) -> tuple[str, ...]:
    """Return the names under which a title is known."""
    return tuple(title_keys(title))


_Worth = tuple[bool, int, float, int]


def _worth(
    view: GraphState, parents: Mapping[str, str], children: Mapping[str, Sequence[str]], persona: str
) -> dict[str, _Worth]:
    """Return the sort keys of passages: cited ones first, then by rank, by score; a passage takes its best child's."""
    worth: dict[str, _Worth] = {}
    for n, node in enumerate(view.nodes.values()):
        if node.node_id in parents:
            worth[node.node_id] = (not node.citations, node.rank or _LAST, -node.score(persona), n)
    for node_id in reversed(_downwards(children)):
        if (parent := parents[node_id]) in worth:
            worth[parent] = min(worth[parent], worth[node_id])
    return worth


def _downwards(children: Mapping[str, Sequence[str]]) -> list[str]:
    """Return all passages, parents first."""
    order = list(chain.from_iterable(nodes for key, nodes in children.items() if key.startswith(_MARK)))
    for node_id in order:  # it grows meanwhile
        order.extend(children.get(node_id, ()))
    return order


# -- lines ------------------------------------------------------------------------------------------------


def _under(view: GraphState, tree: Tree, choice: Choice) -> dict[str, list[TreeLine]]:
    """Return the lines directly under each line, still without their rails."""
    selected = _cited(view, tree) if choice.cited_only else tree.parents.keys()
    under: dict[str, list[TreeLine]] = defaultdict(list)
    for start in tree.starts:
        if any(node_id in selected for node_id in tree.children[start]):
            under[QUESTION].append(TreeLine(LineKind.START, start, start_name(start)))
    for parent, nodes in tree.children.items():
        under[parent] += [_line(view, LineKind.NODE, parent, node_id) for node_id in nodes if node_id in selected]
    if not choice.cited_only:
        for source, target in _references(view, tree, choice.persona):
            under[source].append(_line(view, LineKind.REFERENCE, source, target))
    return under


def _line(view: GraphState, kind: LineKind, parent: str, node_id: str) -> TreeLine:
    key = node_id if kind is LineKind.NODE else f"{_MARK}{parent}{_MARK}{node_id}"
    return TreeLine(kind, key, view.nodes[node_id].title, node_id, view.links.get((parent, node_id), ""))


def _references(view: GraphState, tree: Tree, persona: str) -> Iterator[tuple[str, str]]:
    """Iterate over the links that are no edges of the tree."""
    walked = None
    if persona:
        walked = {(v.source_id, node.node_id) for node in view.nodes.values() for v in visits_of(node, persona)}
    for source, target in view.links:
        if tree.parents.get(target, source) != source and (walked is None or (source, target) in walked):
            yield source, target


def _cited(view: GraphState, tree: Tree) -> Collection[str]:
    """Return the cited passages and those on the paths to them."""
    return {step for node in view.nodes.values() if node.citations for step in tree.path(node.node_id)}


def _sizes(under: Mapping[str, Sequence[TreeLine]]) -> dict[str, int]:
    """Count the lines below each line, at any depth."""
    order = [TreeLine(LineKind.QUESTION, QUESTION, "")]
    for line in order:  # it grows meanwhile
        order.extend(under.get(line.key, ()))
    sizes: dict[str, int] = {}
    for line in reversed(order):
        sizes[line.key] = sum(1 + sizes[child.key] for child in under.get(line.key, ()))
    return sizes
