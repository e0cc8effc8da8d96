"""The index: BM25 as the books have it, look-ups by name and title, one writer at a time."""

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index import search_index as search_module
from engine.index.preparation import prepare
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import EXACT_WEIGHT, SearchIndex, inverse_document_frequency
from engine.text.names import analyse, mentions_in
from engine.text.words import stems

TEXTS = [
    ("Vane Head", "", "Vane Head is a headland. The keeper lit the lamp; the lamp burned.", "/l/a"),
    ("Ann Lee", "Life", "Ann Lee was the keeper of the light at Vane Head.", "/l/a"),
    ("The Boat", "", "A boat sank. The lamp of the boat went out, and the keeper slept while the boat sank.", "/l/ab"),
    ("Café (Noir)", "", "Ann Lee drank here, and nobody else.", "/l/ab"),
    ("Vane Head (poem)", "", "A poem of twelve lines.", "/l/c"),
]


def passage(number: int, title: str, text: str, heading: str = "") -> Passage:
    return Passage(f"{number}", f"s{number}", title, heading, 0, len(text), text)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    index = SearchIndex(tmp_path_factory.mktemp("index"))
    return index_passages(
        index, [(passage(n, title, text, heading), scope) for n, (title, heading, text, scope) in enumerate(TEXTS)]
    )


def ids(index: Retriever, numbers: list[int]) -> list[int]:
    return [int(index.open(number).passage.id) for number in numbers]


def search(index: Retriever, *words: str, **how: str) -> list[int]:
    return ids(index, [number for number, _ in index.search(dict.fromkeys(words, 1.0), 10, **how)])


def bm25(terms: dict[str, float]) -> dict[int, float]:
    """By the formula (Robertson and Zaragoza, 2009), with k1 = 1.2 and b = 0.75."""
    bags = [Counter(stems(f"{title} {heading} {title} {heading} {text}")) for title, heading, text, _ in TEXTS]
    mean = sum(bag.total() for bag in bags) / len(bags)
    scores = {}
    for number, bag in enumerate(bags):
        score = 0.0
        for term, weight in terms.items():
            holding = sum(term in each for each in bags)
            idf = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
            score += weight * idf * bag[term] * 2.2 / (bag[term] + 1.2 * (0.25 + 0.75 * bag.total() / mean))
        if score:
            scores[number] = score
    return scores


@pytest.mark.parametrize("terms", [{"lamp": 1.0}, {"keeper": 1.0, "boat": 1.0}, {"lamp": 0.3, "ann": 2.0, "poem": 1.0}])
def test_passages_are_ranked_by_bm25_over_weighted_stems(found, terms):
    hits = found.search(terms, 10)
    expected = bm25(terms)
    assert {int(found.open(n).passage.id): pytest.approx(score, rel=1e-4) for n, score in hits} == expected
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)


def test_titles_and_headings_are_searched_too(found):
    assert search(found, "noir") == [3]
    assert search(found, "life") == [1]


def test_no_more_than_the_limit_and_nothing_for_nothing(found):
    assert len(found.search({"lamp": 1.0, "keeper": 1.0}, 2)) == 2
    assert found.search({}, 5) == []
    assert found.search({"cormorant": 1.0}, 5) == []


@pytest.mark.parametrize("terms", [(), ("keeper",), ("keeper", "drank", "noir", "life")])
def test_a_large_library_ranks_those_that_mention_a_name_alike(found, monkeypatch, terms):
    wanted = dict.fromkeys(terms, 1.0) | {"lamp": 2.5}
    small = found.search(wanted, 9, mention="ann lee")
    monkeypatch.setattr(search_module, "_LARGE", 0)
    assert found.search(wanted, 9, mention="ann lee") == [(n, pytest.approx(score)) for n, score in small]


def test_equal_passages_keep_the_order_of_the_library(tmp_path):
    index = index_passages(SearchIndex(tmp_path), [(passage(n, "T", "same words"), "") for n in range(30)])
    assert search(index, "same")[:5] == [0, 1, 2, 3, 4]


def test_a_mention_is_a_filter_and_changes_no_score(found):
    assert set(search(found, "keeper", "drank", mention="ann lee")) == {1, 3}
    assert search(found, "keeper", mention="ann lee")[0] == 1
    assert search(found, "keeper", mention="nobody known") == []
    plain, filtered = dict(found.search({"keeper": 1.0}, 9)), dict(found.search({"keeper": 1.0}, 9, mention="ann lee"))
    number = next(n for n in plain if found.open(n).passage.id == "1")
    assert filtered[number] == pytest.approx(plain[number])


