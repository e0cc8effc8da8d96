"""The graph of a run as lines of text and as JSON."""

import json
import os
import subprocess
import sys

import networkx as nx
import pytest

from tests.support import ROOT

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"


@pytest.fixture
def asked(call):
    return json.loads(call("ask", QUESTION, "--json", "--model", "none"))


def test_the_tree_of_a_run(call, asked):
    text = call("graph", asked["run_id"])
    lines = text.splitlines()
    assert lines[0].startswith(f"{asked['graph']['nodes']} passages, ")
    assert "C control" in lines[0]
    assert lines[3:5] == [QUESTION, "├─ ysolde marrak, a name in it"]
    assert lines[5].startswith("│ ├─ Ysolde Marrak")
    for citation in asked["citations"]:
        assert any(f"[{citation['n']}]" in line and citation["title"] in line for line in lines[5:])
    assert call("graph", "last") == call("graph", asked["run_id"][:-1]) == text


def test_only_what_leads_to_citations_or_one_personas_steps(call, asked):
    whole, cited = call("graph", "last").splitlines(), call("graph", "last", "--cited").splitlines()
    assert set(cited[3:]) - {line for line in cited if "└" in line} <= set(whole)
    assert 5 < len(cited) < len(whole)
    control = call("graph", "last", "--persona", "control").splitlines()
    assert 5 < len(control) < len(whole)
    err = call("graph", "last", "--persona", "nobody", code=2)
    assert "persona 'nobody' did not walk in this run (those who did: " in err
    assert "control" in err


def test_the_graph_after_some_steps(call, asked):
    assert len(call("graph", "last", "--step", "0").splitlines()) == 3
    assert len(call("graph", "last", "--step", "3").splitlines()) < len(call("graph", "last").splitlines())
    assert "--step 9999 is not valid (0 to " in call("graph", "last", "--step", "9999", code=2)
    assert "--step -1 is not valid" in call("graph", "last", "--step", "-1", code=2)


def test_nodes_and_links_as_json(call, asked):
    graph = json.loads(call("graph", "last", "--json"))
    assert (graph["run_id"], graph["question"], graph["names"]) == (asked["run_id"], QUESTION, ["ysolde marrak"])
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert len(nodes) == asked["graph"]["nodes"]
    assert {n for node in nodes.values() for n in node["citations"]} == {c["n"] for c in asked["citations"]}
    assert all(node["parent"] is None or node["parent"] in nodes for node in nodes.values())
    best = next(node for node in nodes.values() if node["rank"] == 1)
    assert (best["id"], best["score"]) == (asked["passages"][0]["id"], asked["passages"][0]["score"])
    assert {"persona_id", "source_id", "via", "score"} == set(best["visits"][0])
    assert all(link["source"] in nodes and link["target"] in nodes and link["name"] for link in graph["links"])
    alone = json.loads(call("graph", "last", "--json", "--persona", "control"))
    assert 0 < len(alone["nodes"]) < len(nodes)


def test_nodes_and_links_as_graphml(call, asked):
    graph, text = json.loads(call("graph", "last", "--json")), call("graph", "last", "--graphml")
    network = nx.parse_graphml(text)
    assert text.isascii()
    assert network.is_directed()
    assert network.graph["question"] == QUESTION
    assert set(network) == {node["id"] for node in graph["nodes"]}
    assert {(a, b) for a, b, *_ in network.edges} == {(link["source"], link["target"]) for link in graph["links"]}
    best = next(node for node in graph["nodes"] if node["rank"] == 1)
    data = network.nodes[best["id"]]
    assert (data["title"], data["rank"], data["score"]) == (best["title"], 1, best["score"])
    assert data["citations"].split() == [str(n) for n in best["citations"]]
    assert set(data["personas"].split()) == {visit["persona_id"] for visit in best["visits"]}
    assert "control" in data["personas"]
    cited = nx.parse_graphml(call("graph", "last", "--graphml", "--cited"))
    assert 0 < len(cited) < len(network)
    assert "not allowed with argument" in call("graph", "last", "--graphml", "--json", code=2)


def test_graphml_of_hostile_text_can_be_parsed(call):
    call("ask", "Who led\x1b[2J <the> \x9bNet\u202e & \ufffe Strike of 1894?", "--json", "--model", "none")
    network = nx.parse_graphml(call("graph", "last", "--graphml"))
    assert network.graph["question"] == "Who led[2J <the> Net & Strike of 1894?"


def test_where_only_ascii_can_be_printed_the_tree_is_ascii(call, asked, monkeypatch):
    assert "\n├─ ysolde marrak, a name in it\n│ ├─ Ysolde Marrak" in call("graph", "last")
    monkeypatch.setenv("LC_ALL", "C")
    assert "\n+- ysolde marrak, a name in it\n| +- Ysolde Marrak" in call("graph", "last")


@pytest.mark.parametrize(("setting", "draws_signs"), [("always", False), ("never", True)])
def test_the_setting_of_the_screens_counts_for_commands_too(workspace, asked, setting, draws_signs):
    program = [sys.executable, "-m", "tui"]
    for arguments in (["settings", "set", "screen.ascii", setting], ["graph", "last"]):
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [*program, *arguments, "--workspace", workspace], env=environ, capture_output=True, check=True
        )
    assert ("├─".encode() in done.stdout) is draws_signs
    assert done.stdout.isascii() is not draws_signs


def test_no_run_and_an_unknown_run(call):
    assert "there are no runs yet" in call("graph", "last", code=2)
    assert "no run with id 'x'" in call("graph", "x", code=2)


def test_nothing_in_a_graph_steers_the_terminal(call):
    call("ask", "Who led\x1b[2J the \x9bNet\u202e Strike of 1894?", "--json", "--model", "none")
    for more in ([], ["--json"]):
        assert not set(call("graph", "last", *more)) & set("\x1b\x9b\u202e")
