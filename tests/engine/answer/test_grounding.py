"""Whether a passage holds a statement: names, numbers, dates and negations that the question does not have."""

import pytest

from engine.answer.citations import NO_SOURCE, resolve_citations
from engine.answer.quotation import Quotation
from engine.documents.passages import Passage

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"
TEXTS = {
    "Gannet Stack Light": (
        "Gannet Stack Light was built by Tobiász Krelle. Work began on 5 March 1862, and the tower is 90 feet high. "
        "Ysolde Marrak kept it from 1871 to 1904. She was never alone, but she did not marry."
    ),
    "Vane Head Light": "Vane Head Light was built by Ruan Pallask in 1875. Twenty-five men worked there.",
}


def passages(texts: dict[str, str], language: str = "en") -> list[Quotation]:
    return [
        Quotation(n, Passage(f"{n}", f"/docs/{n}.md", title, "", 0, len(text), text, language), 0, len(text))
        for n, (title, text) in enumerate(texts.items())
    ]


def quotes(text: str, question: str = QUESTION) -> list[str]:
    """Return the words that support a statement; empty if none do."""
    answer = resolve_citations(text, passages(TEXTS), question)
    return [] if NO_SOURCE in answer.answer else [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(
    "text",
    [
        "Tobiász Krelle.",
        "Tobiasz Krelle built the lighthouse that Ysolde Marrak kept.",
        "The lighthouse that Ysolde Marrak kept was Gannet Stack Light, built by Tobiász Krelle.",
        "Gannet Stack Light was built by Mr Krelle.",
    ],
)
def test_the_sentence_with_the_new_words_is_cited(text):
    assert quotes(text)[0] == "Gannet Stack Light was built by Tobiász Krelle."


@pytest.mark.parametrize(
    "text",
    [
        "Orvel Tazmirek built the lighthouse that Ysolde Marrak kept.",
        "The lighthouse that Ysolde Marrak kept was built by Tobiász Krelle and Orvel Tazmirek.",
        "Tobiász Krelle built the lighthouse in 1869.",
        "Tobiász Krelle built the lighthouse that Ysolde Marrak kept from 1871 to 1905.",
        "The tower is 95 feet high.",
        "Work began on 6 March 1862.",
        "Work began on 2 January 1862.",
        "Gannet Stack Light was not built by Tobiász Krelle.",
        "Tobiász Krelle never built the lighthouse.",
        "She married.",
        "Ysolde Marrak kept it for 34 years.",
        "Ruan Pallask built Gannet Stack Light in 1862.",
    ],
)
def test_what_stands_in_no_passage_is_not_cited(text):
    assert quotes(text) == []


@pytest.mark.parametrize(
    "text",
    ["Work began on 5th of March, 1862.", "Work began on March 5, 1862.", "Work began in March 1862.", "5. März 1862."],
)
def test_a_date_may_be_written_in_any_way(text):
    assert quotes(text, "When did work begin?") == ["Work began on 5 March 1862, and the tower is 90 feet high."]


@pytest.mark.parametrize("text", ["25 men worked there.", "Twenty-five men worked there."])
def test_a_number_may_be_written_in_any_way(text):
    assert quotes(text, "How many men worked there?") == ["Twenty-five men worked there."]


def test_a_negation_of_the_source_may_be_told():
    assert quotes("Ysolde Marrak did not marry.", "Did she marry?")[0] == "She was never alone, but she did not marry."


def test_a_number_of_years_between_two_is_marked_as_computed():
    answer = resolve_citations("Ysolde Marrak kept it for 33 years.", passages(TEXTS), "How long?")
    assert answer.answer == "Ysolde Marrak kept it for 33 years. (computed: 1904 − 1871) [1]"
    assert [citation.quote for citation in answer.citations] == ["Ysolde Marrak kept it from 1871 to 1904."]


def test_each_clause_may_have_a_passage_of_its_own():
    both = "Tobiász Krelle built Gannet Stack Light, and Ruan Pallask built Vane Head Light in 1875 [1][2]."
    answer = resolve_citations(both, passages(TEXTS), "Who built the two lights?")
    assert [citation.title for citation in answer.citations] == ["Gannet Stack Light", "Vane Head Light"]
    assert answer.removed == 0


# -- what becomes of a text -----------------------------------------------------------------------------------


def test_a_statement_without_support_is_marked_and_counted():
    text = "Tobiász Krelle built it [1]. Orvel Tazmirek paid for it [1]."
    answer = resolve_citations(text, passages(TEXTS), QUESTION)
    assert answer.answer == "Tobiász Krelle built it. [1] Orvel Tazmirek paid for it. (no source)"
    assert answer.removed == 1


def test_yes_is_kept_with_the_sentence_after_it():
    answer = resolve_citations("Yes. Ysolde Marrak was its keeper [1].", passages(TEXTS), "Did Ysolde Marrak keep it?")
    assert answer.answer.startswith("Yes. Ysolde Marrak was its keeper")
    assert answer.removed == 0


@pytest.mark.parametrize("text", ["Yes.", "No [1].", "**Yes**"])
def test_a_bare_reply_is_cited_with_the_sentence_nearest_to_the_question(text):
    answer = resolve_citations(text, passages(TEXTS), "Did Ruan Pallask build Vane Head Light?")
    assert [c.quote for c in answer.citations] == ["Vane Head Light was built by Ruan Pallask in 1875."]


def test_marks_on_a_line_of_their_own_are_not_counted_as_removed():
    answer = resolve_citations("Tobiász Krelle built it.\n\n[1]", passages(TEXTS), QUESTION)
    assert (answer.answer, answer.removed) == ("Tobiász Krelle built it. [1]", 0)


def test_a_text_that_only_declines_is_the_abstention():
    answer = resolve_citations("The quotations do not say who built it.", passages(TEXTS), QUESTION)
    assert answer.abstained


def test_declining_after_an_answer_is_dropped_and_before_one_stays():
    declined = resolve_citations("Tobiász Krelle built it [1]. Your library does not say.", passages(TEXTS), QUESTION)
    assert (declined.answer, declined.removed) == ("Tobiász Krelle built it. [1]", 0)
    text = "The sources do not say who paid. Tobiász Krelle built it [1]."
    answer = resolve_citations(text, passages(TEXTS), "Who paid for the lighthouse?")
    assert answer.answer == "The sources do not say who paid. Tobiász Krelle built it. [1]"


def test_the_items_of_a_list_stand_on_lines_of_their_own():
    text = "1. Tobiász Krelle built Gannet Stack Light.\n2. Ruan Pallask built Vane Head Light."
    answer = resolve_citations(text, passages(TEXTS), "Who built the lights?")
    assert answer.answer == (
        "- Tobiász Krelle built Gannet Stack Light. [1]\n- Ruan Pallask built Vane Head Light. [2]"
    )


def test_names_in_a_script_without_capitals_are_found_by_their_characters():
    texts = {"灯塔": "甘尼特灯塔由托比亚斯建造。伊索尔德看守了它十九年。"}
    for text, is_held in (("托比亚斯建造了灯塔。", True), ("塔兹米雷克建造了灯塔。", False)):
        answer = resolve_citations(text, passages(texts, "zh"), "谁建造了灯塔？")
        assert bool(answer.citations) is is_held


def test_german_nouns_are_no_names_but_two_of_them_are():
    texts = {"Turm": "Der Turm wurde von Tobias Krelle gebaut. Die Arbeit begann im Winter."}
    for text, is_held in (
        ("Tobias Krelle baute den Turm.", True),
        ("Orvel Tazmirek baute den Turm.", False),
        ("Der Turm wurde nicht von Tobias Krelle gebaut.", False),
    ):
        answer = resolve_citations(text, passages(texts, "de"), "Wer baute den Turm?")
        assert bool(answer.citations) is is_held
