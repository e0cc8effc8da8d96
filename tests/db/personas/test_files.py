"""Personas as files: what is refused, and that a move never loses or doubles one."""

import json
import os
from dataclasses import replace

import pytest

from db.personas.files import load_persona_from_file, move_persona_to_folder, save_persona_to_file
from engine.errors import PersonaError
from engine.personas.persona import Persona

WALKER = Persona("walker", {"focus": 3}, ("maps",), 0.1, {"samples": 2, "mean": 0.5, "m2": 0.1}, {"name": "Wälker"})
BAD_IDS = ["../x", "", "a/b", "con\x1b", "A", ".", "a" * 65, "x\n"]


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "active").mkdir()
    (tmp_path / "stable").mkdir()
    save_persona_to_file(WALKER, tmp_path / "active" / "walker.json")
    return tmp_path / "active", tmp_path / "stable"


def test_a_persona_comes_back_as_it_was_saved(folders):
    path = folders[0] / "walker.json"
    assert load_persona_from_file(path) == WALKER
    assert "Wälker" in path.read_text(encoding="utf-8")
    assert [file.name for file in folders[0].iterdir()] == ["walker.json"]


def test_a_save_is_refused_when_it_could_not_be_loaded_again(folders):
    for bad in (
        Persona("walker", {"focus": 10}),
        Persona("walker", {}, metadata={"x": object()}),
        replace(WALKER, metadata={"x": "\ud800"}),
    ):
        with pytest.raises(PersonaError):
            save_persona_to_file(bad, folders[0] / "walker.json")
    with pytest.raises(PersonaError, match="does not belong"):
        save_persona_to_file(WALKER, folders[0] / "other.json")
    assert load_persona_from_file(folders[0] / "walker.json") == WALKER


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b" " * 1_000_001,
        json.dumps({"persona_id": "walker"}).encode(),
        b'{"persona_id":"walker","traits":{"x":3.0},"expertise":[],"activation_cost":0,"historical_performance":{},"metadata":{}}',
        b'{"persona_id":"walker","traits":{},"expertise":[],"activation_cost":0,"historical_performance":{"samples":1e300},"metadata":{}}',
        b'{"persona_id":"walker","traits":{},"expertise":[],"activation_cost":NaN,"historical_performance":{},"metadata":{}}',
    ],
)
def test_what_is_no_persona_is_refused_by_name(folders, content):
    path = folders[0] / "walker.json"
    path.write_bytes(content)
    with pytest.raises(PersonaError, match=r"walker\.json"):
        load_persona_from_file(path)


def test_folders_pipes_and_links_out_of_the_folder_are_refused(folders, tmp_path):
    active, stable = folders
    (active / "link.json").symlink_to(tmp_path / "elsewhere.json")
    (active / "loop.json").symlink_to(active / "loop.json")
    (active / "folder.json").mkdir()
    os.mkfifo(active / "pipe.json")
    (tmp_path / "elsewhere.json").write_bytes((active / "walker.json").read_bytes())
    for name in ("link", "loop", "folder", "pipe", "missing"):
        with pytest.raises(PersonaError, match=name):
            load_persona_from_file(active / f"{name}.json")
        with pytest.raises(PersonaError, match=name):
            move_persona_to_folder(name, active, stable)
    assert not list(stable.iterdir())


def test_a_move_leaves_the_persona_in_exactly_one_folder(folders):
    active, stable = folders
    moved = move_persona_to_folder("walker", active, stable / "new")
    assert moved == stable / "new" / "walker.json"
    assert load_persona_from_file(moved) == WALKER
    assert not list(active.iterdir())


def test_a_move_never_replaces_a_file(folders):
    active, stable = folders
    (stable / "walker.json").write_text("mine")
    with pytest.raises(PersonaError, match="already"):
        move_persona_to_folder("walker", active, stable)
    assert (stable / "walker.json").read_text() == "mine"
    assert load_persona_from_file(active / "walker.json") == WALKER


@pytest.mark.parametrize("persona_id", BAD_IDS)
def test_an_id_that_is_no_file_name_moves_nothing(folders, tmp_path, persona_id):
    (tmp_path / "x.json").write_text("{}")
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(PersonaError, match="persona_id"):
        move_persona_to_folder(persona_id, *folders)
    with pytest.raises(PersonaError, match="persona_id"):
        save_persona_to_file(Persona(persona_id, {}), folders[0] / f"{persona_id}.json")
    assert sorted(path for path in tmp_path.rglob("*")) == before
