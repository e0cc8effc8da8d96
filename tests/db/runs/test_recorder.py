"""Graphs and events of runs: they come back as they were, also after a kill."""

import gzip
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from db.runs.graph_snapshots import graph_path, load_graph_snapshot, save_graph_snapshot
from db.runs.recorder import RunRecorder, finish_unfinished, load_events
from db.runs.run_files import unfinished
from engine.errors import StoreError, UnknownRunError
from engine.events import AnswerFragment, PersonaStepped, RecordedEvent, RunFailed, RunFinished, RunStarted, to_json

EVENTS = [
    RecordedEvent(0.5, PersonaStepped("walker", 1, "", "p1", "Vane\nHead", "seed", 0.25)),
    RecordedEvent(1.5, AnswerFragment("łight \x1b[31m")),
    RecordedEvent(2.0, RunFinished({"walk": 1.5})),
]


class Graph:
    def __init__(self, edges: list[list[int]]) -> None:
        self.edges = edges

    def to_compact(self) -> dict[str, object]:
        return {"nodes": ["a", "ł"], "edges": self.edges, "weights": [0.1]}


def test_a_graph_comes_back_as_it_was_saved_in_the_same_bytes(tmp_path):
    path = save_graph_snapshot(Graph([[0, 1]]), "run-1", "2025-01-01T00:00:00Z", folder=tmp_path / "runs")
    assert path == graph_path(tmp_path / "runs", "run-1")
    assert load_graph_snapshot(path) == Graph([[0, 1]]).to_compact()
    first = path.read_bytes()
    assert first[4:8] == b"\0\0\0\0"
    assert save_graph_snapshot(Graph([[0, 1]]), "run-1", "2025-01-01T00:00:00Z", folder=path.parent) == path
    assert path.read_bytes() == first


def test_damaged_and_missing_graphs_are_told_apart(tmp_path):
    path = tmp_path / "run.graph.json.gz"
    with pytest.raises(UnknownRunError, match="run"):
        load_graph_snapshot(path)
    packed = gzip.compress(b'{"graph":{"nodes":[]}}')
    for damage in (
        b"",
        b"x",
        packed[:-9],
        packed[:12],
        gzip.compress(b"[]"),
        gzip.compress(b"\xff"),
        gzip.compress(b"{}"),
    ):
        path.write_bytes(damage)
        with pytest.raises(StoreError, match=r"run\.graph"):
            load_graph_snapshot(path)
    path.write_bytes(packed)
    assert load_graph_snapshot(path) == {"nodes": []}


