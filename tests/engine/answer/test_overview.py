"""The answer to what a library is about."""

from engine.answer.citations import ABSTENTION
from engine.answer.overview import overview_answer
from engine.events import Citation
from engine.index.topics import Topic


def topic(name, sentences=3):
    quoted = (Citation(n, f"/docs/{name}{n}.md", name, 0, 9, f"{name} {n}.") for n in range(1, sentences + 1))
    return Topic(f"{name} · x", (name, "x"), 5, 2, tuple(quoted))


def anywhere(_source):
    return True


def test_each_topic_is_a_section_with_numbered_quotations():
    answer = overview_answer([topic("Boats"), topic("Gardens")], anywhere)
    assert answer.answer.split("\n\n") == [
        "Boats · x:\nBoats 1. [1]", "Boats 2. [2]", "Gardens · x:\nGardens 1. [3]", "Gardens 2. [4]",
    ]  # fmt: skip
    assert [citation.n for citation in answer.citations] == [1, 2, 3, 4]
    assert not answer.abstained


def test_of_many_topics_the_largest_give_a_sentence_each():
    answer = overview_answer([topic(f"T{n}") for n in range(12)], anywhere)
    assert [citation.quote for citation in answer.citations] == [f"T{n} 1." for n in range(8)]


def test_only_what_is_asked_is_quoted():
    answer = overview_answer([topic("Boats"), topic("Gardens")], lambda source: source == "/docs/Gardens2.md")
    assert [(citation.quote, citation.role) for citation in answer.citations] == [("Gardens 2.", "Gardens · x")]


def test_without_topics_the_library_does_not_say():
    for answer in (overview_answer([], anywhere), overview_answer([topic("Boats")], lambda _source: False)):
        assert (answer.answer, answer.abstained) == (ABSTENTION, True)
