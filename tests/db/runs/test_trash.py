"""Deleted runs: gone at once, back again when asked, and never half there, wherever a kill comes."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.runs import trash as trash_module
from db.runs.history import History
from db.runs.run_files import files_of_run
from db.runs.trash import KEPT, Trash
from engine.errors import StoreError, UnknownRunError
from tests.support import scripted_run as script

IDS = [f"run-{n}" for n in range(5)]


@pytest.fixture
def root(tmp_path):
    script.history_of([script.summary(n) for n in range(5)], tmp_path / "history")
    (tmp_path / "runs").mkdir()
    for run_id in IDS:
        for name in files_of_run(run_id)[::2]:
            (tmp_path / "runs" / name).write_text(name)
    for folder in ("history", "runs"):
        shutil.copytree(tmp_path / folder, tmp_path / "spare" / folder)
    return tmp_path


def opened(root: Path) -> Trash:
    return Trash(root / "trash", History(root / "history"), root / "runs")


def there(root: Path) -> list[str]:
    """The runs of the history, oldest first, of which each has all its files, and no other run has any."""
    found = [run.run_id for run in reversed(History(root / "history").recent())]
    files = {path.name for path in (root / "runs").iterdir()}
    assert files == {name for run_id in found for name in files_of_run(run_id)[::2]}
    return found


def test_a_deleted_run_is_gone_and_comes_back_as_it_was(root):
    before = (root / "history" / "runs-000001.json").read_bytes()
    assert [run.run_id for run in opened(root).delete(["run-3", "run-1"])] == ["run-3", "run-1"]
    assert there(root) == ["run-0", "run-2", "run-4"]
    assert [deleted.run_id for deleted in opened(root).contents()] == ["run-3", "run-1"]
    assert {run.run_id for run in opened(root).restore()} == {"run-1", "run-3"}
    assert there(root) == IDS
    assert History(root / "history").recent() == [script.summary(n) for n in reversed(range(5))]
    assert len(before) == len((root / "history" / "runs-000001.json").read_bytes())
    assert list((root / "trash").iterdir()) == []


def test_the_last_deletion_comes_back_first(root):
    for run_id in ("run-1", "run-3"):
        opened(root).delete([run_id])
    assert [run.run_id for run in opened(root).restore()] == ["run-3"]
    assert [run.run_id for run in opened(root).restore()] == ["run-1"]
    with pytest.raises(UnknownRunError, match="there is no deleted run"):
        opened(root).restore()
    assert there(root) == IDS


def test_a_deleted_run_is_named_by_the_beginning_of_its_id(root):
    opened(root).delete(["run-1", "run-3"])
    with pytest.raises(UnknownRunError, match=r"several deleted runs with id 'run-' \(deleted are run-3, run-1\)"):
        opened(root).restore(["run-"])
    with pytest.raises(UnknownRunError, match="no deleted run with id 'run-2'"):
        opened(root).restore(["run-1", "run-2"])
    assert len(opened(root).contents()) == 2
    assert [run.run_id for run in opened(root).restore(["run-1"])] == ["run-1"]
    assert there(root) == ["run-0", "run-1", "run-2", "run-4"]


def test_a_run_that_another_session_deleted_is_told(root):
    opened(root).delete(["run-1"])
    with pytest.raises(UnknownRunError, match="there is no run run-1 any more"):
        opened(root).delete(["run-1"])
    with pytest.raises(UnknownRunError, match="is no run id"):
        opened(root).delete(["../run-1"])


def test_a_run_without_files_can_be_deleted_too(root):
    for name in files_of_run("run-2")[::2]:
        (root / "runs" / name).unlink()
    opened(root).delete(["run-2"])
    opened(root).restore()
    assert [run.run_id for run in History(root / "history").recent()] == IDS[::-1]


def test_after_its_time_a_deleted_run_is_gone_for_good(root, monkeypatch):
    opened(root).delete(["run-1"])
    opened(root).tidy()
    assert len(opened(root).contents()) == 1

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) + KEPT + timedelta(seconds=1)

    monkeypatch.setattr(trash_module, "datetime", Later)
    opened(root).tidy()
    assert list((root / "trash").iterdir()) == []
    assert there(root) == ["run-0", "run-2", "run-3", "run-4"]
    kept = b"".join(path.read_bytes() for path in (root / "history").iterdir())
    assert b'"run-1"' not in kept
    opened(root).tidy()


def test_a_damaged_record_is_left_alone(root):
    opened(root).delete(["run-1"])
    (root / "trash" / "run-9.deleted.json").write_text("{")
    opened(root).tidy()
    assert [deleted.run_id for deleted in opened(root).contents()] == ["run-1"]
    assert (root / "trash" / "run-9.deleted.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_disk_that_cannot_be_written_changes_nothing(root):
    (root / "history").chmod(0o500)
    try:
        with pytest.raises(StoreError):
            opened(root).delete(["run-1"])
    finally:
        (root / "history").chmod(0o700)
    assert there(root) == IDS


def test_a_full_disk_changes_nothing(root, monkeypatch):
    def full(*_arguments, **_options):
        raise StoreError("No space left on device")

    monkeypatch.setattr(trash_module, "write_atomically", full)
    with pytest.raises(StoreError, match="No space"):
        opened(root).delete(["run-1"])
    assert there(root) == IDS


class KilledError(BaseException):
    """Nothing but a lock is given back after it, as after a kill."""


@pytest.mark.parametrize("action", ["delete", "restore", "tidy"])
def test_a_kill_at_any_step_leaves_each_run_whole_or_deleted(root, monkeypatch, action):
    """Each step that changes what the disk holds is the last one once; the next start brings it to an end."""
    steps_left = 10_000

    def counted(change):
        def done(*arguments, **options):
            nonlocal steps_left
            steps_left -= 1
            if steps_left < 0:
                raise KilledError
            return change(*arguments, **options)

        return done

    for name in ("rename", "replace", "unlink"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    steps, ended = 0, False
    while not ended:
        if action != "delete":
            opened(root).delete(["run-1", "run-3"])
        monkeypatch.setattr(trash_module, "KEPT", timedelta(days=-1 if action == "tidy" else 1))
        steps_left = steps
        acting = {
            "delete": lambda: opened(root).delete(["run-1", "run-3"]),
            "restore": lambda: opened(root).restore(),
            "tidy": lambda: opened(root).tidy(),
        }
        try:
            acting[action]()
            ended = True
        except KilledError:
            steps += 1
        steps_left = 10_000
        opened(root).tidy()
        assert {"run-0", "run-2", "run-4"} <= set(there(root)) <= set(IDS)
        if action == "tidy":
            assert there(root) == ["run-0", "run-2", "run-4"]
            assert list((root / "trash").iterdir()) == []
            shutil.copytree(root / "spare", root, dirs_exist_ok=True)
        elif deleted := opened(root).contents():
            opened(root).restore([one.run_id for one in deleted])
        assert there(root) == IDS
    assert steps > 6
