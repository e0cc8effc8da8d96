"""Words, stems and sentences of a text, and what of a text may be shown."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from engine.dates import date_terms

# Control characters (C0 but tab and line feed, C1, DEL), bidirectional overrides and isolates, and the
# separators and invisible marks that move what follows them on a terminal.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(
    r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[^\W_a-z])"  # before a capital or a number
    r"|\n[^\S\n]*\n\s*"  # at a blank line
    r"|\n(?=[^\W\d_][^\n:]{0,40}:\s|[-*#>|]|\d+[.)]\s)"  # before a speaker's turn, a list item, a heading
)
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|Nos|Lt|Col|Gen|Rev|Sgt|Capt|Prof|Fr|Br|Jan|Feb|Apr|Aug|Sept|Sep|Oct"
    r"|Nov|Dec|c|b|d|ca|cf|p|pp|vol|e\.g|i\.e))\.$"
)

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

_STEMS: dict[str, str] = {}  # of folded words, kept between texts
_CACHED = 200_000


def printable(text: str) -> str:
    """`text` without anything that could steer a terminal; tabs and line feeds stay."""
    return _UNPRINTABLE.sub("", text)


def escaped(json: str) -> str:
    """JSON in which everything that could steer a terminal is written as its escape."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def one_line(text: str) -> str:
    """`text` made printable, with every run of white space as one blank."""
    return " ".join(printable(text).split())


def split_camel_case(text: str) -> str:
    """`LiHua` as `Li Hua`: chat logs write names that way."""
    return _CAMEL.sub(" ", text)


def raw_words(text: str) -> list[str]:
    """The words of `text` as they are written; CamelCase is split, for chat logs write names as `LiHua`."""
    return _WORD.findall(_CAMEL.sub(" ", text))


def written_words(text: str, start: int = 0, end: int = sys.maxsize) -> list[str]:
    """The words of a part of `text` as they are written, CamelCase and all."""
    return _WORD.findall(text, start, end)


def is_camel_case(word: str) -> bool:
    """Does `raw_words` split this word?"""
    return _CAMEL.search(word) is not None


def folded(raw: list[str]) -> list[str]:
    """Each word in lower case, without diacritics."""
    joined = " ".join(raw)
    return joined.lower().split() if joined.isascii() else _analyzers()[0].analyze(joined)


def stemmed(raw: list[str]) -> tuple[list[str], list[str]]:
    """For each word its folded form and its stem (Snowball English)."""
    forms = folded(raw)
    new = {word for word in forms if word not in _STEMS}
    fresh = dict(zip(new, _analyzers()[1].analyze(" ".join(new)), strict=True)) if new else {}
    if len(_STEMS) < _CACHED:  # never emptied: another thread may be reading it
        _STEMS.update(fresh)
    return forms, [fresh.get(word) or _STEMS[word] for word in forms]


def words(text: str) -> list[str]:
    """The folded words of `text`."""
    return folded(raw_words(text))


def stems(text: str) -> list[str]:
    """The stems of the words of `text`, then its dates (`engine.dates`): what a text is found by."""
    raw = raw_words(text)
    return stemmed(raw)[1] + date_terms(text, raw)


def content_stems(text: str) -> list[str]:
    """The stems of the words of `text` that are not stop words."""
    return [stem for word, stem in zip(*stemmed(raw_words(text)), strict=True) if word not in STOP_WORDS]


@cache
def _analyzers() -> tuple[Any, Any]:
    """Tantivy's own folding and stemming; split at blanks only, so that words and stems stay in step."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer  # noqa: PLC0415 - not needed for the first paint

    def folding() -> Any:
        return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return folding().build(), folding().filter(Filter.stemmer("english")).build()


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of `text`, without the white space around it.

    Sentences end at . ! ? before a capital or digit, at blank lines, and before list items and speakers' turns.
    """
    start = 0
    for match in _SENTENCE_END.finditer(text):
        stop = match.start() + 1
        if "\n" in match[0] or not _ABBREVIATION.search(text, max(start, stop - 8), stop):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if kept := piece.strip():
        start += len(piece) - len(piece.lstrip())
        yield start, start + len(kept)
