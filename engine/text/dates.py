"""Turn dates in any usual spelling into index terms, so that "January 6th" finds a note headed 20260106."""

import re
from collections.abc import Iterable, Iterator

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = {name: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_YEAR = r"(?:,? (?P<year>[12][0-9]{3})\b)?"
_NUMERIC = re.compile(
    r"(?P<year>(?:19|20)(?<![0-9]..)[0-9]{2})(?P<sep>[-/.]?)(?P<month>0[1-9]|1[0-2])(?P=sep)"
    r"(?P<day>0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
_WRITTEN = (  # neither begins with \b: the regex engine searches three times faster for a letter or a digit
    re.compile(rf"{_MONTH}\.? (?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?\b{_YEAR}"),
    re.compile(rf"(?P<day>[0-9][0-9]?)(?:st|nd|rd|th)?(?: of)? {_MONTH}\b{_YEAR}"),
)
_IN_MONTH = re.compile(rf"\b(?:in|during|since|until|of|last|this) {_MONTH}\b(?! [0-9])")
_LAST_DAY = 31
_MONTH_WORDS = frozenset(
    """Jan January Feb February Mar March Apr April May Jun June Jul July Aug August Sep Sept September
Oct October Nov November Dec December""".split()
)


def date_terms(text: str, words: Iterable[str]) -> list[str]:
    """Return the index terms of the dates in a passage: each day with and without its year, and each month.

    `words` are the passage's words as written; names of months are searched for only if one is among them.
    """
    terms: dict[str, None] = {}
    for year, month, day in _dates(text, words):
        terms[f"day{month:02}{day:02}"] = terms[f"month{month:02}"] = None
        if year:
            terms[f"date{year}{month:02}{day:02}"] = None
    return list(terms)


def asked_date_terms(text: str) -> list[str]:
    """Return the search terms of the dates in a question, each in the most exact form that the question gives."""
    terms = [f"date{y}{m:02}{d:02}" if y else f"day{m:02}{d:02}" for y, m, d in _dates(text, _MONTH_WORDS)]
    terms += [f"month{_NUMBER[match['month'][:3]]:02}" for match in _IN_MONTH.finditer(text)]
    return list(dict.fromkeys(terms))


def _dates(text: str, words: Iterable[str]) -> Iterator[tuple[int, int, int]]:
    """Yield year (0 if not written), month and day of each date."""
    patterns = [_NUMERIC] if "19" in text or "20" in text else []
    if not _MONTH_WORDS.isdisjoint(words):
        patterns += _WRITTEN
    for pattern in patterns:
        for match in pattern.finditer(text):
            month, day, previous = match["month"], int(match["day"]), text[max(0, match.start() - 1) : match.start()]
            if 1 <= day <= _LAST_DAY and not (previous.isalnum() or previous == "_"):
                yield int(match["year"] or 0), _NUMBER.get(month[:3]) or int(month), day
