"""The graph of a run for the command line: as lines of plain text, and as JSON."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.text.safe import one_line
from engine.walk.graph import DynamicKnowledgeGraph
from tui.drawing.cells import counted, plain, score
from tui.drawing.marks import REFERENCE
from tui.graph.state import GraphState
from tui.graph.text import Picture, citation_marks, rails_text, words_of
from tui.graph.tree import Choice, LineKind, Tree, TreeLine, tree_lines, tree_of

_NOT_XML = re.compile("[\ufffe\uffff]")


def graph_lines(view: GraphState, choice: Choice) -> Iterator[str]:
    """Yield the tree, each line with the facts of its passage; before it the meaning of the signs."""
    picture = Picture(view, choice.persona)
    personas = ", ".join(f"{symbol} {plain(name)}" for name, symbol in view.symbols.items())
    size = f"{counted(len(view.nodes), 'passage')}, {counted(len(view.links), 'link')}"
    yield f"{size}; who came there: {personas or 'nobody'}"
    yield "[n] cited by the answer, #n in the panel's ranking, xn visits, then who came there and the best score"
    yield ""
    tree = tree_of(view, choice.persona)
    for line in tree_lines(view, tree, choice):
        mark = f"{REFERENCE} " if line.kind is LineKind.REFERENCE else ""
        words = "".join(text for text, _ in words_of(line, picture))
        yield f"{rails_text(line.rails)}{' ' * bool(line.rails)}{mark}{words}{_marks(line, view, choice)}"


def _marks(line: TreeLine, view: GraphState, choice: Choice) -> str:
    if line.kind is not LineKind.NODE:
        return ""
    node = view.nodes[line.node_id]
    visitors = "".join(view.symbols.get(name, "?") for name in node.visitors())
    rank = f"#{node.rank}" if node.rank else ""
    marks = (citation_marks(node), rank, f"x{len(node.visits)}", visitors, score(node.score(choice.persona)).strip())
    return "  " + " ".join(filter(None, marks))


def graph_json(view: GraphState, choice: Choice) -> dict[str, Any]:
    """Return nodes and links as the screen has them; `parent` is that of the tree, None for a start."""
    tree = tree_of(view, choice.persona)
    return {
        "run_id": view.run_id,
        "question": view.question,
        "names": view.known,
        "personas": view.symbols,
        "nodes": [_node(view, tree, node_id) for node_id in tree.parents],
        "links": [
            {"source": source, "target": target, "name": name}
            for (source, target), name in view.links.items()
            if source in tree.parents and target in tree.parents
        ],
    }


def graphml_lines(view: GraphState, choice: Choice) -> Iterator[str]:
    """Yield the passages of `graph_lines` and their links as GraphML, for networkx, Gephi, yEd or Cytoscape; all ASCII.

    Citations are their numbers, and personas the ids of those that came to the passage, joined by blanks.
    """
    from networkx import generate_graphml  # noqa: PLC0415 - 250 ms

    data, graph = graph_json(view, choice), DynamicKnowledgeGraph()
    chosen = {line.node_id for line in tree_lines(view, tree_of(view, choice.persona), choice)}
    for node in (node for node in data["nodes"] if node["id"] in chosen):
        personas = dict.fromkeys(visit["persona_id"] for visit in node["visits"])
        words = {"title": node["title"], "source": node["source"], "personas": " ".join(personas)}
        figures = {name: node[name] for name in ("rank", "score") if node[name] is not None}
        citations = {"citations": " ".join(map(str, node["citations"]))}
        graph.add_node(_xml(node["id"]), {name: _xml(text) for name, text in (words | citations).items()} | figures)
    for link in (link for link in data["links"] if {link["source"], link["target"]} <= chosen):
        graph.add_edge(_xml(link["source"]), _xml(link["target"]), {"name": _xml(link["name"])})
    network = graph.to_networkx()
    network.graph.update(run_id=_xml(view.run_id), question=_xml(view.question))
    yield from generate_graphml(network)


def _xml(text: str) -> str:
    """Return text without the characters that XML cannot have."""
    return one_line(_NOT_XML.sub("", text))


def _node(view: GraphState, tree: Tree, node_id: str) -> dict[str, Any]:
    node = view.nodes[node_id]
    parent = tree.parents[node_id]
    return {
        "id": node_id,
        "title": node.title,
        "source": node.source,
        "parent": parent if parent in view.nodes else None,
        "rank": node.rank or None,
        "score": node.fused if node.rank else None,
        "citations": [citation.n for citation in node.citations],
        "visits": [msgspec.to_builtins(visit) for visit in node.visits],
    }
