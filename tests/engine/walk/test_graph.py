"""The question's graph: nodes and edges as they were added, as arrays and as a networkx graph."""

import json

import networkx as nx
import pytest

from engine.walk.graph import DynamicKnowledgeGraph, Edge, Node


@pytest.fixture
def graph() -> DynamicKnowledgeGraph:
    graph = DynamicKnowledgeGraph()
    for node_id in "abc":
        graph.add_node(node_id, {"title": node_id.upper()})
    graph.add_edge("a", "b", {"name": "x"})
    graph.add_edge("a", "c", {"name": "y"})
    graph.add_edge("a", "b", {"name": "z"})
    graph.add_edge("c", "a", {})
    return graph


def test_a_new_graph_is_empty():
    assert DynamicKnowledgeGraph().to_compact() == {
        "nodes": [], "node_data": [], "sources": [], "targets": [], "edge_data": []
    }  # fmt: skip


def test_a_node_is_made_once_and_its_data_grows(graph):
    node = graph.add_node("a", {"number": 7})
    assert node is graph.nodes["a"]
    assert node.data == {"title": "A", "number": 7}
    assert graph.add_node("a", {"title": "new"}).data == {"title": "new", "number": 7}
    assert len(graph.nodes) == graph.to_networkx().number_of_nodes() == 3
    assert [edge.target.node_id for edge in node.edges] == ["b", "c", "b"]


def test_nodes_and_edges_do_not_share_data(graph):
    data = {"title": "D"}
    graph.add_node("d", data)
    edge = graph.add_edge("d", "a", data)
    data["title"] = "changed"
    assert graph.nodes["d"].data == edge.data == {"title": "D"}
    assert Node("x").data is not Node("y").data
    assert Node("x").edges is not Node("y").edges


def test_an_edge_is_known_to_its_source_the_graph_and_networkx(graph):
    edge = graph.add_edge("b", "c", {"name": "w"})
    assert (edge.source, edge.target, edge.data) == (graph.nodes["b"], graph.nodes["c"], {"name": "w"})
    assert graph.nodes["b"].edges == [edge]
    assert graph.nodes["c"].edges != [edge]
    assert graph.edges[-1] is edge
    network = graph.to_networkx()
    assert network["b"]["c"][0] == {"name": "w"}
    assert nx.shortest_path(network, "b", "a") == ["b", "c", "a"]


def test_two_edges_between_the_same_nodes_are_both_kept(graph):
    assert graph.to_networkx().number_of_edges("a", "b") == 2
    assert graph.to_networkx().number_of_edges() == len(graph.edges) == 4


@pytest.mark.parametrize(("source", "target"), [("a", "nowhere"), ("nowhere", "a")])
def test_an_edge_needs_both_nodes_and_leaves_no_trace_without(graph, source, target):
    with pytest.raises(KeyError):
        graph.add_edge(source, target, {})
    assert len(graph.edges) == graph.to_networkx().number_of_edges() == 4
    assert set(graph.to_networkx()) == set("abc")


def test_the_networkx_graph_has_the_same_nodes_edges_and_data(graph):
    network = graph.to_networkx()
    assert list(network.nodes(data=True)) == [("a", {"title": "A"}), ("b", {"title": "B"}), ("c", {"title": "C"})]
    assert [data for *_, data in network.edges("a", data=True)] == [{"name": "x"}, {"name": "z"}, {"name": "y"}]
    assert list(network.successors("a")) == ["b", "c"]
    assert list(network.successors("b")) == []
    network.nodes["a"]["title"] = "changed"
    network.edges["a", "c", 0]["name"] = "changed"
    assert (graph.nodes["a"].data, graph.edges[1].data) == ({"title": "A"}, {"name": "y"})


def test_the_networkx_graph_can_be_written_as_graphml(graph, tmp_path):
    nx.write_graphml(graph.to_networkx(), tmp_path / "graph.graphml")
    written = nx.read_graphml(tmp_path / "graph.graphml")
    assert sorted(written.edges) == sorted(graph.to_networkx().edges)


def test_the_compact_form_holds_everything_as_json(graph):
    compact = graph.to_compact()
    assert json.loads(json.dumps(compact)) == compact
    assert compact == {
        "nodes": ["a", "b", "c"],
        "node_data": [{"title": "A"}, {"title": "B"}, {"title": "C"}],
        "sources": [0, 0, 0, 2],
        "targets": [1, 2, 1, 0],
        "edge_data": [{"name": "x"}, {"name": "y"}, {"name": "z"}, {}],
    }


def test_the_articles_node_and_edge_stand_alone():
    source, target = Node("a", {"k": 1}), Node("b")
    edge = Edge(source, target)
    assert (source.data, target.data, edge.data, source.edges) == ({"k": 1}, {}, {}, [])
    assert (edge.source, edge.target) == (source, target)


@pytest.mark.parametrize("name", ["key", "u_for_edge", "node_for_adding"])
def test_edge_data_may_use_any_name(graph, name):
    for _ in range(2):
        graph.add_edge("b", "c", {name: "k"})
    graph.add_node("a", {name: "k"})
    assert graph.to_networkx().nodes["a"][name] == "k"
    assert graph.to_networkx().number_of_edges("b", "c") == 2
