"""The article's names: where a reader of it looks, they find the same names, argument orders and keys."""

import inspect
from abc import ABC
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from db.personas.files import load_persona_from_file, move_persona_to_folder, save_persona_to_file
from db.runs.graph_snapshots import save_graph_snapshot
from engine.answer.prompt import send_prompt_to_ollama
from engine.answer.synthesis import synthesize_persona_context
from engine.mixture.scoring import score_consistency, score_entity_grounding, score_novelty, score_relevance
from engine.personas.lifecycle import evaluate_pruning_thresholds
from engine.personas.metrics import aggregate_persona_performance, calculate_average_score, calculate_weighted_score
from engine.personas.persona import PersonaState, persona_schema
from engine.run.orchestrator import MoeOrchestrator
from engine.shipped import shipped
from engine.walk.graph import DynamicKnowledgeGraph, Edge, Node
from engine.walk.traversal import PersonaTraversalInterface, TraitTraversal

CALLABLES: list[tuple[Callable[..., Any], str]] = [
    (DynamicKnowledgeGraph, ""),
    (DynamicKnowledgeGraph.add_node, "self node_id node_data"),
    (DynamicKnowledgeGraph.add_edge, "self source_id target_id edge_data"),
    (Node, "node_id data"),
    (Edge, "source_node target_node data"),
    (PersonaTraversalInterface.evaluate_node_relevance, "self persona node"),
    (PersonaTraversalInterface.decide_traversal, "self current_node available_nodes persona"),
    (TraitTraversal.evaluate_node_relevance, "self persona node"),
    (TraitTraversal.decide_traversal, "self current_node available_nodes persona"),
    (MoeOrchestrator.expansion_phase, "self"),
    (MoeOrchestrator.evaluation_phase, "self"),
    (MoeOrchestrator.pruning_phase, "self"),
    (score_relevance, "output query"),
    (score_consistency, "output reference_outputs"),
    (score_novelty, "output existing_outputs"),
    (score_entity_grounding, "output entities"),
    (calculate_average_score, "scores"),
    (calculate_weighted_score, "scores weights"),
    (aggregate_persona_performance, "persona_scores"),
    (evaluate_pruning_thresholds, "persona_performance thresholds"),
    (move_persona_to_folder, "persona_id current_folder target_folder"),
    (synthesize_persona_context, "persona_outputs graph_context"),
    (send_prompt_to_ollama, "synthesized_context query ollama_client"),
    (load_persona_from_file, "filepath"),
    (save_persona_to_file, "persona_data filepath"),
    (save_graph_snapshot, "graph query_id timestamp"),
]
KEYS = {
    "system": ["max_iterations", "batch_size", "log_level", "enable_caching"],
    "thresholds": ["pruning_threshold", "promotion_threshold", "demotion_threshold", "activation_threshold"],
    "ollama": ["model_name", "temperature", "max_tokens", "api_endpoint"],
}
FIELDS = ["persona_id", "traits", "expertise", "activation_cost", "historical_performance", "metadata"]


@pytest.mark.parametrize(("called", "names"), CALLABLES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_arguments_keep_the_articles_names_and_order_and_additions_are_keyword_only(called, names):
    parameters = inspect.signature(called).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    added = [p.name for p in parameters if p.kind is not p.POSITIONAL_OR_KEYWORD]
    assert positional == names.split()
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters if p.name in added)


@pytest.mark.parametrize("called", [Node, Edge])
def test_the_data_of_nodes_and_edges_may_be_left_out(called):
    assert inspect.signature(called).parameters["data"].default is None


def test_the_traversal_is_an_abstract_base_class_with_two_methods():
    assert issubclass(PersonaTraversalInterface, ABC)
    assert PersonaTraversalInterface.__abstractmethods__ == {"evaluate_node_relevance", "decide_traversal"}


def test_node_edge_and_graph_have_the_articles_attributes():
    source, target = Node("a"), Node("b", {"k": 1})
    edge, graph = Edge(source, target), DynamicKnowledgeGraph()
    assert (source.node_id, source.data, source.edges, target.data) == ("a", {}, [], {"k": 1})
    assert (edge.source, edge.target, edge.data) == (source, target, {})
    assert (graph.nodes, graph.edges) == ({}, [])


@pytest.mark.parametrize(("name", "keys"), KEYS.items())
def test_the_configuration_has_the_articles_keys_in_its_order(name, keys):
    shown = yaml.safe_load(shipped(f"configs/{name}.yaml").read_bytes())
    assert [key for key in shown if key in keys] == keys


def test_the_persona_schema_has_the_articles_fields_and_requires_them_all():
    schema = persona_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == schema["required"] == FIELDS
    types = ["string", "object", "array", "number", "object", "object"]
    assert [schema["properties"][name]["type"] for name in FIELDS] == types
    (trait,) = schema["properties"]["traits"]["patternProperties"].values()
    assert (trait["type"], trait["minimum"], trait["maximum"]) == ("integer", 1, 9)
    assert list(schema["properties"]["traits"]["patternProperties"]) == ["^.*$"]


def test_the_four_states_of_the_article_are_folders():
    for state in ("active", "stable", "experimental", "pruned"):
        assert PersonaState(state)
        assert shipped(f"personas/{state}").is_dir() or state == "pruned"
