"""Find the records of a text: rows of CSV or TSV, turns of a chat."""

import re
from collections.abc import Iterator
from itertools import pairwise

from engine.documents.structure.blocks import Block, Unit


def table_blocks(text: str) -> Iterator[Block]:
    """Yield the records of CSV or TSV; the first is the header of all others. A record may have line ends in quotes."""
    header: tuple[int, int] | None = None
    start = counted = int(text.startswith("\ufeff"))
    quotes = row = 0
    for end in (*(match.start() for match in re.finditer("\n", text)), len(text)):
        quotes += text.count('"', counted, end)
        counted = end
        if quotes % 2 and end < len(text):
            continue
        if text[start:end].strip():
            row += 1
            unit = Unit(start, end, header, header is not None)
            yield Block(start, end, (unit,), is_bare=header is None, row=row)
            header = header or (start, end)
        start = end + 1


_STAMP = (
    r"[\u200e\u200f]?(?:"
    r"\[?\d{1,4}[./-](?:\d{1,2}|[^\W\d_]{3,4})[./-]\d{1,4},?[ T]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
    r"(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?\]?(?:[ \t]*-)?"
    r"|[\[(]\d{1,2}:\d{2}(?::\d{2})?(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?[\])]"
    r")"
)
_TURN = re.compile(
    rf"^{_STAMP}[ \t]+(?=\S)|^[^\s\[:][^\n\[:]{{0,40}}[ \t]+{_STAMP}[ \t]*:?[ \t]*(?=\S|\n)", re.MULTILINE
)
_TURNS = 3  # at least in the beginning of a chat
_BEGINNING = 4000  # characters


def is_chat(text: str) -> bool:
    """Tell whether a third of the lines at the beginning of a text start a turn, with a time and a speaker."""
    beginning = text[:_BEGINNING]
    turns = len(_TURN.findall(beginning))
    return turns >= _TURNS and 3 * turns >= len([line for line in beginning.split("\n") if line.strip()])


def chat_blocks(text: str) -> Iterator[Block]:
    """Yield the turns of a chat, and the text before the first."""
    starts = [match.start() for match in _TURN.finditer(text)]
    for start, end in pairwise(sorted({0, *starts, len(text)})):
        stop = start + len(text[start:end].rstrip())
        if stop > start:
            yield Block(start, stop, (Unit(start, stop),))
