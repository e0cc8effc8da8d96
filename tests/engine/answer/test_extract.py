"""Which sentences answer: those that carry the walk, in its order, and none where they do not cover the question."""

import random
import re

import pytest

from engine.answer.answerability import is_answerable, uncovered
from engine.answer.extract import quote
from engine.answer.quotation import Quotation
from engine.answer.sentence_ranking import ranked_sentences
from engine.documents.document import Document
from engine.documents.passages import Passage, split_document
from engine.events import Mark
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.panel import Panel
from engine.personas.persona import Persona
from engine.question.question import read_question

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

    def ask(question, texts=DOCS, marks=()):
        panel = Panel(question, library(texts), marks=marks)
        panel.send(Persona("control", {}, metadata={"control": True}))
        panel.send(Persona("walker", {}))
        return panel

    return ask


def quotations_of(panel: Panel, ranking: dict[int, float] | None = None) -> list[Quotation]:
    ranking = panel.fused() if ranking is None else ranking
    return quote(panel, ranking, ranked_sentences(panel, ranking))


def quoted(panel: Panel) -> list[str]:
    return [quotation.text for quotation in quotations_of(panel)]


def answerable(panel: Panel) -> bool:
    ranking = panel.fused()
    return is_answerable(panel, ranking, ranked_sentences(panel, ranking))


def test_a_short_passage_is_quoted_whole_and_alone_if_it_has_the_whole_question(asked):
    (only,) = quoted(asked("Was Odile Zwaluw a ropemaker?"))
    assert "Her mother was Odile Zwaluw, a ropemaker." in only
    assert len(quoted(asked("Was Odile Zwaluw a ropemaker in Oosterwold?"))) > 1


def test_both_steps_of_a_walk_are_quoted(asked):
    panel = asked("Who was the mother of the builder of Vane Light?")
    text = " ".join(quoted(panel))
    assert "It was built by Ineke Vandermolen in 1862." in text
    assert "Her mother was Odile Zwaluw, a ropemaker." in text
    assert answerable(panel)


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
        quotations = quotations_of(panel, ranking)
        assert len(quotations) <= 4
        assert len({(q.number, q.start) for q in quotations}) == len(quotations)
        for quotation in quotations:
            assert DOCS[quotation.passage.source][quotation.start : quotation.end] == quotation.text
            assert not quotation.text.startswith("#")
            assert quotation.number in list(ranking)[:5]
        assert quotations == quotations_of(panel, ranking)


def test_the_date_is_marked_where_a_time_is_asked_for(asked):
    text = {"/docs/a.md": "# Quay\n\nThe bell rang. The ferry sank near the mole in June 1911.\n"}
    first = quotations_of(asked("When did the ferry sink?", text))[0]
    assert [text["/docs/a.md"][a:b] for a, b in first.marks] == ["June 1911"]


def test_a_list_is_quoted_whole_under_its_lead(asked):
    text = "# Boat\n\nThe varnish was renewed in May by three men and a boy from the yard.\n\nTo launch the boat:\n\n"
    steps = "- Untie the cover.\n- Grease the slip.\n- Push at high water.\n"
    first = quoted(asked("How do I launch the boat?", {"/docs/a.md": text + steps + "\n" + "Rain fell. " * 60}))[0]
    assert first.startswith("To launch the boat:")
    assert first.endswith("Push at high water.")


def test_a_denying_question_gets_the_sentence_that_denies(asked):
    text = "# Rooms\n\nThe blue room has a projector. The green room does not have a projector.\n"
    first = quotations_of(
        asked("Which room does not have a projector?", {"/docs/a.md": text + "\n" + "Rain fell. " * 60})
    )[0]
    assert first.text == "The green room does not have a projector."


def test_a_copy_is_quoted_once_and_another_version_is_shown_as_differing(asked):
    lease = "The rent of the mill by the long weir is {} euros a month."
    texts = {
        "/docs/a.md": f"# Lease\n\n{lease.format(640)}\n",
        "/docs/copy.md": f"# Lease\n\n{lease.format(640)}\n",
        "/docs/new.md": f"# Lease\n\n{lease.format(690)}\n",
    }
    quotations = quotations_of(asked("What is the rent of the mill?", texts))
    assert sorted(q.text for q in quotations) == [lease.format(640), lease.format(690)]
    assert [q.role for q in quotations] == ["", "differs"]


def test_all_that_fit_are_listed(asked):
    rooms = {f"/docs/r{n}.md": f"# Room {n}\n\nRoom {n} has a wood stove and a bed.\n" for n in range(4)}
    texts = rooms | {"/docs/x.md": "# Yard\n\nThe yard has a well.\n"}
    assert sorted(quoted(asked("Which rooms have a wood stove?", texts))) == [
        f"Room {n} has a wood stove and a bed." for n in range(4)
    ]


