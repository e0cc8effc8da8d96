"""The part of a question's graph that a run keeps: the paths that the personas walked, step by step."""

from engine.answer.tables.table import has_rows
from engine.events import BY_TABLE, Emit, PersonaStepped
from engine.mixture.panel import Panel
from engine.personas.traits import Kind
from engine.walk.graph import DynamicKnowledgeGraph
from engine.walk.traversal import Walk

DRAWN_PASSAGES = 20  # of each persona, its best


class GraphRecord:
    """Copies the nodes and links that the walks of one panel used into `graph`, by passage ids, and emits each step."""

    def __init__(self, graph: DynamicKnowledgeGraph, panel: Panel, emit: Emit) -> None:
        self._graph, self._panel, self._emit = graph, panel, emit

    def draw(self, persona_id: str, walk: Walk) -> None:
        """Draw the best path to each of the best passages of a walk, each step once."""
        best = {path.nodes[-1]: path for path in reversed(walk.paths)}  # the first of equal ends is the best
        highest = max(walk.scores.values(), default=0.0) or 1.0
        drawn: set[tuple[int, int]] = set()
        for number in walk.ranking()[:DRAWN_PASSAGES]:
            nodes = best[number].nodes if number in best else (number,)
            for step, target in enumerate(nodes):
                source = nodes[step - 1] if step else -1
                if (source, target) not in drawn:
                    drawn.add((source, target))
                    self._draw_step(persona_id, step, source, target, walk.scores.get(target, 0.0) / highest)

    def _draw_step(self, persona_id: str, step: int, source: int, target: int, score: float) -> None:
        """Draw the passage `target`, and the link by which step number `step` came to it."""
        passage = self._panel.passage(target)
        self._graph.add_node(passage.id, {"number": target, "title": passage.title, "source": passage.source})
        source_id, via = "", self._start(persona_id, target)
        if step and (link := self._panel.neighbourhood.link(source, target)):
            source_id, via = self._panel.passage(source).id, link.name
            if not any(edge.target.node_id == passage.id for edge in self._graph.nodes[source_id].edges):
                self._graph.add_edge(source_id, passage.id, link.data)
        self._emit(PersonaStepped(persona_id, step, source_id, passage.id, passage.title, via, round(score, 4)))

    def _start(self, persona_id: str, number: int) -> str:
        """Return how a persona came to a passage at which it starts: its title, a search, a table, or another kind."""
        if self._panel.walks[persona_id].paths:
            return "title" if number in self._panel.neighbourhood.titled else "search"
        if self._panel.goes_by(persona_id, Kind.AMOUNTS) and has_rows(self._panel.passage(number)):
            return BY_TABLE
        kind = self._panel.strongest_kind(persona_id, number)
        return "search" if kind is Kind.WORDS else str(kind)
