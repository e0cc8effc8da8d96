"""The short form of `tests.trials.load`: sessions at work in one workspace, one of them killed, lose nothing."""

from tests.trials.load import Promised, looked, report, run


def test_sessions_at_work_in_one_workspace_lose_nothing(tmp_path):
    promised = run(tmp_path, 3.0, seed=1, sessions=5, fewest_asks=3)
    assert promised.defects == []
    assert promised.killed == 1
    assert promised.counts["ask"] >= 3
    assert report(promised, 3.0).endswith(" 0 defects")


def test_the_checks_see_a_promise_that_was_not_kept(workspace):
    promised = Promised(runs=["20260101-run"], files={"/nowhere/x.md"})
    promised.counts.update(judge=1, move=2)
    told = "\n".join(looked(workspace, promised, {"nobody"}))
    for defect in ("run 20260101-run is lost", "run 20260101-run was not paid", "/nowhere/x.md was ingested",
                   "1 times judge was promised, the ledger has 0", "2 times move", "nobody is gone"):  # fmt: skip
        assert defect in told
