"""A knowledge graph that grows during a run: nodes with data, and directed edges between them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from networkx import MultiDiGraph


class Node:
    """A node by its id; `edges` are those that start from it."""

    def __init__(self, node_id: str, data: dict[str, Any] | None = None) -> None:
        self.node_id = node_id
        self.data = data or {}
        self.edges: list[Edge] = []


class Edge:
    """A directed edge; `data` holds the name and the kind of a link."""

    def __init__(self, source_node: Node, target_node: Node, data: dict[str, Any] | None = None) -> None:
        self.source = source_node
        self.target = target_node
        self.data = data or {}


_NodeType = TypeVar("_NodeType", bound=Node)
_EdgeType = TypeVar("_EdgeType", bound=Edge)


class DynamicKnowledgeGraph:
    """A graph whose nodes and edges are added during a run, each in the order it was added."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []

    def add_node(self, node_id: str, node_data: Mapping[str, Any]) -> Node:
        """Add a node, or add data to the node with this id, and return it."""
        node = self.nodes.get(node_id) or self.attach(Node(node_id))
        node.data.update(node_data)
        return node

    def add_edge(self, source_id: str, target_id: str, edge_data: Mapping[str, Any]) -> Edge:
        """Add an edge between two nodes. Raises KeyError if one of them does not exist."""
        return self.connect(Edge(self.nodes[source_id], self.nodes[target_id], dict(edge_data)))

    def attach(self, node: _NodeType) -> _NodeType:
        """Add a node in place of any that has its id, and return it."""
        self.nodes[node.node_id] = node
        return node

    def connect(self, edge: _EdgeType) -> _EdgeType:
        """Add an edge, also to those of its source, and return it."""
        edge.source.edges.append(edge)
        self.edges.append(edge)
        return edge

    def to_compact(self) -> dict[str, Any]:
        """Return the graph as arrays: node ids with their data, and edges as pairs of node indices with theirs."""
        index = {node_id: number for number, node_id in enumerate(self.nodes)}
        return {
            "nodes": list(self.nodes),
            "node_data": [node.data for node in self.nodes.values()],
            "sources": [index[edge.source.node_id] for edge in self.edges],
            "targets": [index[edge.target.node_id] for edge in self.edges],
            "edge_data": [edge.data for edge in self.edges],
        }

    def to_networkx(self) -> "MultiDiGraph":
        """Return a copy for networkx's algorithms and file formats; edges are numbered between each pair of nodes."""
        import networkx as nx  # noqa: PLC0415 - 250 ms, and a run does not need it

        network = nx.MultiDiGraph()
        for node in self.nodes.values():
            network.add_node(node.node_id)
            network.nodes[node.node_id].update(node.data)  # not as keywords: data may have any name
        for edge in self.edges:
            ends = edge.source.node_id, edge.target.node_id
            network.edges[*ends, network.add_edge(*ends)].update(edge.data)
        return network
