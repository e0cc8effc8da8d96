"""Dates in any usual spelling as terms of their own, so that "January 6th" finds a note headed 20260106."""

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
_WRITTEN = (  # neither begins with \b: a first letter or digit is looked for three times as fast
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
    """What a passage with these words is found by: each day with and without its year, and each month."""
    found: dict[str, None] = {}
    for year, month, day in _dates(text, words):
        found[f"day{month:02}{day:02}"] = found[f"month{month:02}"] = None
        if year:
            found[f"date{year}{month:02}{day:02}"] = None
    return list(found)


def asked_date_terms(text: str) -> list[str]:
    """What a question looks for: the most exact form that it gives."""
    terms = [f"date{y}{m:02}{d:02}" if y else f"day{m:02}{d:02}" for y, m, d in _dates(text, _MONTH_WORDS)]
    terms += [f"month{_NUMBER[match['month'][:3]]:02}" for match in _IN_MONTH.finditer(text)]
    return list(dict.fromkeys(terms))


def _dates(text: str, words: Iterable[str]) -> Iterator[tuple[int, int, int]]:
    """Year (0 where there is none), month and day. Months are looked for only if they are among the words."""
    patterns = [_NUMERIC] if "19" in text or "20" in text else []
    if not _MONTH_WORDS.isdisjoint(words):
        patterns += _WRITTEN
    for pattern in patterns:
        for match in pattern.finditer(text):
            name, day, before = match["month"], int(match["day"]), text[max(0, match.start() - 1) : match.start()]
            if 1 <= day <= _LAST_DAY and not (before.isalnum() or before == "_"):
                yield int(match["year"] or 0), _NUMBER.get(name[:3]) or int(name), day
