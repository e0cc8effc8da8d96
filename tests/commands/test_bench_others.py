"""`persona-moe bench` with --personas, --scores or --learn: the rows that scripts read, and the tables."""

import json
import re
from itertools import pairwise

import pytest

from engine.personas.traits import needs_vectors
from tests.support.datasets import write_films
from tui.command_line import main
from tui.session.session import open_session

OTHERS = ["--personas", "--scores", "--learn", "--leave-one-out"]
INTERVAL = re.compile(r" [+-]\d+\.\d \[[+-]\d+\.\d, [+-]\d+\.\d\]$")


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("engine.bench.statistics.RESAMPLES", 100)
    write_films(tmp_path / "films")

    def run(*arguments, code=0):
        given = ["bench", str(tmp_path / "films"), *arguments, "--workspace", str(tmp_path / "workspace")]
        assert main(given) == code
        out, err = capsys.readouterr()
        if code:
            assert (out, err.count("\n"), err.startswith("persona-moe: ")) == ("", 1, True)
            return err
        assert err == ""
        return json.loads(out) if "--json" in arguments else out.splitlines()

    return run


@pytest.fixture
def walkers(tmp_path):
    entries = open_session(tmp_path / "workspace", model="none").personas.roster.entries()
    walking = [entry.persona for entry in entries if not entry.persona.is_control]
    return [persona.persona_id for persona in walking if not needs_vectors(persona)]


def is_interval(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and value[1] <= value[0] <= value[2]


def test_personas_gives_a_row_for_each_walker(bench, walkers):
    rows = bench("--personas", "--json", "--limit", "2")
    assert [(row["dataset"], row["persona"]) for row in rows] == [("films", name) for name in walkers]
    for row in rows:
        assert list(row) == ["dataset", "persona", "recall", "overlap", "only", "loss"]
        assert 0 <= row["overlap"] <= 1
        assert 0 <= row["only"] <= row["recall"] <= 100
        assert is_interval(row["loss"])
    assert 100.0 in {row["recall"] for row in rows}


def test_leave_one_out_gives_a_row_for_each_kind_of_evidence_and_for_other_panels(bench):
    rows = bench("--leave-one-out", "--json", "--limit", "2")
    kinds = [f"without {kind}" for kind in ("words", "names", "structure", "closeness", "amounts")]
    assert [row["panel"] for row in rows][:-1] == ["panel", *kinds, "random panel"]
    assert rows[-1]["panel"].startswith("best single (")
    for row in rows:
        assert list(row) == [
            "dataset", "panel", "questions", "recall_at_5", "recall_at_20", "lost_at_5", "lost_at_20",
        ]  # fmt: skip
        assert 0 <= row["recall_at_5"] <= row["recall_at_20"] <= 100
        assert is_interval(row["lost_at_5"])
    header, first, *_ = bench("--leave-one-out", "--limit", "2")
    assert header.split() == "data set panel questions recall@5 recall@20 panel ahead @5 panel ahead @20".split()
    assert first.split()[:3] == ["films", "panel", "2"]


def test_scores_gives_a_row_for_each_score(bench, walkers):
    rows = bench("--scores", "--json", "--limit", "3")
    assert [row["score"] for row in rows] == [
        "relevance", "consistency", "novelty", "entity_grounding", "total", "credit",
    ]  # fmt: skip
    for row in rows:
        assert list(row) == ["dataset", "score", "pooled", "within", "outputs"]
        assert (row["dataset"], row["outputs"]) == ("films", 3 * len(walkers))
        assert all(value is None or -1 <= value <= 1 for value in (row["pooled"], row["within"]))
    assert rows[0]["pooled"] is None  # every persona finds the film, which covers the question


def test_learn_gives_a_row_for_each_start_and_learner(bench):
    rows = bench("--learn", "--json", "--limit", "2")
    learners = ["frozen", "random gate", "shuffled", "scores", "feedback"]
    assert [(row["start"], row["learner"]) for row in rows] == [
        (start, learner) for start in ("shipped", "random") for learner in learners
    ]
    for row in rows:
        assert list(row) == ["dataset", "start", "learner", "questions", "asked", "recall", "gain"]
        assert (row["dataset"], row["questions"], row["asked"]) == ("films", 2, [0, 1])
        assert all(0 <= value <= 100 for value in row["recall"])
        assert len(row["recall"]) == 2
        assert is_interval(row["gain"])


@pytest.mark.parametrize(
    ("option", "header", "rows"),
    [
        ("--personas", "data set persona recall@5 overlap only it % panel loses @5", None),
        ("--scores", "data set score pooled within a question outputs", 6),
        ("--learn", "data set start learner held out recall@5 as it learns against frozen", 10),
    ],
)
def test_the_tables(bench, walkers, option, header, rows):
    first, *lines = bench(option, "--limit", "1")
    assert " ".join(first.split()) == header
    assert len(lines) == (rows or len(walkers))
    assert all(line.startswith("films ") for line in lines)
    if option == "--scores":
        assert re.search(r"relevance +- +", lines[0])  # what never varies is a dash
    else:
        assert all(INTERVAL.search(line) for line in lines)


@pytest.mark.parametrize("option", OTHERS)
def test_measuring_leaves_no_trace(bench, tmp_path, walkers, option):
    def files():
        found = {path: path.read_bytes() for path in (tmp_path / "workspace").rglob("*") if path.is_file()}
        return {path.relative_to(tmp_path): text for path, text in found.items()}

    before = files()
    bench(option, "--limit", "2")
    assert files() == before


@pytest.mark.parametrize(("first", "second"), [*pairwise(OTHERS), ("--learn", "--scale=10")])
def test_one_measurement_at_a_time(bench, tmp_path, first, second):
    err = bench(first, second, code=2)
    assert f"{second.split('=')[0]}: not allowed with argument {first}" in err
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize("option", OTHERS)
@pytest.mark.parametrize("other", ["--methods=control", "--ablate"])
def test_methods_and_ablate_do_not_go_with_another_measurement(bench, tmp_path, option, other):
    err = bench(option, other, "--json", code=2)
    assert "--methods, --ablate and --meaning do not go with another measurement" in err
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize("option", OTHERS)
def test_a_limit_that_is_no_number_of_questions_is_refused(bench, option):
    assert "--limit 0 is not valid" in bench(option, "--limit", "0", code=2)


def test_without_a_walker_there_is_nothing_to_show(bench, tmp_path, walkers, capsys):
    for name in walkers:
        assert main(["personas", "prune", name, "--workspace", str(tmp_path / "workspace")]) == 0
    capsys.readouterr()
    assert bench("--personas", "--json") == bench("--scores", "--json") == []
    rows = [row for row in bench("--learn", "--json") if row["start"] == "shipped"]
    assert {row["recall"][-1] for row in rows if row["learner"] != "random gate"} == {50.0}  # the control's
