"""Split a text into words and their stems."""

import re
import sys
from functools import cache
from typing import Any

from engine.text.dates import date_terms

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being below
    between both but by can could d did do does doing don down during each few for from further had has have
    having he her here hers him his how i if in into is it its itself just ll m me might more most must my no
    nor not now of off on once only or other our out over own re s same shall she should so some such t than
    that the their them then there these they this those through to too under until up upon us ve very was we
    were what when where which while who whom whose why will with would you your yours
    """.split()
)
_STEMS: dict[str, str] = {}  # of folded words, shared by all texts
_CACHED = 200_000


def raw_words(text: str) -> list[str]:
    """Return the words of `text` as written, CamelCase split: chat logs write names as `LiHua`."""
    return _WORD.findall(_CAMEL.sub(" ", text))


def written_words(text: str, start: int = 0, end: int = sys.maxsize) -> list[str]:
    """Return the words of `text[start:end]` as written, CamelCase not split."""
    return _WORD.findall(text, start, end)


def is_camel_case(word: str) -> bool:
    """Tell whether `raw_words` splits this word."""
    return _CAMEL.search(word) is not None


def folded(raw: list[str]) -> list[str]:
    """Return each word in lower case and without diacritics."""
    joined = " ".join(raw)
    return joined.lower().split() if joined.isascii() else _analyzers()[0].analyze(joined)


def stemmed(raw: list[str]) -> tuple[list[str], list[str]]:
    """Return the folded forms of the words, and their stems (Snowball English)."""
    forms = folded(raw)
    new = {word for word in forms if word not in _STEMS}
    fresh = dict(zip(new, _analyzers()[1].analyze(" ".join(new)), strict=True)) if new else {}
    if len(_STEMS) < _CACHED:  # never emptied: another thread may be reading it
        _STEMS.update(fresh)
    return forms, [fresh.get(word) or _STEMS[word] for word in forms]


def words(text: str) -> list[str]:
    """Return the folded words of `text`."""
    return folded(raw_words(text))


def stems(text: str) -> list[str]:
    """Return the search terms of `text`: the stems of its words, then the terms of its dates (`engine.text.dates`)."""
    raw = raw_words(text)
    return stemmed(raw)[1] + date_terms(text, raw)


def content_stems(text: str) -> list[str]:
    """Return the stems of the words of `text` that are not stop words."""
    return [stem for word, stem in zip(*stemmed(raw_words(text)), strict=True) if word not in STOP_WORDS]


@cache
def _analyzers() -> tuple[Any, Any]:
    """Return tantivy's analyzers for folding and for stemming; they split at blanks only: one stem for each word."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer  # noqa: PLC0415 - not needed for the first paint

    def folding() -> Any:
        return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return folding().build(), folding().filter(Filter.stemmer("english")).build()
