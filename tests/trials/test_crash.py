"""The short form of `tests.trials.crash`: a kill at any moment of any command loses nothing."""

from tests.trials.crash import Trials, broken_files, personas_in_two_places, runs_that_are_lost


def test_nothing_is_lost_by_kills_at_random_moments(tmp_path):
    trials = Trials(tmp_path, seed=1)
    trials.run(10, only=("ask", "ingest", "restore", "edit", "feedback"))
    assert [defect for tally in trials.tallies.values() for defect in tally.defects] == []
    assert sum(tally.trials for tally in trials.tallies.values()) == 10
    assert sum(tally.stopped for tally in trials.tallies.values()) > 2


def test_the_checks_see_what_is_lost(workspace):
    assert list(broken_files(workspace)) == []
    (workspace / "db" / "runs" / "unfinished").mkdir()
    (workspace / "db" / "runs" / "unfinished" / "run.jsonl").write_text('{"whole": 1}\n{"to', encoding="utf-8")
    (workspace / "configs" / "screen.yaml").write_text("a: [", encoding="utf-8")
    (workspace / "personas" / "stable" / "skeptic.json").write_text("{", encoding="utf-8")
    assert [line.split(":")[0] for line in broken_files(workspace)] == [
        "configs/screen.yaml", "personas/stable/skeptic.json",
    ]  # fmt: skip
    told = list(personas_in_two_places(workspace, {"skeptic", "nobody"}))
    assert told == ["skeptic stands in 2 folders", "nobody is gone"]
    assert list(runs_that_are_lost(workspace, {"other": "answered"}))[:2] == [
        "run run has events, but is not in the history", "run run was left unpacked",
    ]  # fmt: skip
