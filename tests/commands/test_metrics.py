"""`persona-moe metrics`: the numbers of a workspace as Prometheus reads them."""

import gzip
import re
from dataclasses import replace
from typing import Any

import pytest

from db.runs.history import History
from db.runs.metrics import measure
from db.runs.recorder import RunRecorder
from db.runs.summary import RunSummary
from db.workspace import Workspace
from engine.events import Degraded, ModelReplied, RecordedEvent, RunFailed, RunFinished
from engine.run.state import Outcome
from tui.command_line import main
from tui.session.prometheus_text import metrics_text

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? (-?[0-9.e+-]+)')


@pytest.fixture
def metrics(workspace, capsys):
    """The samples by name and label; every line is checked."""

    def run():
        assert main(["metrics", "--workspace", str(workspace)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return parsed(out)

    return run


def parsed(text: str) -> dict[str, float]:
    samples, kinds, name = {}, {}, ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in kinds  # one family stands in one place
        elif line.startswith("# TYPE "):
            assert line.split()[2] == name
            kinds[name] = line.split()[3]
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            family = re.sub("_(bucket|sum|count)$", "", found[1]) if kinds[name] == "histogram" else found[1]
            assert family == name
            key = found[1] + (found[2] or "")
            assert key not in samples
            samples[key] = float(found[3])
            assert kinds[name] != "counter" or name.endswith("_total")
    return samples


def summary(number: int, **fields: Any) -> RunSummary:
    plain = RunSummary("", "2026-01-01T00:00:00+00:00", "Who?", "", False, "m", 1, (), "", 30.0, Outcome.ANSWERED)
    return replace(plain, run_id=f"r{number}", **fields)


def test_a_workspace_that_was_never_used(metrics):
    found = metrics()
    assert not any(found.values())
    assert {f'persona_moe_runs_total{{outcome="{name}"}}' for name in ("answered", "failed")} <= found.keys()
    assert 'persona_moe_run_duration_seconds_bucket{le="+Inf"}' in found


def test_a_workspace_that_was_used(metrics, workspace, capsys):
    (workspace / "configs" / "ollama.yaml").write_text("api_endpoint: http://127.0.0.1:9\n")
    assert main(["ask", "Who led the Net Strike of 1894?", "--workspace", str(workspace)]) == 0
    assert main(["ask", "Xyzzy plugh?", "--workspace", str(workspace), "--model", "none"]) == 0
    capsys.readouterr()
    found = metrics()
    assert found['persona_moe_runs_total{outcome="answered"}'] == 1
    assert found['persona_moe_runs_total{outcome="unanswered"}'] == 1
    assert found['persona_moe_model_runs_total{model="none"}'] == 2
    assert found["persona_moe_run_duration_seconds_count"] == 2
    assert found['persona_moe_recent_degradations{reason="no language model"}'] == 1
    assert (found["persona_moe_recent_runs"], found["persona_moe_recent_degraded_runs"]) == (2, 1)
    assert found['persona_moe_recent_phase_seconds{phase="walking"}'] > 0
    assert found['persona_moe_log_entries{level="WARNING"}'] == 1


def test_outcomes_and_times(tmp_path):
    runs = [
        summary(1, duration_ms=100.0),  # a bucket holds its bound
        summary(2, duration_ms=100.1),
        summary(3, duration_ms=1e9, abstained=True, outcome=Outcome.UNANSWERED),
        summary(4, outcome=Outcome.FAILED),
        summary(5, outcome=Outcome.CANCELLED),
    ]
    found = parsed(metrics_text(measure(runs, tmp_path, [])))
    outcomes = [
        found[f'persona_moe_runs_total{{outcome="{o}"}}'] for o in ("answered", "unanswered", "failed", "cancelled")
    ]
    assert outcomes == [2, 1, 1, 1]
    buckets = [
        found[f'persona_moe_run_duration_seconds_bucket{{le="{le}"}}'] for le in ("0.05", "0.1", "0.25", "300", "+Inf")
    ]
    assert buckets == [0, 1, 2, 2, 3]
    assert found["persona_moe_run_duration_seconds_count"] == 3


def test_names_cannot_break_a_label_or_steer_a_terminal(tmp_path):
    hostile = 'a"b\\c\n# TYPE x counter\x1b[2J\u202e'
    text = metrics_text(measure([summary(1, model=hostile), summary(2, model=f"{hostile}\x07")], tmp_path, []))
    found = parsed(text)
    assert found[r'persona_moe_model_runs_total{model="a\"b\\c # TYPE x counter[2J"}'] == 2
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_reasons_are_few_and_damaged_events_are_left_out(tmp_path):
    runs = [summary(number) for number in range(130)]
    for run in runs[:110]:
        with RunRecorder(tmp_path, run.run_id) as recorder:
            recorder.append(RecordedEvent(1.0, Degraded(f"reason {run.run_id}: particulars")))
            recorder.append(RecordedEvent(1.0, RunFailed("the index is damaged: here", "")))
            recorder.append(RecordedEvent(2.0, RunFinished({"walking": 500.0})))
    (tmp_path / "r0.jsonl.gz").write_bytes(b"nonsense")
    (tmp_path / "r1.jsonl.gz").write_bytes(gzip.compress(b'{"event": "Unheard"}\n'))
    (tmp_path / "r2.jsonl.gz").unlink()
    found = parsed(metrics_text(measure(runs, tmp_path, [])))
    assert found["persona_moe_recent_runs"] == found["persona_moe_recent_degraded_runs"] == 97
    reasons = {name: count for name, count in found.items() if "recent_degradations" in name}
    assert (len(reasons), sum(reasons.values())) == (21, 97)
    assert found['persona_moe_recent_errors{error="the index is damaged"}'] == 97
    assert found['persona_moe_recent_phase_seconds{phase="walking"}'] == 48.5


def test_every_run_counts_not_only_those_of_the_newest_file(metrics, workspace, monkeypatch):
    monkeypatch.setattr("db.runs.history.RUNS_PER_FILE", 3)
    history = History(Workspace(workspace).history)
    for number in range(8):
        history.add(summary(number))
    assert metrics()['persona_moe_runs_total{outcome="answered"}'] == 8


def test_tokens_and_times_of_models_are_counted(tmp_path):
    for run in (runs := [summary(1), summary(2)]):
        with RunRecorder(tmp_path, run.run_id) as recorder:
            for purpose, name in (("claims", "a"), ("claims", "b"), ("answer", "")):
                reply = ModelReplied(purpose, name, "http://x:1", "m", 100, 20, 1.0, 500.0, 2000.0)
                recorder.append(RecordedEvent(1.0, reply))
    found = parsed(metrics_text(measure(runs, tmp_path, [])))
    assert found['persona_moe_recent_model_replies{purpose="claims"}'] == 4
    assert found['persona_moe_recent_model_replies{purpose="answer"}'] == 2
    assert found['persona_moe_recent_model_tokens{kind="prompt"}'] == 600
    assert found['persona_moe_recent_model_tokens{kind="output"}'] == 120
    assert found['persona_moe_recent_model_seconds{kind="output"}'] == 12
