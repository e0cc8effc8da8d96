"""Which sentences answer: those that carry the walk, in its order, and none where they do not cover the question."""

import random

import pytest

from engine.answer.quotation import coverage, is_covered, quote, sentences
from engine.documents.document import Document
from engine.documents.passages import split_document
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.panel import Panel
from engine.personas.persona import Persona

LIGHT = """# Vane Light

Vane Light is a lighthouse in Oosterwold. It was painted white. It was built by Ineke Vandermolen in 1862.

## Its keepers

Sixteen keepers lived in it, and each of them kept bees.
"""
WOMAN = """# Ineke Vandermolen

She was born in Quillmarsh. Her mother was Odile Zwaluw, a ropemaker. She drowned in 1870.
"""
OTHERS = {
    f"/docs/x{n}.md": f"# Farm {n}\n\nFarm {n} grows beets, and a dog barks there all night.\n" for n in range(12)
}
DOCS = {"/docs/light.md": LIGHT, "/docs/woman.md": WOMAN, **OTHERS}


@pytest.fixture
def library(tmp_path):
    """An index of texts by source."""

    def build(texts):
        documents = [Document(s, text.split("\n")[0].lstrip("# ") or "Untitled", text) for s, text in texts.items()]
        return index_passages(
            SearchIndex(tmp_path / "index"), ((p, "") for d in documents for p in split_document(d, 1200))
        )

    return build


@pytest.fixture
def asked(library):
    """A panel of the control and a walker that have walked, on `DOCS` unless other texts are given."""

    def ask(question, texts=DOCS):
        panel = Panel(question, library(texts))
        panel.send(Persona("control", {}, metadata={"control": True}))
        panel.send(Persona("walker", {}))
        return panel

    return ask


def quoted(panel: Panel) -> list[str]:
    return [quotation.text for quotation in quote(panel, panel.fused())]


def test_one_sentence_that_holds_the_whole_question_is_the_answer(asked):
    assert quoted(asked("Was Odile Zwaluw a ropemaker?")) == ["Her mother was Odile Zwaluw, a ropemaker."]
    assert len(quoted(asked("Was Odile Zwaluw a ropemaker in Oosterwold?"))) > 1


def test_the_sentences_of_a_walk_come_in_its_order(asked):
    panel = asked("Who was the mother of the builder of Vane Light?")
    texts = quoted(panel)
    assert "It was built by Ineke Vandermolen in 1862." in texts
    assert "Her mother was Odile Zwaluw, a ropemaker." in texts
    assert texts.index("It was built by Ineke Vandermolen in 1862.") < texts.index(
        "Her mother was Odile Zwaluw, a ropemaker."
    )
    assert is_covered(panel, quote(panel, panel.fused()))


def test_quotations_are_exact_few_and_never_headings(asked):
    chance = random.Random(4)
    words = [
        "who",
        "what",
        "mother",
        "keepers",
        "bees",
        "built",
        "1862",
        "light",
        "Vane",
        "Ineke",
        "ropemaker",
        "farm",
        "dog",
        "born",
        "lighthouse",
    ]
    for _ in range(12):
        panel = asked(" ".join(chance.sample(words, chance.randint(1, 6))))
        ranking = panel.fused()
        quotations = quote(panel, ranking)
        assert len(quotations) <= 4
        assert len({(q.number, q.start) for q in quotations}) == len(quotations)
        for quotation in quotations:
            assert DOCS[quotation.passage.source][quotation.start : quotation.end] == quotation.text
            assert not quotation.text.startswith("#")
            assert quotation.number in list(ranking)[:5]
        assert quotations == quote(panel, ranking)


def test_a_question_for_a_time_wants_a_sentence_with_a_date(asked):
    text = {"/docs/a.md": "# Quay\n\nThe bell rang. The ferry sank near the mole. The ferry sank in June near it.\n"}
    assert "The ferry sank in June near it." in quoted(asked("When did the ferry sink?", text))[:1]
    assert quoted(asked("What of the ferry: did it sink at the mole?", text))[0] == "The ferry sank near the mole."


def test_a_sentence_that_adds_nothing_waits_for_those_that_do(asked):
    texts = {
        "/docs/a.md": "# Zero\n\nThe walrus, the seal and the otter sang. A walrus sat. A seal sat. An otter sat.\n",
        "/docs/b.md": "# One\n\nA puffin came.\n",
    }
    panel = asked("walrus seal otter puffin", texts)
    first, second = panel.fused()
    told = [quotation.text for quotation in quote(panel, {first: 1.0, second: 0.01})]
    assert len(told) == 4
    assert "A puffin came." in told


def test_nothing_found_is_nothing_quoted(asked):
    panel = asked("Whither unicorns?")
    assert panel.fused() == {}
    assert quote(panel, panel.fused()) == []
    assert coverage(panel, []) == 0.0
    assert not is_covered(panel, [])


def test_coverage_is_the_share_of_the_question_that_the_sentences_hold(asked):
    texts = {
        "/docs/a.md": "# Zero\n\nA walrus sang. A puffin danced. Nobody clapped.\n",
        "/docs/b.md": "# One\n\nRain.\n",
    }
    panel = asked("walrus puffin", texts)  # two words, each in one passage: half of the weight each
    first = next(iter(panel.fused()))
    walrus, puffin, nobody = sentences(0, panel.passage(first))
    assert coverage(panel, [walrus, puffin]) == pytest.approx(1.0)
    assert coverage(panel, [walrus]) == pytest.approx(0.5)
    assert coverage(panel, [nobody]) == 0.0
    assert is_covered(panel, [walrus, puffin])
    assert not is_covered(panel, [nobody])


def test_words_that_the_library_never_uses_cannot_be_covered(asked):
    texts = {"/docs/a.md": "# Zero\n\nA walrus sang.\n", "/docs/b.md": "# One\n\nRain fell on the roof.\n"}
    known, unknown = asked("walrus", texts), asked("walrus trombone balalaika xylophone theremin", texts)
    for panel, covered in ((known, True), (unknown, False)):
        quotations = quote(panel, panel.fused())
        assert quotations
        assert is_covered(panel, quotations) is covered


def test_a_name_that_the_library_never_uses_cannot_be_covered(asked):
    panel = asked("Who built Vane Light in 1862 with Absalom Drusk?")
    assert panel.question.unknown_names
    assert not is_covered(panel, quote(panel, panel.fused()))


def test_a_title_counts_with_its_quotation(asked):
    panel = asked("When did Ineke Vandermolen drown?")
    quotations = [q for q in quote(panel, panel.fused()) if q.text == "She drowned in 1870."]
    assert coverage(panel, quotations) == pytest.approx(1.0)
