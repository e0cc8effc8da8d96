"""Find the days that words such as "yesterday" or "last week" mean on a given day."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from engine.text.languages import ENGLISH, UNSPACED

_DAYS = {  # before today
    "en": {"today": 0, "yesterday": 1, "day before yesterday": 2, "tomorrow": -1},
    "de": {"heute": 0, "gestern": 1, "vorgestern": 2, "übermorgen": -2},
    "fr": {"aujourd'hui": 0, "hier": 1, "avant-hier": 2, "demain": -1},
    "es": {"hoy": 0, "ayer": 1, "anteayer": 2},
    "it": {"oggi": 0, "ieri": 1, "domani": -1},
    "pt": {"hoje": 0, "ontem": 1, "anteontem": 2},
    "nl": {"vandaag": 0, "gisteren": 1, "eergisteren": 2},
    "sv": {"idag": 0, "igår": 1},
    "ru": {"сегодня": 0, "вчера": 1, "позавчера": 2, "завтра": -1},
    "zh": {"今天": 0, "昨天": 1, "前天": 2, "明天": -1},
    "ja": {"今日": 0, "昨日": 1, "明日": -1},
}
_WEEKS = {  # before this week
    "en": {"this week": 0, "last week": 1, "next week": -1},
    "de": {"diese woche": 0, "dieser woche": 0, "letzte woche": 1, "letzter woche": 1, "vorige woche": 1},
    "fr": {"cette semaine": 0, "la semaine dernière": 1},
    "es": {"esta semana": 0, "la semana pasada": 1},
    "it": {"questa settimana": 0, "la settimana scorsa": 1, "scorsa settimana": 1},
    "pt": {"esta semana": 0, "semana passada": 1},
    "nl": {"deze week": 0, "vorige week": 1},
    "ru": {"на этой неделе": 0, "на прошлой неделе": 1},
    "zh": {"本周": 0, "上周": 1},
    "ja": {"今週": 0, "先週": 1},
}
_MONTHS = {  # before this month
    "en": {"this month": 0, "last month": 1, "next month": -1},
    "de": {"diesen monat": 0, "diesem monat": 0, "letzten monat": 1, "letztem monat": 1, "vorigen monat": 1},
    "fr": {"ce mois": 0, "le mois dernier": 1},
    "es": {"este mes": 0, "el mes pasado": 1},
    "it": {"questo mese": 0, "il mese scorso": 1, "scorso mese": 1},
    "pt": {"este mês": 0, "mês passado": 1},
    "nl": {"deze maand": 0, "vorige maand": 1},
    "ru": {"в этом месяце": 0, "в прошлом месяце": 1},
    "zh": {"本月": 0, "上个月": 1},
    "ja": {"今月": 0, "先月": 1},
}
_AGO = {"en": r"(\d{1,3}) days? ago", "de": r"vor (\d{1,3}) tag(?:en)?", "fr": r"il y a (\d{1,3}) jours?"}
_WEEKDAYS = {
    "en": (r"(?:last|on) (monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b", "mon tue wed thu fri sat sun"),
    "de": (
        r"(?:letzten|am) (montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)\b", "mon die mit don fre sam son"
    ),
}  # fmt: skip
_WEEK = 7  # days


class Days(NamedTuple):
    """The days from `first` to `last`, and the words that mean them."""

    first: date
    last: date
    text: str


def relative_days(text: str, today: date, language: str) -> Iterator[Days]:
    """Yield what the words of a question mean on this day, in English and in the language of the question."""
    lowered = text.casefold()
    for code in dict.fromkeys((ENGLISH, language)):
        for phrase, count in _phrases(lowered, _DAYS, code):
            day = today - timedelta(days=count)
            yield Days(day, day, phrase)
        for phrase, count in _phrases(lowered, _WEEKS, code):
            monday = today - timedelta(days=today.weekday() + _WEEK * count)
            yield Days(monday, monday + timedelta(days=_WEEK - 1), phrase)
        for phrase, count in _phrases(lowered, _MONTHS, code):
            yield Days(_month(today, count), _month(today, count - 1) - timedelta(days=1), phrase)
        yield from _counted(lowered, today, code)


def _phrases(text: str, phrases: dict[str, dict[str, int]], code: str) -> Iterator[tuple[str, int]]:
    """Yield the phrases of a language that stand in the text as whole words, the longest of several."""
    numbers = phrases.get(code, {})
    pattern = "|".join(sorted(numbers, key=len, reverse=True))
    if pattern and code not in UNSPACED:
        pattern = rf"(?<!\w)(?:{pattern})(?!\w)"
    for match in re.finditer(pattern, text) if pattern else ():
        yield match[0], numbers[match[0]]


def _month(today: date, months: int) -> date:
    """Return the first day of the month so many months before today's."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _counted(text: str, today: date, code: str) -> Iterator[Days]:
    """Yield the days of "3 days ago" and of "last Monday": the latest one before today."""
    for match in re.finditer(_AGO[code], text) if code in _AGO else ():
        day = today - timedelta(days=int(match[1]))
        yield Days(day, day, match[0])
    pattern, names = _WEEKDAYS.get(code, ("", ""))
    for match in re.finditer(pattern, text) if pattern else ():
        back = (today.weekday() - names.split().index(match[1][:3]) - 1) % _WEEK + 1
        yield Days(today - timedelta(days=back), today - timedelta(days=back), match[0])
