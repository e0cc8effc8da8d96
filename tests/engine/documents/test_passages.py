"""Passages: every span exact, nothing lost, no passage too long, none across a heading."""

import random
from itertools import pairwise

import pytest

from engine.documents.document import Document
from engine.documents.passages import Passage, split_document
from engine.text.sentences import sentence_spans


def split(text: str, limit: int = 200, title: str = "Doc") -> list[Passage]:
    return list(split_document(Document("s.md", title, text), limit))


def texts(text: str, limit: int = 200) -> list[str]:
    return [passage.text for passage in split(text, limit)]


def visible(text: str) -> str:
    return "".join(text.split())


def random_documents(count: int) -> list[str]:
    chance = random.Random(11)
    pieces = [
        "word",
        "Vane Head.",
        "No. 5",
        "東京です。",
        "\n",
        "\n\n",
        " \n \t\n",
        "- item",
        "\t",
        "  ",
        "é",
        "🙂",
        "x" * 90,
    ]
    pieces += ["Name: said", "\u00a0", "\u2028", "?", "12", "\x0c", "a.b", "\ufeff"]
    return ["".join(chance.choice([*pieces, " "]) for _ in range(chance.randint(0, 150))) for _ in range(count)]


def test_every_passage_and_sentence_stands_where_it_says():
    for limit in (20, 61, 200):
        for text in random_documents(150):
            for passage in split(text, limit):
                assert text[passage.start : passage.end] == passage.text
                for start, end in sentence_spans(passage.text):
                    assert text[passage.start + start : passage.start + end] == passage.text[start:end]


def test_no_visible_character_is_lost_or_doubled_and_passages_are_in_order():
    for text in random_documents(200):
        passages = split(text, 70)
        assert "".join(visible(passage.text) for passage in passages) == visible(text)
        assert all(a.end <= b.start for a, b in pairwise(passages))


def test_no_passage_without_a_heading_is_longer_than_the_limit():
    for limit in (20, 61, 200):
        for text in random_documents(150):
            assert all(0 < len(passage.text) <= limit for passage in split(text, limit) if not passage.heading)


def test_passages_are_numbered_from_one():
    passages = split("one two three\n\n" * 40, 100)
    assert [passage.id for passage in passages] == [f"s.md#{n}" for n in range(1, len(passages) + 1)]
    assert {(passage.source, passage.title) for passage in passages} == {("s.md", "Doc")}


def test_paragraphs_are_packed_as_long_as_they_fit():
    paragraph = "a" * 90
    assert texts(f"{paragraph}\n\n{paragraph}\n\n{paragraph}", 182) == [f"{paragraph}\n\n{paragraph}", paragraph]
    assert texts(f"{paragraph}\n\n{paragraph}", 181) == [paragraph, paragraph]


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "\t\n \u00a0\n"])
def test_a_document_of_white_space_has_no_passage(text):
    assert split(text) == []


@pytest.mark.parametrize(
    "heading",
    [
        "# Light",
        "## Light ##",
        "###### Light",
        "#\tLight",
        "Light\n=====",
        "Light\n-----",
        "Light\n~~~~~",
        "Light\n^^^^^  ",
        'Light\n"""""',
    ],
)
def test_headings_of_markdown_and_restructured_text(heading):
    first, second = split(f"Words before.\n\n{heading}\n\nWords after.")
    assert (first.heading, first.text) == ("", "Words before.")
    assert (second.heading, second.text) == ("Light", f"{heading}\n\nWords after.")


@pytest.mark.parametrize("text", ["#hashtag", "####### seven", "Light\n--", "Light\n-=-=-=", "# ", "a | b\n--- | ---"])
def test_what_only_looks_like_a_heading(text):
    assert [passage.heading for passage in split(f"Before.\n\n{text}\n\nAfter.")] == [""]


def test_a_heading_counts_for_all_passages_up_to_the_next_one():
    text = "# Doc\n\nIntro.\n\n## A\n\n" + "Some words here. " * 20 + "\n\n## B\n\nEnd."
    passages = split(text, 120)
    assert passages[0].text == "# Doc\n\nIntro."
    assert [passage.heading for passage in passages] == ["", *["A"] * (len(passages) - 2), "B"]
    assert len(passages) > 4


def test_the_documents_own_title_is_not_shown_as_a_heading():
    assert [p.heading for p in split("# Light\n\nText.", 200)] == ["Light"]
    assert [p.heading for p in split_document(Document("s", "Light", "# Light\n\nText."), 200)] == [""]


def test_a_heading_stays_with_what_follows_it():
    assert texts("# Doc\n\n## Part\n\n" + "w" * 195) == ["# Doc\n\n## Part\n\n" + "w" * 195]


def test_text_right_below_a_heading_is_its_own():
    assert texts("## A\nOne line\nand two.\n\n## B\nThree.\nFour.") == [
        "## A\nOne line\nand two.",
        "## B\nThree.\nFour.",
    ]


def test_a_long_paragraph_is_split_between_sentences():
    sentence = "The keeper lit the lamp at four. "
    assert texts(sentence * 9, 100) == [(sentence * 3).strip()] * 3


def test_a_long_sentence_is_split_between_words():
    for piece in texts("harbour " * 100, 50):
        assert piece == " ".join(["harbour"] * 6) or piece == " ".join(["harbour"] * (100 % 6))
    assert texts("one\ntwo", 4) == ["one", "two"]


def test_a_long_word_is_cut_and_nothing_of_it_is_lost():
    pieces = texts("x" * 95 + "y" * 20, 50)
    assert pieces == ["x" * 50, "x" * 45 + "y" * 5, "y" * 15]


def test_text_without_blanks_is_cut_at_the_limit():
    text = "東京は日本の首都です。" * 40
    pieces = texts(text, 100)
    assert "".join(pieces) == text
    assert all(len(piece) <= 100 for piece in pieces)


def test_white_space_between_paragraphs_belongs_to_no_passage():
    assert texts("  one  \n \t \n\n   two\n", 3) == ["one", "two"]
    assert texts("a" * 90 + "\n\n \n\n   " + "b" * 150) == ["a" * 90, "b" * 150]


def test_a_comment_in_fenced_code_is_no_heading():
    assert {p.heading for p in split("## Use\n\n```bash\nmake\n\n# then\n\nmake install\n```")} == {"Use"}


def test_a_fence_is_no_underline():
    assert {p.heading for p in split("## Use\n\nRun this:\n```\nmake\n```")} == {"Use"}


def test_an_overlined_heading_is_a_heading():
    assert [p.heading for p in split("Before.\n\n=====\nPart\n=====\n\nAfter.")] == ["", "Part"]


def test_headings_alone_do_not_grow_beyond_the_limit():
    assert all(len(text) <= 2 * 200 for text in texts("\n\n".join(f"# Heading {n}" for n in range(100))))
