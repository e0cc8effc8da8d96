"""Data sets: what is read, what is refused, and recall by hand."""

import pytest

from engine.bench.dataset import CUTS, Line, indexed, read_dataset, recall, recalls
from engine.errors import DocumentError, InputError
from tests.support.datasets import QUERIES, write_dataset


@pytest.fixture
def data(tmp_path):
    return write_dataset(tmp_path / "tiny")


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


def test_recall_counts_what_is_wanted_once_and_only_the_first():
    assert recall(["a", "x", "b"], ["a", "b"]) == 1.0
    assert recall(["a", "x", "b"], ["a", "b"], cut=2) == 0.5
    assert recall(["a", "a"], ["a", "b", "b"]) == 0.5
    assert CUTS == (2, 5, 10, 20)


def test_only_questions_with_gold_are_read_and_only_the_first_under_a_limit(data):
    dataset = read_dataset(data)
    assert (dataset.name, len(dataset.passages)) == ("tiny", 8)
    assert [query.id for query in dataset.queries] == ["1", "2", "3", "4"]
    assert [query.id for query in read_dataset(data, limit=2).queries] == ["1", "2"]
    assert [query.id for query in read_dataset(data, limit=99).queries] == ["1", "2", "3", "4"]


def test_what_may_be_left_out_of_a_line_is_empty(tmp_path):
    corpus, queries = [{"id": "p", "text": "mud", "more": 1}], [{"id": "q", "question": "mud?", "gold": ["p"]}]
    dataset = read_dataset(write_dataset(tmp_path / "short", corpus, queries))
    assert dataset.passages == (Line("p", "mud", "", ""),)
    (query,) = dataset.queries
    assert (query.answers, query.type, query.group) == ([], "", "")


def test_a_line_is_a_passage_of_its_own_file():
    passage = Line("p1", "Łódź mud", "A title", "a").passage
    assert (passage.id, passage.source, passage.title, passage.text) == ("p1", "p1", "A title", "Łódź mud")
    assert (passage.start, passage.end) == (0, 8)


def test_an_index_holds_the_passages_and_goes_away_in_the_end(data, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    dataset = read_dataset(data)
    with indexed(dataset) as library:
        assert list((tmp_path / "scratch").iterdir())
        look = library.library(dataset.queries[0])
        ((number, _),) = look.search({"zebra": 1.0}, 5)
        assert (look.open(number).passage.id, len(look)) == ("p1", 8)
        assert library.index_s > 0
        library.forget()
        assert look.open(number).passage.id == "p1"
    assert not list((tmp_path / "scratch").iterdir())


def test_a_question_of_a_group_looks_into_that_group_alone(tmp_path):
    corpus = [{"id": f"{group}1", "title": "", "text": "a heron stood", "group": group} for group in "ab"]
    queries = [{"id": group or "all", "question": "heron", "gold": ["a1"], "group": group} for group in ("a", "b", "")]
    dataset = read_dataset(write_dataset(tmp_path / "groups", corpus, queries))
    with indexed(dataset) as library:
        looks = [library.library(query) for query in dataset.queries]
        found = [{look.open(n).passage.id for n, _ in look.search({"heron": 1.0}, 5)} for look in looks]
    assert found == [{"a1"}, {"b1"}, {"a1", "b1"}]


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
        read_dataset(write_dataset(tmp_path / "empty", corpus, queries))


def test_a_missing_file_is_named(data):
    (data / "queries.jsonl").unlink()
    with pytest.raises(InputError, match=r"queries\.jsonl: No such file"):
        read_dataset(data)
