"""Split a text into sentences, as character spans."""

import re
from collections.abc import Iterator

_SENTENCE_END = re.compile(
    r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]*[^\W_a-z])"  # before a capital or a number
    r"|\n[^\S\n]*\n\s*"  # at a blank line
    r"|\n(?=[^\W\d_][^\n:]{0,40}:\s|[-*#>|]|\d+[.)]\s)"  # before a speaker's turn, a list item, a heading
)
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|Nos|Lt|Col|Gen|Rev|Sgt|Capt|Prof|Fr|Br|Jan|Feb|Apr|Aug|Sept|Sep|Oct"
    r"|Nov|Dec|c|b|d|ca|cf|p|pp|vol|e\.g|i\.e))\.$"
)


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end (excluded) of each sentence of `text`, without surrounding white space.

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
    if sentence := piece.strip():
        start += len(piece) - len(piece.lstrip())
        yield start, start + len(sentence)
