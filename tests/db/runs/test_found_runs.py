"""A list of runs is found bit by bit and read page by page, whatever is deleted meanwhile."""

from db.runs.found_runs import FoundRuns
from db.runs.history import History
from db.runs.query import RunQuery
from tests.support import scripted_run as script

RUNS = [script.summary(n, question="even" if n % 2 == 0 else "odd") for n in range(2500)]


def listed(tmp_path, text: str = "") -> FoundRuns:
    return FoundRuns(script.history_of(RUNS, tmp_path / "history"), RunQuery.parse(text), {"run-7": {None: True}})


def ids(runs):
    return [run and run.run_id for run in runs]


def test_it_grows_file_by_file_until_it_is_complete(tmp_path):
    runs = listed(tmp_path)
    assert (len(runs), runs.complete) == (0, False)
    runs.search_on(9, enough=1)
    assert (len(runs), runs.searched, runs.complete) == (500, 500, False)
    runs.search_on(0)
    assert (len(runs), runs.complete) == (1500, False)
    runs.search_on(9)
    assert (len(runs), runs.searched, runs.complete) == (2500, 2500, True)


def test_pages_go_over_the_borders_of_files(tmp_path):
    runs = listed(tmp_path, "even")
    runs.search_on(9)
    assert len(runs) == 1250
    expected = [f"run-{n}" for n in range(2498, -1, -2)]
    for first, limit in ((0, 3), (248, 4), (249, 502), (700, 100), (1249, 5), (1250, 5)):
        assert ids(runs.page(first, limit)) == expected[first : first + limit]


def test_judged_runs_are_found(tmp_path):
    runs = listed(tmp_path, "is:liked")
    runs.search_on(9)
    assert ids(runs.page(0, 10)) == ["run-7"]


def test_a_run_that_was_deleted_meanwhile_leaves_its_place_empty(tmp_path):
    runs = listed(tmp_path)
    runs.search_on(9)
    history = History(tmp_path / "history")
    with history.lock():
        list(history.remove(["run-2498"]))
    assert ids(runs.page(0, 3)) == ["run-2499", None, "run-2497"]


def test_a_list_that_nobody_waits_for_any_more_looks_no_further(tmp_path):
    runs = listed(tmp_path)
    runs.search_on(9, enough=1)
    runs.stop()
    runs.search_on(9)
    assert (len(runs), runs.complete) == (1500, False)
