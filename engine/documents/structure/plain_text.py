"""Find the blocks of plain text and reStructuredText: paragraphs, hashed and underlined headings, literal blocks."""

import re
from collections.abc import Iterator

from engine.documents.structure.blocks import MAX_HEADING, Block, Unit, paragraphs, sentences, with_code

_FENCED = re.compile(r"^(```|~~~(?!~)).*?(?:^\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL)
_RULE = r"([=\-~^\"'*+#`:.])\{0}{{2,}}[ \t]*"
_HEADING = re.compile(
    r"#{1,6}[ \t]+(?P<atx>[^\n]+)$"
    rf"|(?:{_RULE.format(2)}\n)?(?P<underlined>[^\n]+)\n{_RULE.format(4)}$",
    re.MULTILINE,
)


def without_code(text: str) -> str:
    """Replace every character of fenced code by a blank, so that all positions stay valid."""
    return _FENCED.sub(lambda fenced: re.sub(r"[^\n]", " ", fenced[0]), text)


def without_closing(heading: str) -> str:
    """Remove the hashes that may close a heading; in the pattern itself they would take quadratic time."""
    return heading[:1] + heading[1:].rstrip(" \t#")


def is_heading(text: str) -> bool:
    """Tell whether `text` is nothing but a heading."""
    text = text.removeprefix("\ufeff").rstrip()
    match = _HEADING.match(without_code(text))
    return match is not None and match.end() >= len(text)


def plain_blocks(text: str) -> Iterator[Block]:
    """Yield paragraphs; the first lines of one may be a heading."""
    prose = without_code(text)
    for start, end in paragraphs(text):
        skipped = text.startswith("\ufeff", start)
        match = _HEADING.match(prose, start + skipped, end)
        if match is None:
            yield Block(start, end, sentences(text, start, end))
            continue
        heading = without_closing(match["atx"] or match["underlined"])[:MAX_HEADING].strip()
        own = Unit(start, match.end(), is_quotable=False)
        prose_units = sentences(text, match.end(), end)
        level = len(match[0]) - len(match[0].lstrip("#")) if match["atx"] else 2 - match[0].rstrip().endswith("=")
        yield Block(start, end, (own, *prose_units), heading, not prose_units, level)


_DIRECTIVE = re.compile(r"\.\. [\w-]+::")


def rst_blocks(text: str) -> Iterator[Block]:
    """Yield plain blocks; text that is indented after `::` is code and belongs to the sentence before it."""
    last: Block | None = None
    literal = False
    for block in plain_blocks(text):
        indented = text[text.rfind("\n", 0, block.start) + 1 : block.start].isspace()
        if last and literal and indented and not block.heading:
            last = with_code(text, last, block.start, block.end)
            continue
        if last:
            yield last
        last = block
        paragraph = text[block.start : block.end]
        literal = paragraph.endswith("::") or bool(_DIRECTIVE.match(paragraph))
    if last:
        yield last
