"""The history: flat files, newest first, found again by words and ids."""

import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from db.runs import history as history_module
from db.runs.history import History, new_run_id
from db.runs.summary import MAX_BYTES, RunSummary
from engine.errors import UnknownRunError
from engine.run.state import Outcome

RUN = RunSummary(
    run_id="20250101-000000000000-0000",
    at="2025-01-01T00:00:00.000+00:00",
    question="Who kept the light?",
    answer="Ansgar Tholvey",
    abstained=False,
    model="",
    passages=42,
    personas=("control", "walker"),
    top_persona="walker",
    duration_ms=1.5,
    outcome=Outcome.ANSWERED,
)


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "RUNS_PER_FILE", 10)
    return History(tmp_path / "history")


def filled(history: History, runs: int) -> list[str]:
    ids = [f"run-{i:03}" for i in range(runs)]
    for run_id in ids:
        history.add(replace(RUN, run_id=run_id))
    return ids


def test_an_empty_history_has_no_runs(history):
    assert history.recent() == history.search(bool) == history.problems() == []
    assert history.count() == 0
    with pytest.raises(UnknownRunError, match="no runs yet"):
        history.find("x")


def test_runs_come_newest_first_over_all_files(history, tmp_path):
    ids = filled(history, 25)
    assert [path.name for path in sorted((tmp_path / "history").glob("*.json"))] == [
        f"runs-{n:06}.json" for n in (1, 2, 3)
    ]
    assert history.count() == 25
    for limit, offset in ((50, 0), (3, 0), (4, 3), (12, 4), (5, 5), (50, 20), (5, 25), (0, 0)):
        found = [run.run_id for run in history.recent(limit, offset)]
        assert found == ids[::-1][offset : offset + limit]
    assert History(tmp_path / "history").recent(1) == [replace(RUN, run_id="run-024")]


def test_a_search_ends_when_enough_is_found(history):
    filled(history, 25)
    searched = []

    def even(run: RunSummary) -> bool:
        searched.append(run.run_id)
        return int(run.run_id[-1]) % 2 == 0

    assert [run.run_id for run in history.search(even, 3)] == ["run-024", "run-022", "run-020"]
    assert searched[-1] == "run-020"
    assert len(history.search(even)) == 13
    assert history.search(lambda _run: False) == []


def test_places_are_found_file_by_file_and_read_again(history):
    ids = filled(history, 25)
    everything = list(history.matches())
    assert [(list(places.numbers), places.searched) for places in everything] == [
        ([5, 4, 3, 2, 1], 5), ([*range(10, 0, -1)], 10), ([*range(10, 0, -1)], 10)
    ]  # fmt: skip
    found = [places for places in history.matches(lambda run: run.run_id in {ids[3], ids[24]}) if places.numbers]
    assert [run.run_id for places in found for run in history.at(places.path, places.numbers)] == [ids[24], ids[3]]
    assert history.at(everything[0].path, [5, 6]) == [replace(RUN, run_id=ids[24]), None]
    assert history.at(everything[0].path.with_name("runs-000009.json"), [1]) == [None]


def test_removed_runs_come_back_to_their_places(history):
    ids = filled(history, 25)
    with history.lock():
        removed = list(history.remove([ids[4], ids[22], "nowhere"]))
    assert [(placed.name, placed.number, placed.summary.run_id) for placed in removed] == [
        ("runs-000003.json", 3, ids[22]), ("runs-000001.json", 5, ids[4])
    ]  # fmt: skip
    left = [run_id for run_id in ids if run_id not in {ids[4], ids[22]}]
    assert [run.run_id for run in history.recent(50)] == left[::-1]
    assert [history.has(placed) for placed in removed] == [False, False]
    with history.lock():
        for placed in removed:
            history.put_back(placed)
    assert [run.run_id for run in history.recent(50)] == ids[::-1]
    assert [history.has(placed) for placed in removed] == [True, True]


def test_a_run_whose_place_was_taken_comes_back_to_the_end_of_its_file(history):
    ids = filled(history, 3)
    with history.lock():
        (placed,) = history.remove([ids[2]])
    history.add(replace(RUN, run_id="new"))
    with history.lock():
        history.put_back(placed)
    assert [run.run_id for run in history.recent()] == [ids[2], "new", ids[1], ids[0]]


