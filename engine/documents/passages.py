"""Split documents into passages: the pieces that are indexed, walked and quoted, each with its exact span."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.documents.identity import PassageId
from engine.text.languages import ENGLISH, language_of
from engine.text.sentences import sentence_spans

_BLOCK_END = re.compile(r"\n[ \t]*\n\s*")
_FENCED = re.compile(r"^(```|~~~(?!~)).*?(?:^\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_RULE = r"([=\-~^\"'*+#`:.])\{0}{{2,}}[ \t]*"
_HEADING = re.compile(
    r"#{1,6}[ \t]+(?P<atx>[^\n]+)$"
    rf"|(?:{_RULE.format(2)}\n)?(?P<underlined>[^\n]+)\n{_RULE.format(4)}$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `start` to `end` (excluded) of the text of `source`; `id` is a `PassageId` as text.

    `title` is that of the document, `heading` that of the section (may be empty); `text` is the exact text.
    """

    id: str
    source: str
    title: str
    heading: str
    start: int
    end: int
    text: str
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Document:
    """The decoded text of one file or record; `source` identifies it (`engine.documents.identity`)."""

    source: str
    title: str
    text: str


def split_document(document: Document, limit: int) -> Iterator[Passage]:
    """Yield the passages of a document: paragraphs packed up to `limit` characters, never across a heading.

    A paragraph over the limit is split between sentences, a sentence over the limit between words.
    """
    heading, start, end, number, is_bare = "", -1, -1, 0, False
    language = language_of(document.text)
    prose = without_code(document.text)
    for block_start, block_end in _blocks(document.text, limit):
        block = prose[block_start:block_end]
        title = _heading(block)
        too_long = block_end - start > limit and (title or not is_bare)
        if start >= 0 and (too_long or (title and not is_bare)):
            number += 1
            yield _passage(document, number, heading, start, end, language)
            start = -1
        heading = title or heading
        is_bare = bool(title) and block.count("\n") <= 1  # a heading without text stays with the next block
        start, end = (block_start if start < 0 else start), block_end
    if start >= 0:
        yield _passage(document, number + 1, heading, start, end, language)


def _passage(document: Document, number: int, heading: str, start: int, end: int, language: str) -> Passage:
    passage_id = str(PassageId(document.source, str(number)))
    section = "" if heading == document.title else heading
    text = document.text[start:end]
    return Passage(passage_id, document.source, document.title, section, start, end, text, language)


def without_code(text: str) -> str:
    """Replace every character of fenced code by a blank, so that all positions stay valid."""
    return _FENCED.sub(lambda fenced: re.sub(r"[^\n]", " ", fenced[0]), text)


def is_heading(text: str) -> bool:
    """Tell whether `text` is nothing but a heading."""
    match = _HEADING.match(text.removeprefix("\ufeff"))
    return match is not None and match.end() >= len(text.removeprefix("\ufeff").rstrip())


def _heading(block: str) -> str:
    match = _HEADING.match(block.removeprefix("\ufeff"))
    return without_closing(match["atx"] or match["underlined"]).strip() if match else ""


def without_closing(heading: str) -> str:
    """Remove the hashes that may close a heading; in the pattern itself they would take quadratic time."""
    return heading[:1] + heading[1:].rstrip(" \t#")


def _blocks(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of each paragraph, none longer than `limit`."""
    start = len(text) - len(text.lstrip())
    for match in [*_BLOCK_END.finditer(text, start), None]:
        end = match.start() if match else start + len(text[start:].rstrip())
        if end > start:
            yield from ((start, end),) if end - start <= limit else _pieces(text, start, end, limit)
        start = match.end() if match else end


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Split a long paragraph into runs of whole sentences, each at most `limit` characters."""
    begin, last = -1, -1
    for a, b in _short_sentences(text, start, end, limit):
        if begin >= 0 and b - begin > limit:
            yield begin, last
            begin = -1
        begin, last = (a if begin < 0 else begin), b
    if begin >= 0:
        yield begin, last


def _short_sentences(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences; those over `limit` characters are cut at white space."""
    for a, b in sentence_spans(text[start:end]):
        begin, stop = start + a, start + b
        while stop - begin > limit:
            cut = max(text.rfind(" ", begin, begin + limit), text.rfind("\n", begin, begin + limit))
            cut = cut if cut > begin else begin + limit
            yield begin, cut
            begin = cut + (text[cut] in " \n")
        if stop > begin:
            yield begin, stop
