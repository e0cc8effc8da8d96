"""Settings in the workspace's own files: comments kept, other sessions' changes kept, broken files left alone."""

import multiprocessing
import os
from pathlib import Path

import pytest

from db.settings_files import write_setting
from db.workspace import Workspace, open_workspace
from engine.errors import SettingsError, StoreError
from engine.settings.options import option
from engine.settings.settings import load_settings
from engine.shipped import shipped


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "workspace")


def text(workspace: Workspace, name: str) -> str:
    return (workspace.configs / f"{name}.yaml").read_text()


def test_one_value_changes_and_nothing_else(workspace):
    settings = write_setting(workspace, option("pruning_threshold"), 0.5)
    assert settings.thresholds.pruning_threshold == 0.5
    shown = shipped("configs/thresholds.yaml").read_text()
    assert text(workspace, "thresholds") == shown.replace("pruning_threshold: 0.4", "pruning_threshold: 0.5")


def test_reset_brings_the_shipped_file_back(workspace):
    write_setting(workspace, option("seed"), 5)
    assert write_setting(workspace, option("seed"), option("seed").shipped).system.seed == 0
    assert text(workspace, "system") == shipped("configs/system.yaml").read_text()


def test_a_file_that_is_not_there_is_begun_with_the_comment(workspace):
    (workspace.configs / "scoring.yaml").unlink()
    assert write_setting(workspace, option("novelty"), option("novelty").shipped).scoring.novelty == 0.0
    assert not (workspace.configs / "scoring.yaml").exists()
    assert write_setting(workspace, option("novelty"), 0.5).scoring.novelty == 0.5
    assert text(workspace, "scoring") == option("novelty").comment + "novelty: 0.5\n"


def test_what_another_session_changed_meanwhile_stays(workspace):
    write_setting(workspace, option("seed"), 5)
    path = workspace.configs / "system.yaml"
    path.write_text(path.read_text().replace("batch_size: 6", "batch_size: 9"))
    settings = write_setting(workspace, option("max_iterations"), 3)
    assert (settings.system.batch_size, settings.system.seed, settings.system.max_iterations) == (9, 5, 3)


@pytest.mark.parametrize("broken", ["seed: [", "- a list\n", b"seed: caf\xe9"])
def test_a_broken_file_is_told_and_left_as_it_is(workspace, broken):
    path = workspace.configs / "system.yaml"
    path.write_bytes(broken if isinstance(broken, bytes) else broken.encode())
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=r"system\.yaml was left as it is: "):
        write_setting(workspace, option("seed"), 5)
    assert path.read_bytes() == before


def test_a_bad_value_can_be_mended(workspace):
    path = workspace.configs / "system.yaml"
    path.write_text("seed: many\n")
    assert write_setting(workspace, option("seed"), 5).system.seed == 5


def test_a_value_that_is_not_valid_writes_nothing(workspace):
    with pytest.raises(SettingsError, match="a whole number from 1 to 64"):
        write_setting(workspace, option("batch_size"), 0)
    assert text(workspace, "system") == shipped("configs/system.yaml").read_text()


def test_a_link_to_a_file_elsewhere_stays_a_link(workspace, tmp_path):
    path, elsewhere = workspace.configs / "screen.yaml", tmp_path / "dotfiles.yaml"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    write_setting(workspace, option("theme"), "nord")
    assert path.is_symlink()
    assert "theme: nord" in elsewhere.read_text()


def test_a_disk_that_refuses_leaves_the_old_file(workspace, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError, match="No space left"):
        write_setting(workspace, option("seed"), 5)
    assert text(workspace, "system") == shipped("configs/system.yaml").read_text()
    assert sorted(path.name for path in workspace.configs.iterdir() if path.name.startswith(".")) == []


def _write(root: Path, names: list[str]) -> None:
    for name in names:
        write_setting(Workspace(root), option(name), 0.125)


def test_two_sessions_lose_nothing(workspace):
    halves = (["relevance", "novelty"], ["consistency", "entity_grounding"])
    context = multiprocessing.get_context("spawn")
    sessions = [context.Process(target=_write, args=(workspace.root, half)) for half in halves]
    for session in sessions:
        session.start()
    for session in sessions:
        session.join(30)
    assert [session.exitcode for session in sessions] == [0, 0]
    assert text(workspace, "scoring").count(": 0.125\n") == 4


def _write_on(root: Path) -> None:
    for seed in range(1, 1_000_000):
        write_setting(Workspace(root), option("seed"), seed)


def test_a_kill_leaves_a_whole_file(workspace):
    session = multiprocessing.get_context("spawn").Process(target=_write_on, args=(workspace.root,))
    session.start()
    while session.is_alive() and load_settings(workspace.configs).system.seed < 5:
        pass
    session.kill()
    session.join(30)
    seed = load_settings(workspace.configs).system.seed
    assert seed >= 5
    assert text(workspace, "system") == shipped("configs/system.yaml").read_text().replace("seed: 0", f"seed: {seed}")
    assert write_setting(workspace, option("seed"), 1).system.seed == 1  # the lock died with the session