def test_a_topic_gets_sections_with_its_time_line_in_order(asked):
    text = (
        "# Gull Point\n\nGull Point is a hamlet by the sea. The hamlet of Gull Point is small. "
        "Gull Point got a road in 1931. Gull Point burned in 1874. Gull Point flooded in 1902. "
        "Gull Point was bought by Ada Brink and Tom Vale.\n"
    )
    quotations = quotations_of(asked("Tell me about Gull Point", {"/docs/a.md": text}))
    roles = [q.role for q in quotations]
    start = roles.index("Time line")
    years = [year for q in quotations[start:] for year in re.findall(r"1931|1874|1902", q.text)]
    assert roles[0] == "Overview"
    assert len(years) > 1
    assert years == sorted(years)


def test_disliked_words_are_not_quoted_again_and_liked_ones_come_first(asked):
    text = "# Boats\n\n" + " ".join(f"The boat number {n} has a red sail and lies at pier {n}." for n in range(40))
    question = "Which boat has a red sail?"
    first, *_ = quotations_of(asked(question, {"/boats.md": text}))
    place = first.passage.id, first.start, first.end
    without = quotations_of(asked(question, {"/boats.md": text}, [Mark(*place, liked=False)]))
    assert without
    assert not any(Mark(*place, liked=False).overlaps(q.passage.id, q.start, q.end) for q in without)
    third = without[0].passage.id, without[0].start, without[0].end
    liked = quotations_of(asked(question, {"/boats.md": text}, [Mark(*third, liked=True)]))
    assert liked[0].start <= third[1] < liked[0].end


def test_nothing_found_is_nothing_quoted(asked):
    panel = asked("Whither unicorns?")
    assert panel.fused() == {}
    assert quotations_of(panel) == []
    assert not answerable(panel)


def test_an_unknown_ordinary_word_does_not_forbid_an_answer_but_many_do(asked):
    texts = {"/docs/a.md": "# Zero\n\nA walrus sang.\n", "/docs/b.md": "# One\n\nRain fell on the roof.\n"}
    assert answerable(asked("walrus", texts))
    assert not answerable(asked("walrus trombone balalaika xylophone theremin", texts))
    assert answerable(asked("When was Vane Light built, roughly?"))


def test_a_name_that_the_library_never_uses_forbids_an_answer_and_is_told(asked):
    panel = asked("Who built Vane Light in 1862 with Absalom Drusk?")
    assert panel.question.unknown_names
    assert not answerable(panel)
    assert {"Absalom", "Drusk"} <= {*uncovered(panel.question, quotations_of(panel))}


def test_uncovered_words_are_told_as_they_are_typed(asked):
    panel = asked("Straße 日本語 春季比赛安排 und 月 日本 本気 🦊?")
    words = ("Straße", "日本語", "春季比赛安排", "und", "月", "本気")
    assert uncovered(panel.question, ()) == words


def test_covered_words_are_not_told_as_uncovered(asked):
    panel = asked("When did Ineke Vandermolen drown?")
    assert uncovered(panel.question, quotations_of(panel)) == ()


def test_what_only_an_alias_of_the_document_asks_is_answered_by_its_text(tmp_path):
    text = "The heating was put in by Nordtherm.\n\nIt needs a check of its burner every eighteen months.\n"
    aliases = {"aliases": ("how often to service the boiler",)}
    documents = [Document("/docs/front.md", "Boiler manual", text, metadata=aliases)]
    documents += [Document(source, "Farm", farm) for source, farm in OTHERS.items()]
    passages = ((passage, "") for document in documents for passage in split_document(document, 1200))
    panel = Panel("How often should I service the boiler?", index_passages(SearchIndex(tmp_path), passages))
    panel.send(Persona("control", {}, metadata={"control": True}))
    assert answerable(panel)
    assert "eighteen months" in " ".join(quoted(panel))


def test_words_of_a_links_address_do_not_answer(asked):
    texts = {
        "/docs/links.md": "# Links\n\nA pointer may lead out of [[Data#Global settings on Linux|its folder]].\n",
        "/docs/data.md": "# Data\n\nSettings on Linux: the folder below home.\n",
        **OTHERS,
    }
    assert quoted(asked("Where are the global settings on Linux?", texts))[0].startswith("Settings on Linux")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the price of the pump?", ("price", "pump")),
        ("Quel est le prix de la pompe?", ("prix", "pompe")),
        ("Was kosten die Glocken?", ("kosten", "Glocken")),
        ("den Glocken", ("Glocken",)),
    ],
)
def test_function_words_of_a_language_that_the_library_lacks_are_not_told_as_uncovered(tmp_path, question, words):
    text = "Der Hafen hat einen Leuchtturm, und den hat Ineke gebaut."
    passages = [(Passage("p", "s", "Hafen", "", 0, len(text), text, "de"), "")]
    library = index_passages(SearchIndex(tmp_path), passages)
    assert uncovered(read_question(question, library), ()) == words
