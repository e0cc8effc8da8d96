"""Writing atomically: private files, one older generation, nothing left behind."""

import os
import stat
import time

import pytest

from engine.atomic_files import previous, private_folder, store_errors, sweep, write_atomically
from engine.errors import StoreError


def test_a_write_replaces_the_file_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_one_older_generation_is_kept(tmp_path):
    path = tmp_path / "file"
    for data in (b"one", b"two", b"three"):
        write_atomically(path, data, keep_previous=True)
    assert (path.read_bytes(), previous(path).read_bytes()) == (b"three", b"two")
    assert sorted(tmp_path.iterdir()) == [path, previous(path)]


def test_without_hard_links_the_older_generation_is_a_copy(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"one", keep_previous=True)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    write_atomically(path, b"two", keep_previous=True)
    assert (path.read_bytes(), previous(path).read_bytes()) == (b"two", b"one")


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"one")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_atomically(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_only_old_temporary_files_are_swept(tmp_path):
    old, young, other = (tmp_path / name for name in (".a.1.tmp", ".b.2.tmp", "c.tmp"))
    for path in (old, young, other):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - 3600,) * 2)
    os.utime(young)
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [young, other]


def test_what_the_file_system_refuses_names_the_path(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StoreError, match="file"):
        private_folder(tmp_path / "file")
    with pytest.raises(StoreError, match="missing"), store_errors(tmp_path / "missing"):
        (tmp_path / "missing").read_bytes()