def test_passages_are_found_by_their_title_keys(found):
    assert ids(found, list(found.titled("vane head"))) == [0, 4]
    assert ids(found, list(found.titled("vane head poem"))) == [4]
    assert ids(found, list(found.titled("boat"))) == [2]
    assert ids(found, list(found.titled("life"))) == [1]
    assert ids(found, list(found.titled("cafe"))) == [3]
    assert list(found.titled("the boat")) == list(found.titled("cormorant")) == list(found.titled("")) == []


def test_frequencies_count_passages(found):
    assert len(found) == 5
    assert found.term_frequency("lamp") == 2
    assert found.name_frequencies(["ann lee"])[0][0] == 2
    assert found.name_frequencies(["vane head"])[0][0] == 2
    assert found.term_frequency("cormorant") == found.name_frequencies(["cormorant"])[0][0] == 0


def test_the_mean_length_is_in_words_of_title_heading_and_text(found):
    lengths = [len(stems(f"{title} {heading} {text}")) for title, heading, text, _ in TEXTS]
    assert found.mean_length == pytest.approx(sum(lengths) / 5)


def test_an_opened_passage_is_what_was_added_with_its_analysis(found):
    for number, _ in found.search({"keeper": 1.0}, 5):
        opened = found.open(number)
        title, heading, text, _ = TEXTS[int(opened.passage.id)]
        assert opened.passage == passage(int(opened.passage.id), title, text, heading)
        analysis, _, _ = analyse(f"{title} {heading}", text)
        assert opened.roots == analysis.roots
        assert opened.sentence_ends == analysis.sentence_ends
        assert opened.mentions == mentions_in(analysis.starts, analysis.runs)
    found.index.forget()
    assert found.open(number).roots == opened.roots


def test_a_scope_restricts_and_a_name_that_begins_alike_is_another(found):
    def scoped(*scope: str) -> Retriever:
        return Retriever(found.index, scope, found.mean_length)

    assert search(scoped("/l/a"), "keeper") == [0, 1]
    assert search(scoped("/l/ab"), "boat")[0] == 2
    assert set(search(scoped("/l/a", "/l/c"), "keeper", "poem")) == {0, 1, 4}
    assert ids(found, list(scoped("/l/c").titled("vane head"))) == [4]
    assert list(scoped("/l/ab").titled("vane head")) == []
    assert search(scoped("/l/ab"), "drank", mention="ann lee") == [3]


def test_in_a_scope_too_every_hit_holds_a_term(found):
    assert search(Retriever(found.index, ("/l/c",)), "keeper") == []
    assert search(Retriever(found.index, ("/l/c",))) == []


def test_words_in_any_script_and_long_ones_are_found(tmp_path):
    text = f"東京 Łódź {'x' * 3000} नमस्ते"
    index = index_passages(SearchIndex(tmp_path), [(passage(0, "", text), "")])
    for stem in stems(text):
        assert search(index, stem) == [0]


def test_a_passage_is_found_by_its_id(tmp_path):
    index = SearchIndex(tmp_path)
    book = [Passage(f"/l/book#{n}", "/l/book", "The Book", "", n, n + 1, f"part {n}") for n in range(1, 101)]
    records = [Passage(f"/l/r.jsonl#{n}#1#1", f"/l/r.jsonl#{n}#1", f"Boat {n}", "", 0, 1, "r") for n in range(5)]
    no_title = Passage("/l/x#7", "/l/x", "?!", "", 0, 1, "of a file of which the beginning was removed")
    for passages, file in ((book, "/l/book"), (records, "/l/r.jsonl"), ([no_title], "/l/x")):
        with index.writing() as writer:
            writer.add(map(prepare, passages), scope=[file, "/l"])
            writer.commit()
    for passage in (*book, *records, no_title):
        assert index.find(passage.id, passage.title) == passage
    assert index.find("/l/book#101", "The Book") is None
    assert index.find(f"/l/book#{10**30}", "The Book") is None
    assert index.find("/l/book#0", "The Book") is None
    assert index.find("/l/book#1", "Another Book") is None
    assert index.find("/elsewhere#1", "The Book") is None
    assert index.find("", "") is None


def test_a_passage_without_words_can_be_opened(tmp_path):
    index = index_passages(SearchIndex(tmp_path), [(passage(0, "***", "..."), ""), (passage(1, "x", "y"), "")])
    assert len(index) == 2
    assert search(index, "y") == [1]


def test_an_empty_index_has_nothing(tmp_path):
    index = Retriever(SearchIndex(tmp_path))
    assert (len(index), index.search({"x": 1.0}, 5), list(index.titled("x"))) == (0, [], [])


# -- writing -----------------------------------------------------------------------------------------------


def test_readers_see_a_commit_only_after_a_refresh(tmp_path):
    index, reader = SearchIndex(tmp_path), SearchIndex(tmp_path)
    with index.writing() as writer:
        writer.add(map(prepare, [passage(0, "T", "one")]), ["g"])
        reader.refresh()
        assert len(reader) == 0
        writer.commit()
        assert len(reader) == 0
        reader.refresh()
        assert len(reader) == 1
    assert len(index) == 1


