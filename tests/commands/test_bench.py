"""`persona-moe bench`: the rows that scripts read, and the table that people read."""

import json
import re

import pytest

from tests.support.datasets import write_dataset
from tests.support.ollama_server import EMBEDDING, OllamaServer
from tui.command_line import main

ROW = [
    "dataset", "method", "persona", "passages", "questions", "recall", "all_at_5", "lead",
    "p50_ms", "p95_ms", "cpu_p50_ms", "cpu_p95_ms", "index_s",
]  # fmt: skip


@pytest.fixture
def bench(tmp_path, capsys):
    def run(*arguments, code=0):
        assert main(["bench", *map(str, arguments), "--workspace", str(tmp_path / "workspace")]) == code
        out, err = capsys.readouterr()
        if code:
            assert (out, err.count("\n"), err.startswith("persona-moe: ")) == ("", 1, True)
            return err
        assert err == ""
        return json.loads(out) if "--json" in arguments else out

    return run


def test_the_rows_are_exactly_those_of_the_contract(bench, tmp_path):
    one, two = write_dataset(tmp_path / "one"), write_dataset(tmp_path / "two")
    rows = bench(one, two, "--json")
    assert [(row["dataset"], row["method"]) for row in rows] == [
        ("one", "bm25"), ("one", "panel"), ("two", "bm25"), ("two", "panel"),
    ]  # fmt: skip
    for row in rows:
        assert list(row) == ROW
        assert (row["passages"], row["questions"]) == (8, 4)
        assert list(row["recall"]) == ["2", "5", "10", "20"]
        assert all(isinstance(row[name], float) for name in ("all_at_5", "p50_ms", "p95_ms", "index_s"))
        mean, low, high = row["lead"]
        assert low <= mean <= high
        assert all(isinstance(points, float) for points in row["lead"])
        assert all(isinstance(share, float) and 0 <= share <= 100 for share in row["recall"].values())
    assert rows[0]["recall"] == {"2": 50.0, "5": 87.5, "10": 87.5, "20": 87.5}
    assert rows[0]["all_at_5"] == 75.0
    assert rows[1]["lead"] == [0.0, 0.0, 0.0]  # the panel beside itself
    assert {row["persona"] for row in rows} == {""}


def test_methods_and_limit(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    rows = bench(data, "--json", "--methods", "control, skeptic,", "--limit", "1")
    assert [row["method"] for row in rows] == ["bm25", "panel", "control", "skeptic"]
    assert {row["questions"] for row in rows} == {1}
    assert rows[0]["recall"]["2"] == 100.0
    err = bench(data, "--methods", "control,trakker", code=2)
    assert "unknown method 'trakker' (bm25, panel, rrf, best-single, oracle, random-gate, analyst, " in err
    assert "--limit 0 is not valid (a whole number from 1)" in bench(data, "--limit", "0", code=2)


def test_methods_in_hindsight_and_ablations(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    options = "--limit", "1", "--methods", "rrf,best-single,oracle,random-gate"
    rows = {row["method"]: row for row in bench(data, "--json", *options)}
    assert list(rows) == ["bm25", "panel", "rrf", "best-single", "oracle", "random-gate"]
    assert [name for name, row in rows.items() if row["persona"]] == ["best-single"]
    assert rows["oracle"]["p95_ms"] == 0.0
    rows = {row["method"]: row for row in bench(data, "--json", "--limit", "1", "--ablate")}
    assert list(rows)[:4] == ["bm25", "panel", "without walk", "without links"]
    assert {"without analyst", "without skeptic"} < rows.keys()
    assert not {"without control"} & rows.keys()


def test_the_table(bench, tmp_path):
    header, first, second = bench(write_dataset(tmp_path / "data")).splitlines()
    assert header.split("  ")[0] == "data set"
    assert " ".join(header.split()).endswith(
        "recall@2 recall@5 recall@10 recall@20 all@5 panel ahead @5 p50 ms p95 ms cpu p50 cpu p95 index s"
    )
    assert first.split()[:8] == ["data", "bm25", "4", "50.0", "87.5", "87.5", "87.5", "75.0"]
    assert second.split()[1] == "panel"
    assert "+0.0 [+0.0, +0.0]" in second
    assert len(header) == len(first) == len(second)
    *_, best = bench(tmp_path / "data", "--methods", "best-single").splitlines()
    assert re.search(r"^data +best-single \([a-z]+\) +4 ", best)


def test_a_data_set_that_cannot_be_used_is_one_line(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    with (data / "corpus.jsonl").open("a") as file:
        file.write('{"id": "p9"\n')
    assert f"{data / 'corpus.jsonl'}:9: " in bench(data, "--json", code=2)
    assert "no question with gold" in bench(write_dataset(tmp_path / "empty", queries=[]), code=2)


def test_measuring_leaves_no_trace(bench, tmp_path):
    bench(write_dataset(tmp_path / "data"))
    workspace = tmp_path / "workspace"
    assert not list((workspace / "db" / "runs").iterdir())
    assert not (workspace / "db" / "library" / "files.json").exists()
    assert not any("samples" in path.read_text() for path in (workspace / "personas").rglob("*.json"))


ANSWER_ROW = [
    "dataset", "method", "questions", "shown", "first", "f1", "exact", "gold_cited", "abstained",
    "false_abstentions", "right_abstentions", "words", "p50_ms",
]  # fmt: skip


def test_answers_have_rows_of_their_own_and_a_table(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    rows = bench(data, "--answers", "--json")
    assert [(row["method"], row["questions"]) for row in rows] == [("extractive", 5), ("bm25-passage", 5)]
    assert all(list(row) == ANSWER_ROW for row in rows)
    assert rows[0]["right_abstentions"] == 100.0
    assert "false abst." in bench(data, "--answers", "--limit", "1")


def test_a_model_goes_with_answers_only(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    assert "--model goes with --answers only" in bench(data, "--model", "x", code=2)


def test_with_an_embedding_model_the_panel_goes_by_meaning_too_and_vectors_are_kept(bench, tmp_path):
    data = write_dataset(tmp_path / "data")
    with OllamaServer({"embedder:latest": EMBEDDING}) as server:
        configs = tmp_path / "workspace" / "configs"
        bench(data, "--limit", "1", "--json")  # makes the workspace
        (configs / "ollama.yaml").write_text(f"api_endpoint: {server.url}\n")
        rows = {row["method"]: row for row in bench(data, "--json", "--meaning", "--methods", "interpreter")}
        assert list(rows) == ["bm25", "panel", "interpreter"]
        assert rows["interpreter"]["recall"]["20"] > 0
        assert len(server.embedded) == 8 + 4
        bench(data, "--meaning")
        assert len(server.embedded) == 8 + 4 + 4
    assert "unknown method 'interpreter'" in bench(data, "--methods", "interpreter", code=2)
    assert "--meaning do not go with another" in bench(data, "--meaning", "--scores", code=2)