def test_a_history_whose_newest_runs_were_all_removed_goes_on(history):
    ids = filled(history, 11)
    with history.lock():
        assert len(list(history.remove([ids[10]]))) == 1
    assert history.count() == 10
    history.add(RUN)
    assert [run.run_id for run in history.recent(2)] == [RUN.run_id, ids[9]]


def test_what_was_removed_can_be_forgotten_by_the_older_generation_too(history, tmp_path):
    ids = filled(history, 2)
    with history.lock():
        (placed,) = history.remove([ids[0]])
        assert ids[0].encode() in b"".join(path.read_bytes() for path in (tmp_path / "history").glob("runs-*"))
        history.forget_older(placed.name)
    assert ids[0].encode() not in b"".join(path.read_bytes() for path in (tmp_path / "history").glob("runs-*"))
    assert [run.run_id for run in history.recent()] == [ids[1]]


def test_the_last_run_has_a_name(history):
    with pytest.raises(UnknownRunError, match="no runs yet"):
        history.find("last")
    ids = filled(history, 12)
    assert history.find("last").run_id == ids[-1]


def test_a_run_is_found_by_its_id_or_a_prefix_that_only_it_has(history):
    filled(history, 12)
    history.add(replace(RUN, run_id="run-0"))
    assert history.find("run-003").run_id == "run-003"
    assert history.find("run-011").run_id == "run-011"
    assert history.find("run-0").run_id == "run-0"
    for run_id, hint in (("run-01", "run-011, run-010"), ("", "newest is run-0"), ("nothing", "newest is run-0")):
        with pytest.raises(UnknownRunError, match=hint):
            history.find(run_id)


@pytest.mark.parametrize(
    "text", ["x" * 5000, "ł" * 5000, "\x1b" * 5000, "語" * 5000], ids=["ascii", "two bytes", "escaped", "three bytes"]
)
def test_a_summary_never_takes_more_than_its_bytes(history, text):
    long = replace(RUN, question=text, answer=text, model="m" * 300, personas=tuple(f"{i:064}" for i in range(30)))
    history.add(long)
    history.add(replace(RUN, run_id="second", question=text, answer="y" * 161))
    second, first = history.recent()
    assert len(msgspec.json.encode(first)) <= MAX_BYTES
    assert len(msgspec.json.encode(second)) <= MAX_BYTES
    assert second.question[:5] == text[:5]
    assert second.answer.startswith("y")
    assert second.personas == RUN.personas


def test_three_processes_add_without_a_lost_run(history, tmp_path):
    code = (
        "import sys, msgspec, pathlib\nfrom dataclasses import replace\n"
        "import db.runs.history as h\nh.RUNS_PER_FILE = 10\n"
        "run = msgspec.json.decode(sys.argv[2], type=h.RunSummary)\nhistory = h.History(pathlib.Path(sys.argv[1]))\n"
        "for i in range(15): history.add(replace(run, run_id=f'{sys.argv[3]}-{i}'))"
    )
    command = [sys.executable, "-c", code, tmp_path / "history", msgspec.json.encode(RUN)]
    started = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert {run.run_id for run in history.recent(100)} == {f"{name}-{i}" for name in "abc" for i in range(15)}
    assert history.count() == 45
    assert len(list((tmp_path / "history").glob("runs-*.json"))) == 5


def test_a_damaged_file_is_set_aside_and_told_and_the_rest_goes_on(history, tmp_path):
    ids = filled(history, 15)
    last = tmp_path / "history" / "runs-000002.json"
    last.write_bytes(last.read_bytes()[:100])
    again = History(tmp_path / "history")
    assert [run.run_id for run in again.recent()] == ids[:14][::-1]
    assert len(again.problems()) == 1
    assert "set aside" in again.problems()[0]
    again.add(RUN)
    assert again.count() == 15
    assert len(list((tmp_path / "history").glob("*.damaged-*"))) == 1


def test_a_run_that_cannot_be_read_is_told_and_left_out(history, tmp_path):
    filled(history, 3)
    path = tmp_path / "history" / "runs-000001.json"
    path.write_bytes(path.read_bytes().replace(b'"run-001"', b"17", 1))
    assert [run.run_id for run in history.recent()] == ["run-002", "run-000"]
    assert history.recent()
    assert len(history.problems()) == 1
    assert not list(path.parent.glob("*.damaged-*"))


def test_run_ids_sort_by_time_and_never_repeat():
    ids = [new_run_id() for _ in range(500)]
    assert len(set(ids)) == 500
    assert [run_id[:21] for run_id in ids] == sorted(run_id[:21] for run_id in ids)
