"""The short form of `tests.trials.first_ingest`: an ingest that is ended keeps nine tenths of what it told."""

import pytest

from tests.trials.first_ingest import SIGNALS, Interrupted, interrupt, write_files


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_what_was_read_before_the_end_is_kept(tmp_path, number):
    write_files(tmp_path / "documents", 200)
    ended = interrupt(tmp_path / "documents", tmp_path / "index", number, 120)
    assert 119 <= ended.told <= 200
    assert ended.is_kept, ended


def test_the_check_sees_a_loss():
    assert not Interrupted(SIGNALS[0], told=1000, read=899).is_kept
    assert not Interrupted(SIGNALS[0], told=100, read=60).is_kept
    assert Interrupted(SIGNALS[0], told=20, read=0).is_kept
