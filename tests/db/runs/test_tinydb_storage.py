"""TinyDB on atomic files: no lost update, no half file, nothing damaged is overwritten."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tinydb import where

from db.runs.tinydb_storage import AtomicStorage, AtomicTinyDB
from engine.errors import StoreError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "runs.json"


def aside(path: Path) -> list[Path]:
    return list(path.parent.glob("runs.json.damaged-*"))


def test_three_processes_insert_without_a_lost_update(path):
    code = (
        "import sys\nfrom db.runs.tinydb_storage import AtomicTinyDB\ndb = AtomicTinyDB(sys.argv[1])\n"
        "for i in range(25): db.insert({'who': sys.argv[2], 'i': i})"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "abc"]
    assert [process.wait() for process in started] == [0, 0, 0]
    held = AtomicTinyDB(path).all()
    assert {(run["who"], run["i"]) for run in held} == {(name, i) for name in "abc" for i in range(25)}
    assert sorted(run.doc_id for run in held) == list(range(1, 76))


def test_a_kill_in_the_middle_of_a_write_leaves_the_old_or_the_new(path):
    code = (
        "import sys\nfrom db.runs.tinydb_storage import AtomicTinyDB\ndb = AtomicTinyDB(sys.argv[1])\ni = 0\n"
        "while True:\n    i += 1\n    db.insert({'i': i, 'text': 'x' * 20_000})\n    print(i, flush=True)"
    )
    acknowledged = 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _line in range(3):
                acknowledged += bool(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            acknowledged += len(process.stdout.read().splitlines())
        held = len(AtomicTinyDB(path))
        assert acknowledged <= held <= acknowledged + 4  # what was written but not told, once a kill
    assert acknowledged >= 12
    assert not aside(path)


def test_nothing_is_remembered_between_operations(path):
    one, other = AtomicTinyDB(path), AtomicTinyDB(path)
    assert one.insert({"words": ["a"]}) == 1
    assert other.search(where("words").exists())[0] == {"words": ["a"]}
    assert other.insert({"words": ["b"]}) == 2
    assert one.insert_multiple([{"words": ["c"]}, {"words": ["d"]}]) == [3, 4]
    other.search(where("words").exists())[0]["words"].append("leak")
    assert [run["words"] for run in other.search(where("words").exists())] == [["a"], ["b"], ["c"], ["d"]]


def test_a_write_that_fails_changes_nothing(path):
    database = AtomicTinyDB(path)
    database.insert({"i": 1})
    with pytest.raises(TypeError):
        database.insert({"i": object()})
    assert database.all() == [{"i": 1}]
    assert database.insert({"i": 2}) == 2


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b"[]", b'{"_default":{"1":3}}', b'{"a":{"1":{"x":"\xff"}}}'])
def test_a_damaged_file_is_set_aside_and_the_older_generation_takes_its_place(path, damage):
    told: list[str] = []
    database = AtomicTinyDB(path, report=told.append)
    database.insert({"i": 1})
    database.insert({"i": 2})
    path.write_bytes(damage)
    assert database.all() == [{"i": 1}]
    assert [file.read_bytes() for file in aside(path)] == [damage]
    assert len(told) == 1
    assert "older generation is in use" in told[0]
    assert json.loads(path.read_bytes()) == {"_default": {"1": {"i": 1}}}


def test_without_an_older_generation_the_damaged_file_is_still_kept(path):
    path.parent.mkdir()
    path.write_bytes(b"{")
    with pytest.warns(UserWarning, match="no older generation"):
        assert AtomicStorage(path).read() is None
    assert [file.read_bytes() for file in aside(path)] == [b"{"]
    AtomicTinyDB(path).insert({"i": 1})
    assert [file.read_bytes() for file in aside(path)] == [b"{"]


def test_a_folder_in_the_way_is_a_store_error(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"runs\.json"):
        AtomicTinyDB(path).insert({"i": 1})
