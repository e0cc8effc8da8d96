"""Answer a question about a topic by sections: overview, time line, people, amounts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.answer.quotation import Quotation
from engine.answer.sentence_ranking import Candidate
from engine.text.dates import date_terms
from engine.text.names import name_runs
from engine.text.words import raw_words

_OVERVIEW = 2  # sentences
_SECTION = 3
_LIKELY = 0.5  # of the best sentence's share of the question that a sentence of a section covers at least
_MONTH_DIGITS = 6
_YEAR = re.compile(r"\b1[0-9]{3}\b|\b20[0-9]{2}\b")
_AMOUNT = re.compile(r"\d[\d.,]*\s*(?:%|€|\$|£|[^\W\d]{2,})|[$€£]\s*\d")


def topic_sections(candidates: Sequence[Candidate]) -> list[Quotation]:
    """Return sentences about the topic, the first of each section with its name as role.

    The time line is in the order of its dates; a sentence stands in one section only.
    """
    most = max(c.features["covered with title"] for c in candidates)
    about = [c for c in candidates if c.features["covered with title"] >= _LIKELY * most]
    opening = sorted(about, key=lambda c: -c.features["opens"])[:_OVERVIEW]
    chosen = [("Overview", opening)]
    sections: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("Time line", lambda text: bool(_day(text))),
        ("Amounts", lambda text: bool(_AMOUNT.search(text))),
        ("People and names", _has_name),
    )
    taken = {id(c) for c in opening}
    for name, fits in sections:
        fitting = [c for c in about if id(c) not in taken and fits(c.quotation.text)][:_SECTION]
        taken.update(map(id, fitting))
        if name == "Time line":
            fitting = sorted(fitting, key=lambda c: _day(c.quotation.text))
        chosen.append((name, fitting))
    return [
        replace(candidate.quotation, role=name if n == 0 else "")
        for name, section in chosen
        for n, candidate in enumerate(section)
    ]


def _day(text: str) -> str:
    """Return the first day, month or year that a text has, as digits; empty if it has none."""
    whole = (
        term.partition(":")[2] for term in date_terms(text, raw_words(text)) if term.startswith(("date:", "month:"))
    )
    days = [digits for digits in whole if len(digits) >= _MONTH_DIGITS]
    return min([*days, *_YEAR.findall(text)], default="")


def _has_name(text: str) -> bool:
    raw = raw_words(text)
    return any(start > 0 and end - start > 1 for start, end in name_runs(raw))
