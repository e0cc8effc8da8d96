# ruff: noqa: RUF001 - names of months in Turkish and Russian
"""Turn dates in any usual spelling into index terms, so that "3 July 2025" finds a note headed 2025-07-03.

The terms of a date, most exact first: `date:20250703`, `day:0703`, `month:202507`, `month:07`. A date that can be read
in two ways (04/05/2025) has the terms of both.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from engine.text.languages import ENGLISH
from engine.text.relative_dates import Days, relative_days

_LAST_DAY, _LAST_MONTH = 31, 12
_ENGLISH = (
    "January Jan", "February Feb", "March Mar", "April Apr", "May", "June Jun", "July Jul", "August Aug",
    "September Sept Sep", "October Oct", "November Nov", "December Dec",
)  # fmt: skip
# German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Norwegian, Polish, Czech, Russian and Turkish.
_OTHERS = (
    "januar jänner janvier enero gennaio janeiro januari stycznia styczeń ledna leden января январь ocak",
    "februar février febrero febbraio fevereiro februari lutego luty února únor февраля февраль şubat",
    "märz mars marzo março maart marts marca marzec března březen марта март mart",
    "april avril abril aprile kwietnia kwiecień dubna duben апреля апрель nisan",
    "mai mayo maggio maio mei maj maja května květen мая май mayıs",
    "juni juin junio giugno junho czerwca czerwiec června červen июня июнь haziran",
    "juli juillet julio luglio julho lipca lipiec července červenec июля июль temmuz",
    "august août agosto augustus augusti sierpnia sierpień srpna srpen августа август ağustos",
    "september septembre septiembre settembre setembro września wrzesień září сентября сентябрь eylül",
    "oktober octobre octubre ottobre outubro października październik října říjen октября октябрь ekim",
    "november novembre noviembre novembro listopada listopad listopadu ноября ноябрь kasım",
    "dezember décembre diciembre dicembre dezembro december grudnia grudzień prosince prosinec декабря декабрь aralık",
)
_MONTHS = {name: number for number, names in enumerate(_ENGLISH, start=1) for name in names.split()} | {
    form: number
    for number, names in enumerate(_OTHERS, start=1)
    for name in names.split()
    for form in (name, name.capitalize())
}
_MONTH_WORDS = frozenset(_MONTHS)
_WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi
dimanche lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato
domenica maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag
söndag segunda terça quarta quinta sexta понедельник вторник среда четверг пятница суббота воскресенье today tomorrow
yesterday
""".split()
_MONTH = f"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_OF = r"(?:(?:of|de|del|di|do) )?"
_YEAR = rf"(?:,? {_OF}(?P<year>[12][0-9]{{3}})\b)?"
_NUMERIC = (
    re.compile(
        r"(?P<year>(?:19|20)(?<![0-9]..)[0-9]{2})(?P<sep>[-/. ]?)(?P<month>0[1-9]|1[0-2])(?P=sep)"
        r"(?P<day>0[1-9]|[12][0-9]|3[01])(?![^\W_])"
    ),
    re.compile(
        r"(?P<day>[0-3]?[0-9])(?<![0-9.]..)\. ?(?P<month>[01]?[0-9])\. ?"
        r"(?P<year>(?:(?:19|20)[0-9]{2}|[0-9]{2})(?![0-9.]))"
    ),
    re.compile(r"(?P<day>[0-3]?[0-9])(?P<sep>[-/])(?P<month>[0-3]?[0-9])(?P=sep)(?P<year>(?:19|20)?[0-9]{2})(?![0-9/-])"),
    re.compile(r"(?P<year>[12][0-9]{3})年(?P<month>[01]?[0-9])月(?P<day>[0-3]?[0-9])日"),
)  # fmt: skip
_BEFORE_MONTH, _AFTER_MONTH = 12, 24  # characters of a date before and after its month, at most
_FIGURES = re.compile(r"[0-9](?:[0-9]{7}|(?:[-/]|\. ?| |年)[0-9])")  # in every date without letters
_IN_MONTH = re.compile(rf"\b(?:in|during|since|until|of|last|this|im|seit|en|in|nel) {_MONTH}\b(?! [0-9])")
_MONTH_DAYS = 27  # days from the first to the last of a month, at least
_CENTURY = 100


class AskedDate(NamedTuple):
    """A date in a question: alternatives, the most exact first, each of terms that mean it; and its words, folded."""

    alternatives: tuple[tuple[str, ...], ...]
    words: frozenset[str]


