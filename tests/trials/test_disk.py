"""The short form of `tests.trials.disk`: where the disk refuses, a command says so, and nothing is half-written."""

import subprocess

import pytest

from tests.trials.disk import DiskTrials, digest, mounted


def defects(trials: DiskTrials) -> list[str]:
    return [defect for tally in trials.tallies.values() for defect in tally.defects]


def test_nothing_is_half_written_where_no_file_may_grow(tmp_path):
    trials = DiskTrials(tmp_path, 1, "limit")
    trials.run(6, only=("ingest", "remove", "ask", "feedback", "export", "first start"))
    assert defects(trials) == []
    assert sum(tally.stopped for tally in trials.tallies.values()) == 6


@pytest.mark.parametrize(("fault", "least"), [("full", 1), ("read-only", 3)])
def test_nothing_is_half_written_on_a_disk_that_is_full_or_read_only(tmp_path, fault, least):
    try:
        with mounted(tmp_path / "disk") as disk:
            (tmp_path / "elsewhere").mkdir()
            trials = DiskTrials(tmp_path / "elsewhere", 2, fault, disk)
            trials.run(3, only=("ask", "ingest", "promote"))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("a disk of its own can be mounted by root only")
    assert defects(trials) == []
    assert sum(tally.stopped for tally in trials.tallies.values()) >= least


def test_a_changed_file_is_seen(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / ".lock").write_text("1")
    before = digest(tmp_path)
    (tmp_path / ".lock").write_text("2")
    assert digest(tmp_path) == before
    (tmp_path / "a").write_text("2")
    assert digest(tmp_path) != before
