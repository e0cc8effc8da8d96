"""Dates in any usual spelling meet, whole and in part."""

from datetime import date

import pytest

from engine.text.dates import asked_dates, date_terms
from engine.text.words import raw_words


def terms(text: str) -> set[str]:
    return set(date_terms(text, raw_words(text)))


@pytest.mark.parametrize(
    "text",
    [
        "3 July 2025", "July 3, 2025", "3rd of July, 2025", "2025-07-03", "2025/07/03", "20250703", "2025 07 03",
        "03.07.2025", "3. 7. 2025", "3. Juli 2025", "le 3 juillet 2025", "3 de julio de 2025", "3 luglio 2025",
        "3 июля 2025", "3 lipca 2025", "3 Temmuz 2025", "2025年7月3日", "13/07/03 and 03/07/25", "[03/07/25, 10:17:02]",
    ],
)  # fmt: skip
def test_every_spelling_of_a_day_has_its_terms(text):
    assert {"date:20250703", "day:0703", "month:202507", "month:07"} <= terms(text)


@pytest.mark.parametrize(
    "text",
    ["version 1.2.3.4", "192.168.1.10", "10.1016/j.20190102x", "tel 030-12-1999-5", "may 5 people", "31.31.2025", "x"],
)
def test_other_numbers_are_no_dates(text):
    assert not {term for term in terms(text) if term.startswith("date")}


def test_a_day_that_can_be_read_in_two_ways_is_found_by_both():
    assert {"date:20250504", "date:20250405"} <= terms("04/05/2025")
    assert {term for term in terms("25/12/2024") if term.startswith("date")} == {"date:20241225"}


@pytest.mark.parametrize(
    ("question", "expected", "words"),
    [
        ("What happened on 13 March 2024?", ("date:20240313", "day:0313"), {"13", "march", "2024"}),
        ("What happened on March 13?", ("day:0313", "month:03"), {"13", "march"}),
        ("What was said in July 2025?", ("month:202507", "month:07"), {"july", "2025"}),
        ("What was said in July?", ("month:07",), {"in", "july"}),
        ("What did we decide yesterday?", ("date:20251231",), {"yesterday"}),
        ("Was haben wir gestern gesagt?", ("date:20251231",), {"gestern"}),
        ("What is due today?", ("date:20260101",), {"today"}),
    ],
)
def test_a_question_asks_for_the_most_exact_form_first(question, expected, words):
    (asked,) = asked_dates(question, date(2026, 1, 1), "de" if "wir" in question else "en")
    assert (asked.alternatives, asked.words) == (tuple((term,) for term in expected), words)


def test_without_a_day_nothing_is_yesterday():
    assert asked_dates("What did we decide yesterday?") == []
