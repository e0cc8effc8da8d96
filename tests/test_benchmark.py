"""Recall by hand: every figure here can be worked out on paper."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.benchmark import ALWAYS, CUTS, Dataset, read_dataset, recalls, run_benchmark
from engine.errors import DocumentError, InputError
from engine.gate import ThresholdGate
from engine.persona import Persona, PersonaState, RosterEntry

CONTROL = RosterEntry(Persona("control", {}, metadata={"control": True}), PersonaState.ACTIVE)
WALKER = RosterEntry(Persona("walker", {"persistence": 5}), PersonaState.ACTIVE)
ARCHIVED = RosterEntry(Persona("archived", {}), PersonaState.PRUNED)
GATE = ThresholdGate(0.0, 12)

# Passages of six words each, so that BM25 goes by how often a word occurs.
HERONS = [(f"h{n}", " ".join(["heron"] * n + ["mud"] * (6 - n))) for n in range(1, 6)]
CORPUS = [
    ("p1", "the zebra wore stripes at noon"),
    ("p2", "an ibex slept under the ash"),
    ("far", "nobody else was there"),
    *HERONS,
]
QUERIES = [
    {"id": "1", "question": "who saw the zebra", "answers": ["x"], "gold": ["p1"]},  # found first: 1 1 1 1, all
    {"id": "2", "question": "who saw the ibex", "answers": [], "gold": ["p2", "far"]},  # half: .5 .5 .5 .5, not all
    {"id": "3", "question": "what of the heron", "answers": [], "gold": ["h3"]},  # third of five: 0 1 1 1, all
    {"id": "4", "question": "what of the heron", "answers": [], "gold": ["h5", "h1"]},  # first and last: .5 1 1 1, all
    {"id": "5", "question": "what of the unicorn", "answers": [], "gold": []},  # unanswerable: does not count
]


def written(folder: Path, corpus: Sequence[object] | None = None, queries: Sequence[object] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [{"id": name, "title": "", "text": text} for name, text in CORPUS] if corpus is None else corpus
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "queries.jsonl").write_text(
        "\n".join(json.dumps(line) for line in (QUERIES if queries is None else queries))
    )
    return folder


def measured(dataset: Dataset, *methods):
    return {row.method: row for row in run_benchmark(dataset, methods, [CONTROL, WALKER, ARCHIVED], GATE)}


@pytest.fixture
def data(tmp_path):
    return written(tmp_path / "tiny")


@pytest.mark.parametrize(
    ("ids", "gold", "shares"),
    [
        (["a", "b"], ["a"], [1, 1, 1, 1, 1]),
        (["b", "c", "a"], ["a"], [0, 1, 1, 1, 1]),
        (["b", "c", "d", "e", "f", "a"], ["a"], [0, 0, 1, 1, 0]),
        ([*"bcdefghijk", "a"], ["a"], [0, 0, 0, 1, 0]),
        ([*"bcdefghijklmnopqrstu", "a"], ["a"], [0, 0, 0, 0, 0]),
        (["a", "x", "b"], ["a", "b"], [0.5, 1, 1, 1, 1]),
        (["a", "x", "b"], ["a", "b", "c", "d"], [0.25, 0.5, 0.5, 0.5, 0]),
        (["a"], ["a", "a"], [1, 1, 1, 1, 1]),
        ([], ["a"], [0, 0, 0, 0, 0]),
    ],
)
def test_recall_of_one_question(ids, gold, shares):
    assert recalls(ids, gold) == shares


def test_the_figures_are_those_worked_out_by_hand(data):
    row = measured(read_dataset(data))["bm25"]
    assert row.recall == {"2": 50.0, "5": 87.5, "10": 87.5, "20": 87.5}
    assert row.all_at_5 == 75.0
    assert (row.dataset, row.passages, row.questions) == ("tiny", 8, 4)
    assert 0 <= row.p50_ms <= row.p95_ms
    assert row.index_s > 0


def test_every_method_has_a_row_and_plain_search_and_panel_come_first(data):
    rows = measured(read_dataset(data), "walker", "bm25", "control", "walker")
    assert list(rows) == ["bm25", "panel", "walker", "control"]
    assert rows["control"].recall == rows["bm25"].recall  # the control is plain search
    assert ALWAYS == ("bm25", "panel")
    assert tuple(rows["panel"].recall) == tuple(map(str, CUTS))


def test_the_panel_finds_what_only_a_link_leads_to(tmp_path):
    corpus = [
        {"id": "film", "title": "Marsh Light", "text": "Marsh Light is a film that was directed by Ineke Vandermolen."},
        {"id": "woman", "title": "Ineke Vandermolen", "text": "She was born in Oosterwold and kept bees."},
        *(
            {"id": f"x{n}", "title": f"Film {n}", "text": f"A film of the year {n}, with a director of its own."}
            for n in range(30)
        ),
    ]
    query = {"id": "1", "question": "Where was the director of the film Marsh Light born?", "gold": ["film", "woman"]}
    rows = measured(read_dataset(written(tmp_path / "links", corpus, [query])), "control")
    assert rows["panel"].recall["2"] == 100.0
    assert rows["panel"].all_at_5 == 100.0


def test_a_group_restricts_the_search_to_its_passages(tmp_path):
    texts = [
        ("a", "heron heron heron heron mud mud"),
        ("a", "heron heron heron mud mud mud"),
        ("b", "heron mud mud mud mud mud"),
    ]
    corpus = [{"id": f"{group}{n}", "title": "", "text": text, "group": group} for n, (group, text) in enumerate(texts)]
    query = {"id": "1", "question": "what of the heron", "gold": ["b2"]}
    for group, recall in (("b", 100.0), ("", 0.0), ("a", 0.0), ("none", 0.0)):
        queries = [{**query, "group": group}] if group else [query]
        rows = measured(read_dataset(written(tmp_path / "groups", corpus, queries)))
        assert {name: row.recall["2"] for name, row in rows.items()} == {"bm25": recall, "panel": recall}
    assert rows["bm25"].recall["20"] == 0.0


def test_only_the_first_questions_count_under_a_limit(data):
    assert len(read_dataset(data).queries) == 4
    dataset = read_dataset(data, limit=2)
    assert [query.id for query in dataset.queries] == ["1", "2"]
    row = measured(dataset)["bm25"]
    assert (row.questions, row.recall["2"], row.all_at_5) == (2, 75.0, 50.0)


def test_two_measurements_give_the_same_figures(data):
    first, second = (measured(read_dataset(data), "walker") for _ in range(2))
    for name, row in first.items():
        assert replace(row, p50_ms=0, p95_ms=0, index_s=0) == replace(second[name], p50_ms=0, p95_ms=0, index_s=0)


def test_an_unknown_method_names_the_valid_ones(data):
    with pytest.raises(InputError, match="unknown method 'walkre'") as caught:
        measured(read_dataset(data), "walkre")
    assert caught.value.hint == "bm25, panel, control, walker, archived are valid"


def test_a_pruned_persona_is_not_on_the_panel(data):
    only = run_benchmark(read_dataset(data), [], [CONTROL, ARCHIVED], GATE)
    assert only[0].recall == only[1].recall


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("corpus", '{"id": "p9", "title": "x"}', "corpus.jsonl:2: .*`text`"),
        ("corpus", '{"id": "p9", "text": "x"', "corpus.jsonl:2: "),
        ("corpus", "[]", "corpus.jsonl:2: "),
        ("queries", '{"id": "9", "question": "x"}', "queries.jsonl:2: .*`gold`"),
        ("queries", '{"id": "9", "question": "x", "gold": "p1"}', "queries.jsonl:2: "),
        ("queries", '{"id": 9, "question": "x", "gold": ["p1"]}', "queries.jsonl:2: "),
    ],
)
def test_a_broken_line_is_named(data, name, line, told):
    path = data / f"{name}.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([first, line, *rest]))
    with pytest.raises(DocumentError, match=told):
        read_dataset(data)


def test_a_line_that_is_no_utf_8_is_named(data):
    (data / "queries.jsonl").write_bytes(b'\n{"id": "1", "question": "caf\xe9", "gold": ["p1"]}\n')
    with pytest.raises(DocumentError, match=r"queries\.jsonl:2: "):
        read_dataset(data)


@pytest.mark.parametrize(("corpus", "queries"), [([], None), (None, []), (None, [QUERIES[-1]])])
def test_a_data_set_without_passages_or_gold_is_refused(tmp_path, corpus, queries):
    with pytest.raises(InputError, match="no passages, or no question with gold"):
        read_dataset(written(tmp_path / "empty", corpus, queries))


def test_a_missing_file_is_named(data):
    (data / "queries.jsonl").unlink()
    with pytest.raises(InputError, match=r"queries\.jsonl: No such file"):
        read_dataset(data)
