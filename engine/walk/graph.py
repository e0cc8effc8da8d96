"""The knowledge graph of one question: built on demand, kept in networkx, thrown away or stored after the run."""

from collections.abc import Iterator, Mapping
from typing import Any


class Node:
    """A passage that the question's walk has opened."""

    def __init__(self, node_id: str, data: dict[str, Any] | None = None) -> None:
        self.node_id = node_id
        self.data = data or {}
        self.edges: list[Edge] = []


class Edge:
    """A link between two opened passages; `data` says by which name and of what kind."""

    def __init__(self, source_node: Node, target_node: Node, data: dict[str, Any] | None = None) -> None:
        self.source = source_node
        self.target = target_node
        self.data = data or {}


class DynamicKnowledgeGraph:
    """A graph that constructs nodes and edges on demand for a single query."""

    def __init__(self) -> None:
        import networkx as nx  # noqa: PLC0415 - 250 ms that the first paint does not need

        self.network = nx.MultiDiGraph()
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []

    def add_node(self, node_id: str, node_data: Mapping[str, Any]) -> Node:
        """The node with this id, made if it is new; new data is added to old."""
        node = self.nodes.get(node_id)
        if node is None:
            node = self.nodes[node_id] = Node(node_id)
            self.network.add_node(node_id)
        node.data.update(node_data)
        return node

    def add_edge(self, source_id: str, target_id: str, edge_data: Mapping[str, Any]) -> Edge:
        """A new edge between two nodes that are there; raises KeyError if one is not."""
        edge = Edge(self.nodes[source_id], self.nodes[target_id], dict(edge_data))
        edge.source.edges.append(edge)
        self.edges.append(edge)
        key = self.network.add_edge(source_id, target_id)
        self.network[source_id][target_id][key].update(edge.data)
        return edge

    def neighbours(self, node_id: str) -> Iterator[Node]:
        """The nodes that edges lead to from this one, each once, in the order they were found."""
        yield from {edge.target.node_id: edge.target for edge in self.nodes[node_id].edges}.values()

    def to_compact(self) -> dict[str, Any]:
        """The graph as arrays: node ids with their data, and edges as pairs of node indices with theirs."""
        place = {node_id: number for number, node_id in enumerate(self.nodes)}
        return {
            "nodes": list(self.nodes),
            "node_data": [node.data for node in self.nodes.values()],
            "sources": [place[edge.source.node_id] for edge in self.edges],
            "targets": [place[edge.target.node_id] for edge in self.edges],
            "edge_data": [edge.data for edge in self.edges],
        }
