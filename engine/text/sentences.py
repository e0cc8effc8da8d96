"""Split a text of any script into sentences, as character spans.

The signs that end a sentence are those of the Unicode property Sentence_Terminal. Libraries were tried: sentencex 1.0
takes quadratic time for Chinese and panics on U+3000, pysbd is not kept any more, spaCy and Stanza need models.
"""

import re
from collections.abc import Iterator

import regex

_AT_LINE_END = (  # after the line end
    r"(?:[^\S\n]*\n\s*"  # at a blank line
    r"|(?=[^\W\d_][^\n:]{0,40}:\s|[-*#>|]|\d+[.)]\s))"  # before a speaker's turn, a list item, a heading
)
# The engine searches for a set of first characters three times faster than for alternatives.
_ASCII_END = re.compile(r"[.!?\n](?:(?<!\n)[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|(?<=\n)" + _AT_LINE_END + ")")
_END = regex.compile(
    r"[.!?]['\"\p{Pe}\p{Pf}\p{Pi}]*+\s+(?=['\"¿¡\p{Ps}\p{Pi}\p{Pf}]*+[\p{Lu}\p{Lt}\p{Lo}\p{N}])"
    # Other scripts have their own signs, and need no space after them. In Japanese a quote may go on: 「…。」と言った。
    r"|[\p{Sentence_Terminal}--.!?\uff0e]++[!?]*+(?:[\p{Pe}\p{Pf}]++(?!\p{Hiragana})|(?![\p{Pe}\p{Pf}]))\s*+"
    r"|\uff0e(?!\p{N})\s*+"
    r"|[;\u037e]\s+(?<=\p{Greek}\p{M}*[;\u037e]\s+)(?=\p{Lu})|\n" + _AT_LINE_END,
    regex.VERSION1,
)
_ABBREVIATION = regex.compile(
    r"(?:\b\p{Lu}|\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|No|Nos|Lt|Col|Gen|Rev|Sgt|Capt|Prof|Fr|Br|Jan|Feb|Apr|Aug|Sept|Sep|Oct"
    r"|Nov|Dec|c|b|d|z|ca|cf|p|pp|vol|e\.g|i\.e|Hr|Nr|Bd|Abs|bzw|vgl|d\. ?h|Mme|Mlle|Sra|Dra|núm|pág"
    r"|\u0433|\u0433\u0433|ул|им|т\. ?\u0435))\.$"  # Russian: year, years, street, named after, that is
)
_NO_ABBREVIATION = 5  # letters before a full stop: no abbreviation is so long
# Of the European languages only German writes nouns with capitals, so that an ordinal looks like the end of a sentence.
_GERMAN_ORDINAL = re.compile(
    r"\b\d{1,2}\.\s+(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|Jahrhundert|Jahrtausend|Auflage|Band|Kapitel|Klasse|Stock|Etage|Lebensjahr|Weltkrieg)"
)


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end (excluded) of each sentence of `text`, without surrounding white space.

    Sentences end at . ! ? before a capital, a digit or a letter without case, at the signs of other scripts such as the
    Chinese full stop or the danda, at blank lines, and before list items and speakers' turns.
    """
    start = 0
    pattern = _ASCII_END if text.isascii() else _END
    for match in pattern.finditer(text):
        if match[0][0] != "." or not _is_abbreviation(text, start, match.start() + 1):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, len(text))


def _is_abbreviation(text: str, start: int, stop: int) -> bool:
    """Tell whether the full stop before `stop` belongs to an abbreviation or to a German ordinal number."""
    end = text[max(start, stop - _NO_ABBREVIATION - 1) : stop - 1]
    if len(end) == _NO_ABBREVIATION and end.isalpha():
        return False
    if _ABBREVIATION.search(text, max(start, stop - 8), stop):
        return True
    return any(_GERMAN_ORDINAL.match(text, number) for number in (stop - 3, stop - 2) if number >= start)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if sentence := piece.strip():
        start += len(piece) - len(piece.lstrip())
        yield start, start + len(sentence)
