"""Words such as "yesterday" mean days, on a day that is given."""

from datetime import date

import pytest

from engine.text.dates import asked_dates
from engine.text.relative_dates import relative_days

WEDNESDAY = date(2025, 3, 5)


@pytest.mark.parametrize(
    ("text", "language", "first", "last"),
    [
        ("What did we decide yesterday?", "en", "2025-03-04", "2025-03-04"),
        ("What was it the day before yesterday?", "en", "2025-03-03", "2025-03-03"),
        ("What was yesterday's note?", "fr", "2025-03-04", "2025-03-04"),
        ("What is due tomorrow?", "en", "2025-03-06", "2025-03-06"),
        ("What happened 10 days ago?", "en", "2025-02-23", "2025-02-23"),
        ("What happened last week?", "en", "2025-02-24", "2025-03-02"),
        ("What happens this week?", "en", "2025-03-03", "2025-03-09"),
        ("What happened last month?", "en", "2025-02-01", "2025-02-28"),
        ("What happens next month?", "en", "2025-04-01", "2025-04-30"),
        ("What happened last Wednesday?", "en", "2025-02-26", "2025-02-26"),
        ("What happened on Tuesday?", "en", "2025-03-04", "2025-03-04"),
        ("Was geschah gestern?", "de", "2025-03-04", "2025-03-04"),
        ("Was geschah vorgestern?", "de", "2025-03-03", "2025-03-03"),
        ("Was geschah letzte Woche?", "de", "2025-02-24", "2025-03-02"),
        ("Was geschah vor 2 Tagen?", "de", "2025-03-03", "2025-03-03"),
        ("Was geschah am Montag?", "de", "2025-03-03", "2025-03-03"),
        ("Que s'est-il passé hier ?", "fr", "2025-03-04", "2025-03-04"),
        ("Que s'est-il passé la semaine dernière ?", "fr", "2025-02-24", "2025-03-02"),
        ("Что было вчера?", "ru", "2025-03-04", "2025-03-04"),
        ("昨天发生了什么？", "zh", "2025-03-04", "2025-03-04"),
    ],
)
def test_words_mean_days(text, language, first, last):
    ((begin, end, words),) = relative_days(text, WEDNESDAY, language)
    assert (begin.isoformat(), end.isoformat()) == (first, last)
    assert words in text.casefold()


@pytest.mark.parametrize(
    ("text", "language"),
    [("Wer wohnt hier?", "de"), ("What is todayish?", "en"), ("Who is Frau Heute?", "en"), ("last weekend", "en")],
)  # fmt: skip
def test_other_words_mean_none(text, language):
    assert list(relative_days(text, WEDNESDAY, language)) == []


def test_a_year_ends_in_a_month_or_a_week():
    ((first, last, _),) = relative_days("last month", date(2026, 1, 2), "en")
    assert (first, last) == (date(2025, 12, 1), date(2025, 12, 31))
    ((first, last, _),) = relative_days("last week", date(2026, 1, 2), "en")
    assert (first, last) == (date(2025, 12, 22), date(2025, 12, 28))


def test_a_week_is_asked_for_by_its_days_and_a_month_as_one():
    (week,) = asked_dates("What happened last week?", WEDNESDAY)
    assert week.alternatives == (
        tuple(f"date:2025{day}" for day in ("0224", "0225", "0226", "0227", "0228", "0301", "0302")),
    )
    assert week.words == {"last", "week"}
    (month,) = asked_dates("What happened last month?", WEDNESDAY)
    assert month.alternatives == (("month:202502",),)