class _Date(NamedTuple):
    year: int  # 0 if not written
    month: int
    day: int  # 0 if not written
    text: str

    def terms(self) -> list[str]:
        year, month, day = self.year, self.month, self.day
        exact = [f"date:{year}{month:02}{day:02}"] * bool(year and day) + [f"day:{month:02}{day:02}"] * bool(day)
        return exact + [f"month:{year}{month:02}"] * bool(year) + [f"month:{month:02}"]


@cache
def calendar_words() -> frozenset[str]:
    """Return the names of months and weekdays in the languages whose dates are read, in lower case, also unaccented."""
    names = {name.casefold() for name in (*_MONTHS, *_WEEKDAYS)}
    return frozenset(names | {"".join(filter(str.isalpha, unicodedata.normalize("NFD", name))) for name in names})


def date_terms(text: str, words: Collection[str]) -> list[str]:
    """Return the index terms of the dates in a passage, each once.

    `words` are the passage's words as written; names of months are searched for only if one is among them.
    """
    return list(dict.fromkeys(term for date in _dates(text, words) for term in date.terms()))


def asked_dates(text: str, today: date | None = None, language: str = ENGLISH) -> list[AskedDate]:
    """Return the dates in a question; `today` resolves words such as "yesterday" in English and in its language."""
    written = list(_dates(text, [month for month in _MONTH_WORDS if month in text]))
    days = [
        AskedDate(tuple((term,) for term in day.terms()[:2]), _words(day.text))
        for day in written
        if not any(day.text != other.text and day.text in other.text for other in written)
    ]
    if not written:
        months = _IN_MONTH.finditer(text)
        days += [AskedDate(((f"month:{_MONTHS[match['month']]:02}",),), _words(match[0])) for match in months]
    relative = relative_days(text, today, language) if today else ()
    return days + [AskedDate((tuple(_terms_of(span)),), _words(span.text)) for span in relative]


def _terms_of(days: Days) -> list[str]:
    """Return the terms that any date in these days has: the month's of a whole month, else each day's."""
    if (count := (days.last - days.first).days) >= _MONTH_DAYS:
        return [f"month:{days.first:%Y%m}"]
    return [f"date:{days.first + timedelta(days=k):%Y%m%d}" for k in range(count + 1)]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.lower()))


def _dates(text: str, words: Collection[str]) -> Iterator[_Date]:
    """Yield each date that is written in the text, and both readings of one that can be read in two ways."""
    matches = [match for pattern in _NUMERIC for match in pattern.finditer(text)] if _FIGURES.search(text) else []
    for month in sorted(_MONTH_WORDS.intersection(words)):
        matches += _written(text, month)
    for match in matches:
        previous = text[max(0, match.start() - 1) : match.start()]
        if not (previous.isalnum() or previous == "_"):
            yield from _readings(match.groupdict(), match[0])


def _written(text: str, month: str) -> Iterator[re.Match[str]]:
    """Yield the matches of dates with this name of a month; only what is beside the name is searched."""
    day_first, *month_first = _patterns(month)
    at = text.find(month)
    while at >= 0:
        start, end = max(0, at - _BEFORE_MONTH), at + len(month) + _AFTER_MONTH
        yield from (match for match in day_first.finditer(text, start, end) if match.start("month") == at)
        yield from filter(None, (pattern.match(text, at, end) for pattern in month_first))
        at = text.find(month, at + 1)


@cache
def _patterns(month: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a date with a day before this name of a month, and of two that begin with the name."""
    name = f"(?P<month>{month})"
    return (
        # It does not begin with \b: the regex engine searches three times faster for a digit.
        re.compile(rf"(?P<day>[0-9][0-9]?)(?:st|nd|rd|th|er|\.|º)? {_OF}{name}\b{_YEAR}"),
        re.compile(rf"{name}\.? (?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?\b{_YEAR}"),
        re.compile(rf"{name}\.?,? {_OF}(?P<year>[12][0-9]{{3}})\b"),
    )


def _readings(parts: dict[str, str | None], text: str) -> Iterator[_Date]:
    written, year, day = parts["month"] or "", int(parts.get("year") or 0), int(parts.get("day") or 0)
    if 0 < year < _CENTURY:
        year += 2000 if year < 70 else 1900  # noqa: PLR2004 - as POSIX reads two digits
    month = _MONTHS.get(written) or int(written)
    pairs = [(month, day)]
    if "sep" in parts and text[:4].find(parts["sep"] or "") in {1, 2} and month != day:  # day and month in any order
        pairs.append((day, month))
    for first, second in pairs:
        if 1 <= first <= _LAST_MONTH and second <= _LAST_DAY and (second or "day" not in parts or not parts["day"]):
            yield _Date(year, first, second, text)
