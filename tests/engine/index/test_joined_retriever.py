"""An index and passages that were sent, looked up as one library."""

import pytest

from engine.documents.passages import Passage
from engine.index.joined_retriever import joined
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import Search, SearchIndex

TEXTS = [
    ("Vane Head", "", "Vane Head is a headland. The keeper lit the lamp; the lamp burned on 1894-03-02."),
    ("Ann Lee", "Life", "Ann Lee was the keeper of the light at Vane Head."),
    ("The Boat", "", "A boat sank. The lamp of the boat went out, and the keeper slept while the boat sank."),
    ("Vane Head (poem)", "", "A poem of twelve lines, written by Ann Lee Marsh in 1894-03-02."),
    ("Café", "", "Ann Lee drank here, and nobody else. Der Leuchtturm ist sehr alt und steht am Meer."),
]


def passage(number: int, title: str, heading: str, text: str) -> Passage:
    return Passage(f"/l#{number}", "/l", title, heading, 100 * number, 100 * number + len(text), text)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Retriever, Retriever]:
    """All texts in one index, and two of them in an index with the other three sent."""
    passages = [passage(n, *text) for n, text in enumerate(TEXTS)]
    whole = index_passages(SearchIndex(tmp_path_factory.mktemp("whole")), [(p, "/l") for p in passages])
    part = index_passages(SearchIndex(tmp_path_factory.mktemp("part")), [(p, "/l") for p in passages[:2]])
    return whole, joined(part, passages[2:])


def titles(retriever: Retriever, numbers: list[int]) -> list[str]:
    return [retriever.open(number).passage.title for number in numbers]


def test_frequencies_are_those_of_one_library(both):
    whole, parts = both
    names = ["vane head", "ann lee", "ann lee marsh", "boat", "nobody"]
    assert len(parts) == len(whole)
    assert parts.mean_length == pytest.approx(whole.mean_length)
    assert parts.languages == whole.languages
    assert parts.name_frequencies(names) == whole.name_frequencies(names)
    for name in names:
        assert parts.name_frequency(name) == whole.name_frequency(name)
        assert titles(parts, list(parts.titled(name))) == titles(whole, list(whole.titled(name)))
    stems = ["lamp", "keeper", "1894-03-02", "never"]
    for stem in stems:
        assert parts.term_frequency(stem) == whole.term_frequency(stem)
    terms = [(stem, language) for stem in stems for language in ("", "en", "de")]
    counts, expected = parts.count(terms, names), whole.count(terms, names)
    assert counts[:2] == expected[:2]
    assert [titles(parts, numbers) for numbers in counts.titled] == [titles(whole, n) for n in expected.titled]


@pytest.mark.parametrize("terms", [["lamp"], ["keeper", "boat"], ["poem", "1894-03-02"], ["keeper", "lamp", "ann"]])
@pytest.mark.parametrize("mention", ["", "ann lee", "vane head"])
def test_searches_find_the_same_passages(both, terms, mention):
    whole, parts = both
    weights = dict.fromkeys(terms, 1.0)
    found, expected = parts.search(weights, 10, mention=mention), whole.search(weights, 10, mention=mention)
    assert sorted(titles(parts, [n for n, _ in found])) == sorted(titles(whole, [n for n, _ in expected]))
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert parts.search(weights, 1, mention=mention) == found[:1]
    together = parts.look_up([Search(weights, 10, mention), Search({}, 2, "ann lee")], ["vane head"])
    assert together.hits[0] == found
    assert len(together.hits[1]) == 2
    assert together.titled == [parts.titled("vane head")]


def test_sent_passages_are_scored_by_bm25_as_the_index_scores_its_own(both):
    whole, parts = both
    expected = {whole.open(number).passage.id: score for number, score in whole.search({"boat": 1.0}, 10)}
    sent = {parts.open(number).passage.id: score for number, score in parts.search({"boat": 1.0}, 10)}
    assert sent == {name: pytest.approx(score, rel=0.1) for name, score in expected.items()}


def test_a_language_that_only_sent_passages_have_is_counted_apart(both):
    whole, parts = both
    text = "Der Leuchtturm steht am Meer, und die Lampe brennt."
    german = Passage("/d#1", "/d", "Turm", "", 0, len(text), text, language="de")
    mixed = joined(whole, [german])
    assert mixed.languages == ("en", "de")
    assert [mixed.term_frequency("lamp", language) for language in ("", "en", "de")] == [3, 2, 1]
    assert [joined(parts, ()).term_frequency("lamp", language) for language in ("", "en")] == [1, 1]


def test_neighbours_in_a_document_have_neighbouring_numbers(both):
    _, parts = both
    third, fifth = parts.titled("boat")[0], parts.titled("cafe")[0]
    assert fifth - third == 2
    assert parts.holds(third + 1)
    assert not parts.holds(third - 1)
    assert not parts.holds(fifth + 1)
    gap = joined(parts, [passage(7, *TEXTS[0]), passage(9, *TEXTS[1])])
    assert gap.titled("ann lee")[-1] - gap.titled("vane head")[-1] == 2


def test_a_scope_contains_what_was_sent(both):
    _, parts = both
    scoped = joined(Retriever(parts.index, ("/nowhere",)), [passage(2, *TEXTS[2])])
    assert titles(scoped, [n for n, _ in scoped.search({"lamp": 1.0}, 10)]) == ["The Boat"]


def test_a_word_is_found_nearly_as_it_was_sent(both):
    _, parts = both
    assert parts.similar("twelw") == ["twelv"]
