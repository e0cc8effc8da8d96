"""What a model writes: marks of every kind, thoughts in the text, lists, and replies that decline."""

import pytest

from engine.answer.model_text import Statement, statements_of, without_thoughts

LED = "Keziah Rosk led the strike."


@pytest.mark.parametrize(
    "text",
    [
        "Keziah Rosk led the strike [2].",
        "Keziah Rosk led the strike. [2]",
        "Keziah Rosk led the strike [^2].",
        "Keziah Rosk led the strike.[^2^]",
        "Keziah Rosk led the strike [Quotation 2].",
        "Keziah Rosk led the strike (source 2).",
        "Keziah Rosk led the strike【2】.",
        "Keziah Rosk led the strike【2†notes.md】.",
        "Keziah Rosk led the strike (2).",
        "Keziah Rosk led the strike [2.",
        "Keziah Rosk led the strike. 2]",
        "Keziah Rosk led the strike.\n\n[2]",
        "Keziah Rosk led the strike.\n[2]\n",
        "Answer: Keziah Rosk led the strike [2].",
        "**Answer:** Keziah Rosk led the strike [2].",
        "1. Keziah Rosk led the strike [2].",
        "**Keziah Rosk led the strike [2].",
        "## Strike\nKeziah Rosk led the strike [2].",
        "<think>Was it Krelle [1]?</think>\nKeziah Rosk led the strike [2].",
        "Was it Krelle [1]?</think>\nKeziah Rosk led the strike [2].",
    ],
)
def test_every_kind_of_mark_is_read(text):
    (statement,) = statements_of(text)
    assert (statement.text.rstrip("."), statement.cited) == (LED.rstrip("."), (2,))


def test_several_marks_and_ranges_are_all_read():
    assert statements_of("It was so [1, 2][4].")[0].cited == (1, 2, 4)
    assert statements_of("It was so [1-3].")[0].cited == (1, 2, 3)
    assert statements_of("It was so [Quotation 1, Quotation 3].")[0].cited == (1, 3)
    assert statements_of("It was so.\n\n[1] [2]")[0].cited == (1, 2)


def test_a_number_in_parentheses_inside_a_sentence_is_no_mark():
    assert statements_of("Group (2) left early [1].")[0] == Statement("Group (2) left early.", (1,))


def test_emphasis_that_is_closed_stays():
    assert statements_of("**Keziah Rosk** led it [1].")[0].text == "**Keziah Rosk** led it."


def test_numbers_of_a_list_are_no_citations():
    statements = statements_of("The keepers:\n1. Rosk kept it [1].\n2. Krelle kept it [2].")
    assert [(s.text, s.cited, s.is_item) for s in statements] == [
        ("The keepers:", (), False),
        ("Rosk kept it.", (1,), True),
        ("Krelle kept it.", (2,), True),
    ]


@pytest.mark.parametrize(
    ("text", "reply"), [("Yes.", "Yes."), ("No [1].", "No."), ("Ja.", "Ja."), ("Да.", "Да."), ("是的。", "是的。")]
)
def test_a_bare_reply_is_a_statement_without_text(text, reply):
    (statement,) = statements_of(text)
    assert (statement.reply, statement.text) == (reply, "")


def test_a_reply_takes_the_marks_of_the_sentence_after_it():
    (statement,) = statements_of("Yes. Ysolde Marrak was its keeper [1].")
    assert statement == Statement("Ysolde Marrak was its keeper.", (1,), "Yes.")
    (statement,) = statements_of("No, it was Rosk [2].")
    assert (statement.reply, statement.text, statement.cited) == ("No,", "it was Rosk.", (2,))


def test_a_name_that_begins_like_a_reply_is_none():
    assert statements_of("Nora kept it.")[0].reply == ""
    assert statements_of("No keeper stayed.")[0].reply == ""


@pytest.mark.parametrize(
    "text",
    [
        "The quotations do not say who built it.",
        "The provided passages don't mention a date.",
        "Your library does not say who built it.",
        "There is no information about the keeper.",
        "I cannot find the answer in the sources.",
        "The year is not mentioned in the quotations.",
        "Die Quellen sagen nicht, wer es war.",
        "В источниках не сказано, кто это был.",
        "文中没有提到这个人。",
    ],
)
def test_a_statement_that_the_sources_do_not_tell_declines(text):
    assert [statement.declines for statement in statements_of(text)] == [True]


@pytest.mark.parametrize("text", [LED, "The library does not open on Sundays.", "He did not say a word."])
def test_other_denials_do_not_decline(text):
    assert [statement.declines for statement in statements_of(text)] == [False]


def test_thoughts_without_an_end_are_all_of_the_text():
    assert without_thoughts("<think>It may be") == ""
    assert statements_of("<think>It may be") == []
