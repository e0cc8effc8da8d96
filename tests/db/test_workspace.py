"""A new workspace starts with what is shipped, complete or not at all."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from db import workspace as workspace_module
from db.workspace import open_workspace
from engine.errors import InputError

SHIPPED_CONFIGS = {"ollama.yaml", "scoring.yaml", "screen.yaml", "system.yaml", "thresholds.yaml"}


def test_a_new_workspace_holds_settings_and_persona_folders_for_its_owner_only(tmp_path):
    opened = open_workspace(tmp_path / "new" / "here")
    assert {path.name for path in opened.configs.iterdir()} >= SHIPPED_CONFIGS
    assert not list(opened.root.rglob("schema.json"))
    assert {path.name for path in opened.personas.iterdir()} == {"active", "stable", "experimental", "pruned"}
    assert stat.S_IMODE(opened.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((opened.configs / "system.yaml").stat().st_mode) == 0o600


def test_the_argument_wins_over_the_environment_and_that_over_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("PERSONA_MOE_WORKSPACE", raising=False)
    assert open_workspace().root == tmp_path / "data" / "persona-moe"
    monkeypatch.setenv("PERSONA_MOE_WORKSPACE", str(tmp_path / "chosen"))
    assert open_workspace().root == tmp_path / "chosen"
    assert open_workspace(tmp_path / "argument").root == tmp_path / "argument"


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "personas").mkdir()
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "system.yaml").write_text("seed: 5\n")
    open_workspace(tmp_path)
    assert (tmp_path / "configs" / "system.yaml").read_text() == "seed: 5\n"
    assert not list((tmp_path / "personas").iterdir())


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_the_way_is_named(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="file") as raised:
        open_workspace(tmp_path / name)
    assert "--workspace" in raised.value.hint


def test_a_crash_while_it_is_filled_leaves_nothing_and_the_next_open_everything(tmp_path, monkeypatch):
    written: list[int] = []

    def dies(path: Path, data: bytes) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path.write_bytes(data))

    with monkeypatch.context() as patched:
        patched.setattr(workspace_module, "write_atomically", dies)
        with pytest.raises(KeyboardInterrupt):
            open_workspace(tmp_path)
    assert written
    assert not (tmp_path / "configs").exists()
    assert {path.name for path in open_workspace(tmp_path).configs.iterdir()} >= SHIPPED_CONFIGS
    assert {path.name for path in tmp_path.iterdir()} == {"configs", "personas", "db"}


def test_three_processes_may_open_a_new_one_at_once(tmp_path):
    code = "import sys, pathlib, db.workspace as w; w.open_workspace(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path / "new")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == [b"", b"", b""]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"configs", "personas", "db"}