def test_what_was_not_committed_is_forgotten(tmp_path):
    index = SearchIndex(tmp_path)

    def fail() -> None:
        with index.writing() as writer:
            writer.add(map(prepare, [passage(0, "T", "one")]), ["g"])
            writer.commit()
            writer.add(map(prepare, [passage(1, "T", "two")]), ["g"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert len(index) == len(SearchIndex(tmp_path)) == 1
    with index.writing() as writer:
        writer.add(map(prepare, [passage(2, "T", "three")]), ["g"])
        writer.commit()
    assert len(index) == 2


def test_removing_takes_all_of_a_group_and_only_that(tmp_path):
    index = SearchIndex(tmp_path)
    with index.writing() as writer:
        writer.add(map(prepare, [passage(0, "T", "one"), passage(1, "T", "two")]), ["/g", "/g/a"])
        writer.add(map(prepare, [passage(2, "T", "three")]), ["/ga"])
        writer.commit()
        writer.remove("/g")
        writer.add(map(prepare, [passage(3, "T", "four")]), ["/g"])
        writer.commit()
    assert {index.open(n).passage.text for n, _ in index.search({"t": 1.0}, 9)} == {"three", "four"}


def test_a_date_weighs_by_the_passages_that_are_left_not_by_those_that_were_removed(tmp_path):
    index = SearchIndex(tmp_path)
    numbered = [(passage(n, "Log", f"Oda Marr called on {1900 + n % 2}-05-03."), f"/{n}") for n in range(40)]
    index_passages(index, numbered)
    with index.writing() as writer:
        for n in range(0, 30, 2):
            writer.remove(f"/{n}")
        writer.commit()
    date = "1900-05-03"
    assert (len(index), index.term_frequency(date)) == (25, 5)
    [(_, score)] = index.search({date: 1.0}, 1)
    assert score == pytest.approx(EXACT_WEIGHT * inverse_document_frequency(5, 25))


def test_nothing_is_written_outside_of_writing(tmp_path):
    index = SearchIndex(tmp_path)
    for _ in range(2):
        with index.writing() as writer:
            writer.commit()
        with pytest.raises(RuntimeError, match="no longer"):
            writer.add(map(prepare, [passage(0, "T", "one")]), ["g"])
    assert len(index) == 0


def test_there_is_one_writer(tmp_path):
    first, second = SearchIndex(tmp_path), SearchIndex(tmp_path)
    with first.writing(), pytest.raises(LibraryError, match="another session") as caught, second.writing():
        pass
    assert "wait" in caught.value.hint
    with second.writing():
        pass


def test_there_is_one_writer_across_processes(tmp_path):
    index = SearchIndex(tmp_path)
    code = "import sys; from pathlib import Path; from engine.index.search_index import SearchIndex\n"
    code += "with SearchIndex(Path(sys.argv[1])).writing(): pass"
    with index.writing():
        ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "LibraryError: the library is being written by another session" in ended.stderr


@pytest.mark.parametrize("damage", ["meta.json", ".store", ".idx", ".term"])
def test_a_damaged_index_is_a_library_error_that_names_the_folder(tmp_path, damage):
    index_passages(SearchIndex(tmp_path), [(passage(0, "T", "one"), "")])
    (path,) = [path for path in Path(tmp_path).iterdir() if path.name.endswith(damage)]
    path.write_bytes(path.read_bytes()[:9])
    with pytest.raises(LibraryError, match="cannot be opened") as caught:
        SearchIndex(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_index_of_another_shape_is_a_library_error(tmp_path):
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("other")
    tantivy.Index(builder.build(), path=str(tmp_path))
    with pytest.raises(LibraryError, match="cannot be opened"):
        SearchIndex(tmp_path)


def test_rarer_is_heavier_and_never_negative():
    weights = [inverse_document_frequency(n, 100) for n in range(101)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0
    assert weights[1] == pytest.approx(math.log(1 + 99.5 / 1.5))


def test_what_a_killed_writer_left_does_not_block_the_next(tmp_path):
    index = SearchIndex(tmp_path)
    index_passages(index, [(passage(n, "One", f"Lamp {n}."), f"p{n}") for n in range(3)])
    segment = json.loads((tmp_path / "meta.json").read_text())["segments"][0]["segment_id"].replace("-", "")
    managed = tmp_path / ".managed.json"
    left = [f"{segment}.{stamp}.del" for stamp in range(20)]  # deletions that were written, and not committed
    for name in left:
        (tmp_path / name).write_bytes(b"")
    managed.write_text(json.dumps([*json.loads(managed.read_text()), *left]))
    again = SearchIndex(tmp_path)
    with again.writing() as writer:
        writer.remove("p1")
        writer.commit()
    assert len(again) == 2