@pytest.mark.parametrize("name", ["../x", "", "a/b", "con\x1b", ".", "..", "-x", "x" * 200])
def test_an_id_that_is_no_file_name_is_refused(tmp_path, name):
    with pytest.raises(UnknownRunError):
        save_graph_snapshot(Graph([]), name, "now", folder=tmp_path)
    with pytest.raises(UnknownRunError):
        RunRecorder(tmp_path, name)
    with pytest.raises(UnknownRunError):
        load_events(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_events_can_be_read_while_they_come_and_when_they_are_packed(tmp_path):
    with RunRecorder(tmp_path / "runs", "run-1") as recorder:
        for seen, event in enumerate(EVENTS, start=1):
            recorder.append(event)
            assert load_events(tmp_path / "runs", "run-1") == EVENTS[:seen]
    assert [path.name for path in (tmp_path / "runs").rglob("[!.]*.*")] == ["run-1.jsonl.gz"]
    assert load_events(tmp_path / "runs", "run-1") == EVENTS
    recorder.close()
    with pytest.raises(StoreError, match="closed"):
        recorder.append(EVENTS[0])


def test_a_run_id_is_recorded_once(tmp_path):
    with RunRecorder(tmp_path, "run-1"), pytest.raises(StoreError, match="run-1"):
        RunRecorder(tmp_path, "run-1")


def test_a_killed_session_leaves_what_it_saw(tmp_path):
    code = (
        "import sys, time, pathlib\nfrom db.runs.recorder import RunRecorder\nfrom engine.events import *\n"
        "recorder = RunRecorder(pathlib.Path(sys.argv[1]), 'run-1')\n"
        "for i in range(100): recorder.append(RecordedEvent(i, AnswerFragment('x')))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
    assert [recorded.at_ms for recorded in load_events(tmp_path, "run-1")] == list(range(100))


def test_a_torn_last_event_is_dropped_and_any_other_bad_line_is_named(tmp_path):
    lines = [to_json(event) + b"\n" for event in EVENTS]
    plain = unfinished(tmp_path) / "run.jsonl"
    plain.parent.mkdir()
    plain.write_bytes(b"".join(lines)[:-5])
    assert load_events(tmp_path, "run") == EVENTS[:2]
    for bad in (b"{}\n", b"\n", b'{"at_ms":[],"event":"AnswerFragment"}\n', b"\xff\n"):
        plain.write_bytes(lines[0] + bad + lines[1])
        with pytest.raises(StoreError, match=r"run\.jsonl: line 2"):
            load_events(tmp_path, "run")
    with pytest.raises(UnknownRunError, match="other"):
        load_events(tmp_path, "other")


STARTED = RecordedEvent(0.1, RunStarted("run", "Who?", 1, 2, None))
ASKED = RecordedEvent(0.0, RunStarted("run", "Who?", 0, 0, None))


def left_by_a_kill(folder, run_id, *events):
    unfinished(folder).mkdir(parents=True, exist_ok=True)
    (unfinished(folder) / f"{run_id}.jsonl").write_bytes(
        b"".join(to_json(event) + b"\n" for event in events) + b'{"at_ms":1'
    )


def test_runs_that_a_kill_left_are_brought_to_their_end_once(tmp_path):
    runs = tmp_path / "runs"
    left_by_a_kill(runs, "begun", STARTED, EVENTS[0])
    left_by_a_kill(runs, "ended", STARTED, EVENTS[2])
    left_by_a_kill(runs, "hardly")
    entered = {}
    assert [line.split()[1] for line in finish_unfinished(runs, entered.__setitem__)] == ["begun", "ended"]
    assert entered["ended"] == [STARTED, EVENTS[2]]
    assert entered["begun"][:2] == [STARTED, EVENTS[0]]
    assert isinstance(entered["begun"][2].event, RunFailed)
    assert load_events(runs, "begun") == entered["begun"]
    assert sorted(path.name for path in runs.rglob("[!.]*.*")) == ["begun.jsonl.gz", "ended.jsonl.gz"]
    assert finish_unfinished(runs, entered.__setitem__) == []


def test_a_question_is_stored_before_its_run_begins(tmp_path):
    with RunRecorder(tmp_path, "run", "Who?") as recorder:
        assert load_events(tmp_path, "run") == [ASKED]
        recorder.append(STARTED)
        recorder.append(EVENTS[2])
        assert load_events(tmp_path, "run") == [STARTED, EVENTS[2]]  # it held the place of the run's own
    assert load_events(tmp_path, "run") == [STARTED, EVENTS[2]]


def test_a_run_that_was_killed_before_it_began_keeps_its_question(tmp_path):
    recorder = RunRecorder(tmp_path, "run", "Who?")
    os.close(recorder._descriptor)  # as the system does at a kill
    entered: dict[str, Any] = {}
    assert finish_unfinished(tmp_path, entered.__setitem__) == ["run run was finished"]
    asked, failed = entered["run"]
    assert (asked, type(failed.event)) == (ASKED, RunFailed)
    assert load_events(tmp_path, "run") == [asked, failed]


def test_a_run_that_failed_before_it_began_keeps_its_question(tmp_path):
    failed = RecordedEvent(0.0, RunFailed("the library is damaged", ""))
    with RunRecorder(tmp_path, "run", "Who?") as recorder:
        recorder.append(failed)
    assert load_events(tmp_path, "run") == [ASKED, failed]


def test_a_run_that_goes_on_is_left_alone(tmp_path):
    entered = {}
    with RunRecorder(tmp_path, "run") as recorder:
        recorder.append(STARTED)
        assert finish_unfinished(tmp_path, entered.__setitem__) == []
        recorder.append(EVENTS[2])
        recorder.close()
        assert finish_unfinished(tmp_path, entered.__setitem__) == []  # its session is about to name it in the history
    assert (entered, load_events(tmp_path, "run")) == ({}, [STARTED, EVENTS[2]])


def test_a_run_that_the_history_could_not_take_is_kept_for_the_next_start(tmp_path):
    recorder = RunRecorder(tmp_path, "run")
    recorder.append(STARTED)
    recorder.append(EVENTS[2])
    recorder.__exit__(StoreError, StoreError("the disk is full"), None)
    entered = {}
    assert len(finish_unfinished(tmp_path, entered.__setitem__)) == 1
    assert entered == {"run": [STARTED, EVENTS[2]]}


def test_damaged_events_of_a_killed_run_are_set_aside(tmp_path):
    unfinished(tmp_path).mkdir()
    (unfinished(tmp_path) / "run.jsonl").write_bytes(b"{}\n")
    entered = {}
    (line,) = finish_unfinished(tmp_path, entered.__setitem__)
    assert "set aside" in line
    assert [path.name for path in unfinished(tmp_path).glob("[!.]*")] == ["run.jsonl.damaged"]
    assert finish_unfinished(tmp_path, entered.__setitem__) == []
