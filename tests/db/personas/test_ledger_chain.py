"""The hash chain of the ledger: whatever is changed in its lines is told, with the number of the line."""

import os
import re

import msgspec
import pytest

from db.personas.ledger import Ledger
from db.personas.ledger_chain import sealed
from db.personas.ledger_entries import Rewards
from db.runs.recorder import RunRecorder, load_features
from engine.events import QuestionRead, RecordedEvent, RunStarted

COUNT = 6


def reward(number: int, context: tuple[float, ...] = (1.0, 0.5)) -> Rewards:
    return Rewards(f"2026-01-01T00:00:{number:02}.000+00:00", f"run-{number}", {"walker": number / 10}, context)


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number in range(1, COUNT + 1):
        ledger.append(reward(number))
    return ledger


def lines_of(ledger: Ledger) -> list[bytes]:
    return ledger.path.read_bytes().splitlines()


def write(ledger: Ledger, lines: list[bytes]) -> None:
    ledger.path.write_bytes(b"".join(line + b"\n" for line in lines))


def broken_lines(ledger: Ledger) -> list[int]:
    return [
        int(number)
        for problem in ledger.broken_links()
        for number in re.findall(r"^ledger.jsonl: line (\d+) ", problem)
    ]


def test_a_ledger_that_only_the_program_wrote_is_whole(ledger):
    assert ledger.broken_links() == []
    digests = {line[-34:-2] for line in lines_of(ledger)}
    assert len(digests) == COUNT
    assert all(re.fullmatch(rb"[0-9a-f]{32}", digest) for digest in digests)
    assert list(ledger.entries()) == [reward(number) for number in range(1, COUNT + 1)]


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_a_changed_line_is_told_also_the_last_one(ledger, number):
    lines = lines_of(ledger)
    lines[number - 1] = lines[number - 1].replace(b'"walker":0.', b'"walker":0.9')
    write(ledger, lines)
    assert broken_lines(ledger) == [number]
    assert "restore the ledger from a copy" in ledger.broken_links()[0]


@pytest.mark.parametrize("number", range(1, COUNT))
def test_a_removed_line_is_told_by_the_next(ledger, number):
    lines = lines_of(ledger)
    del lines[number - 1]
    write(ledger, lines)
    assert broken_lines(ledger) == [number]


@pytest.mark.parametrize("number", range(1, COUNT))
def test_lines_in_another_order_are_told(ledger, number):
    lines = lines_of(ledger)
    lines[number - 1], lines[number] = lines[number], lines[number - 1]
    write(ledger, lines)
    assert broken_lines(ledger)[:2] == [number, number + 1]


@pytest.mark.parametrize("number", range(2, COUNT + 1))
def test_an_inserted_line_is_told_whatever_digest_it_has(ledger, number):
    lines = lines_of(ledger)
    for inserted in (msgspec.json.encode(reward(9)), sealed(msgspec.json.encode(reward(9)), b"0" * 32), lines[0]):
        write(ledger, [*lines[: number - 1], inserted, *lines[number - 1 :]])
        assert number in broken_lines(ledger)


@pytest.mark.parametrize("removed", range(1, COUNT + 1))
def test_lines_that_are_missing_at_the_end_are_told_also_when_others_follow(ledger, removed):
    write(ledger, lines_of(ledger)[:-removed])
    assert "lines were removed at the end" in ledger.broken_links()[0]
    ledger.append(reward(8))
    ledger.append(reward(9))
    assert "lines were removed at the end" in ledger.broken_links()[0]


def test_a_ledger_from_before_the_chain_goes_on_and_its_last_line_is_held(ledger):
    old = [msgspec.json.encode(reward(number)) for number in (1, 2)]
    write(ledger, old)
    ledger.path.with_name(".ledger-end").unlink()
    ledger.append(reward(3))
    assert ledger.broken_links() == []
    assert list(ledger.entries()) == [reward(number) for number in (1, 2, 3)]
    write(ledger, [old[0], old[1].replace(b"0.2", b"0.9"), *lines_of(ledger)[2:]])
    assert broken_lines(ledger) == [3]
    write(ledger, [*lines_of(ledger), old[0]])
    assert broken_lines(ledger) == [3, 4]


@pytest.mark.parametrize("note", [None, b"", b"\0" * 32, "of the line before"])
def test_a_crash_before_the_end_was_noted_is_no_fault(ledger, note):
    end = ledger.path.with_name(".ledger-end")
    note = lines_of(ledger)[-2][-34:-2] if note == "of the line before" else note
    end.unlink()
    if note is not None:
        end.write_bytes(note)
    ledger.append(reward(7))
    assert ledger.broken_links() == []
    assert end.read_bytes() == lines_of(ledger)[-1][-34:-2]
    write(ledger, lines_of(ledger)[:-1])
    assert "lines were removed at the end" in ledger.broken_links()[0]


def test_a_torn_line_is_cut_off_and_the_chain_goes_on_from_the_last_whole_one(ledger):
    with ledger.path.open("ab") as file:
        file.write(lines_of(ledger)[-1][:-5])
    assert ledger.broken_links() == []
    ledger.append(reward(7))
    assert ledger.broken_links() == []
    assert list(ledger.entries())[-2:] == [reward(6), reward(7)]


def test_what_the_user_changed_can_be_accepted(ledger):
    write(ledger, [line for line in lines_of(ledger) if b"run-3" not in line])
    assert ledger.broken_links()
    ledger.reseal()
    assert ledger.broken_links() == []
    ledger.append(reward(7))
    assert ledger.broken_links() == []
    assert [entry.run_id for entry in ledger.entries() if isinstance(entry, Rewards)] == [
        "run-1", "run-2", "run-4", "run-5", "run-6", "run-7",
    ]  # fmt: skip


def test_an_append_reads_no_more_than_the_end(ledger, monkeypatch):
    line = lines_of(ledger)[0]
    write(ledger, [line] * 20_000)
    read = []
    pread = os.pread

    def counted(descriptor: int, count: int, offset: int) -> bytes:
        read.append(count)
        return pread(descriptor, count, offset)

    monkeypatch.setattr(os, "pread", counted)
    ledger.append(reward(7))
    assert sum(read) < 300_000 < 20_000 * len(line)


def test_a_line_longer_than_what_is_read_at_once_is_chained_whole(ledger):
    ledger.append(Rewards(reward(7).at, "x" * 200_000, {"walker": 0.5}))
    ledger.append(reward(8))
    assert ledger.broken_links() == []


def test_the_features_of_a_run_are_read_from_its_record(tmp_path):
    assert load_features(tmp_path, "run-1") is None
    with RunRecorder(tmp_path, "run-1", "Who?") as recorder:
        recorder.append(RecordedEvent(0.0, RunStarted("run-1", "Who?", 0, 1, None)))
        recorder.append(RecordedEvent(0.0, QuestionRead((), (), (), (1.0, 0.25))))
        assert load_features(tmp_path, "run-1") == (1.0, 0.25)
    assert load_features(tmp_path, "run-1") == (1.0, 0.25)
