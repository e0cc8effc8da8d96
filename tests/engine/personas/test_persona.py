"""Personas: the schema of the article, checked with a clear place, and the ten that are shipped."""

import json
from contextlib import suppress
from itertools import combinations
from typing import Any

import pytest

from engine.errors import PersonaError
from engine.mixture.evidence import heard_kinds
from engine.personas.persona import (
    Persona,
    PersonaState,
    persona_from_json,
    persona_schema,
    persona_to_json,
    require_persona_id,
)
from engine.personas.traits import Kind, walk_parameters
from engine.shipped import shipped

VALID: dict[str, Any] = {
    "persona_id": "reader",
    "traits": {"focus": 9, "humour": 1},
    "expertise": ["plain facts", "Łódź"],
    "activation_cost": 0.02,
    "historical_performance": {"samples": 2, "mean": 0.5, "m2": 0.1, "note": "x"},
    "metadata": {"name": "The Reader", "other": [1]},
}
SHIPPED = sorted(shipped("personas").glob("*/*.json"))


def read(**changes: Any) -> Persona:
    return persona_from_json({**VALID, **changes}, where="reader.json")


def test_a_persona_is_its_fields():
    persona = read()
    assert (persona.persona_id, persona.traits, persona.expertise) == (
        "reader",
        VALID["traits"],
        ("plain facts", "Łódź"),
    )
    assert (persona.activation_cost, persona.name, persona.is_control) == (0.02, "The Reader", False)
    assert (persona.historical_performance, persona.metadata) == (VALID["historical_performance"], VALID["metadata"])


def test_a_persona_comes_back_from_its_file_as_it_was():
    written = persona_to_json(read())
    assert written.endswith("}\n")
    assert "Łódź" in written
    assert list(json.loads(written)) == list(persona_schema()["properties"])
    assert persona_from_json(json.loads(written), where="x") == read()
    assert json.loads(written) == VALID


def test_without_a_name_the_id_is_shown_and_whole_numbers_may_be_costs():
    assert read(metadata={}).name == "reader"
    assert read(activation_cost=1).activation_cost == 1.0
    assert read(metadata={"control": True}).is_control


@pytest.mark.parametrize("missing", VALID)
def test_every_field_is_required(missing):
    with pytest.raises(PersonaError, match=f"reader.json: top level: '{missing}' is a required property"):
        persona_from_json({key: value for key, value in VALID.items() if key != missing}, where="reader.json")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"traits": {"focus": 0}}, "traits/focus"),
        ({"traits": {"focus": 10}}, "traits/focus"),
        ({"traits": {"focus": 5.5}}, "traits/focus"),
        ({"traits": {"focus": "5"}}, "traits/focus"),
        ({"traits": {"focus": True}}, "traits/focus"),
        ({"traits": ["focus"]}, "traits"),
        ({"expertise": "facts"}, "expertise"),
        ({"expertise": ["facts", 1]}, "expertise/1"),
        ({"activation_cost": -0.1}, "activation_cost"),
        ({"activation_cost": 1.1}, "activation_cost"),
        ({"activation_cost": "0"}, "activation_cost"),
        ({"historical_performance": {"samples": -1}}, "historical_performance/samples"),
        ({"historical_performance": {"mean": 1.5}}, "historical_performance/mean"),
        ({"historical_performance": None}, "historical_performance"),
        ({"metadata": {"control": "yes"}}, "metadata/control"),
        ({"metadata": {"name": "x" * 81}}, "metadata/name"),
        ({"persona_id": 7}, "persona_id"),
        ({"colour": "red"}, "top level"),
    ],
)
def test_what_is_not_valid_is_told_with_file_and_place(changes, place):
    with pytest.raises(PersonaError) as caught:
        read(**changes)
    assert caught.value.message.startswith(f"reader.json: {place}: ")
    assert caught.value.hint


@pytest.mark.parametrize("data", [[], None, 7, "reader", {}])
def test_what_is_no_object_is_no_persona(data):
    with pytest.raises(PersonaError, match=r"x\.json: top level"):
        persona_from_json(data, where="x.json")


@pytest.mark.parametrize("name", ["a", "0", "a-b_c9", "x" * 64])
def test_good_ids(name):
    assert require_persona_id(name) == read(persona_id=name).persona_id == name


@pytest.mark.parametrize("name", ["", "-a", "_a", "A", "a b", "a/b", "..", "a.json", "é", "a\n", "x" * 65, "a\x00"])
def test_ids_that_are_no_safe_file_names(name):
    with pytest.raises(PersonaError):
        require_persona_id(name)
    with pytest.raises(PersonaError):
        read(persona_id=name)


def test_states_are_the_folders_of_the_article():
    assert set(PersonaState) == {"active", "stable", "experimental", "pruned"}


def test_a_whole_number_with_a_point_is_read_or_told():
    with suppress(PersonaError):
        assert read(traits={"focus": 5.0}).traits == {"focus": 5}


# -- the shipped ones --------------------------------------------------------------------------------------


def starters() -> dict[str, Persona]:
    return {path.stem: persona_from_json(json.loads(path.read_text("utf-8")), where=str(path)) for path in SHIPPED}


def test_seven_personas_are_shipped_and_each_file_is_called_by_its_id():
    assert len(SHIPPED) == 7
    assert {name: persona.persona_id for name, persona in starters().items()} == {name: name for name in starters()}
    assert {path.parent.name for path in SHIPPED} <= set(PersonaState)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_persona_is_written_as_we_write_it(path):
    persona = persona_from_json(json.loads(path.read_text("utf-8")), where=str(path))
    assert path.read_text("utf-8") == persona_to_json(persona)
    assert persona.historical_performance == {}
    assert persona.metadata["name"]
    assert persona.metadata["description"]


def test_one_of_them_is_the_control_and_active():
    assert [name for name, persona in starters().items() if persona.is_control] == ["control"]
    assert shipped("personas/active/control.json") in SHIPPED


def test_each_kind_of_evidence_has_a_persona_that_is_heard_for_it():
    voices = [(1.0, walk_parameters(persona).kinds()) for persona in starters().values()]
    assert heard_kinds(voices) == dict.fromkeys(Kind, 1.0)


def test_they_really_differ_in_how_they_walk():
    for (left, one), (right, other) in combinations(starters().items(), 2):
        assert walk_parameters(one) != walk_parameters(other), f"{left} walks as {right}"
        assert one.expertise != other.expertise or one.is_control or other.is_control
