"""Write Markdown, the form in which all readers of foreign formats return text: one parser finds its structure."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from engine.documents.document import Box, Extract, Location
from engine.errors import DocumentError

MAX_TEXT = 50_000_000  # characters; a few compressed kilobytes can unpack to any number

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # soft hyphens and spaces without width
_FENCE = re.compile(r"^(`{3,}|~{3,})", re.MULTILINE)


def clean(text: str) -> str:
    """Return `text` in one line, without invisible characters and lone surrogates, which no file can store."""
    return " ".join(text.translate(_INVISIBLE).encode("utf-8", "replace").decode("utf-8").split())


class MarkdownWriter:
    """Collects the blocks of a document, with their places in the file.

    Text is written as it is: the signs of Markdown in it are not escaped, so that a quote has the words of the file.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._length = 0
        self._is_item = False
        self.locations: list[Location] = []

    def locate(self, page: int = 0, name: str = "", box: Box | None = None) -> None:
        """Set the place of the text that is written from here on."""
        location = Location(self._length + 2 * bool(self._blocks), page, name, box)
        if self.locations and self.locations[-1].start == location.start:
            self.locations.pop()
        self.locations.append(location)

    def heading(self, text: str, level: int = 1) -> None:
        """Write a heading of level 1 to 6."""
        if text := clean(text):
            self._add(f"{'#' * min(max(level, 1), 6)} {text}")

    def paragraph(self, text: str) -> None:
        """Write a paragraph and keep its lines."""
        lines = [line for line in map(clean, text.split("\n")) if line]
        if lines:
            self._add("\n".join(f"\\{line}" if _FENCE.match(line) else line for line in lines))

    def item(self, text: str, depth: int = 0) -> None:
        """Write an item of a list inside `depth` other lists."""
        if text := clean(text):
            self._add(f"{'  ' * min(depth, 8)}- {text}", is_item=True)

    def markdown(self, text: str) -> None:
        """Write blocks of Markdown."""
        text = text.replace("\r\n", "\n").strip("\n").encode("utf-8", "replace").decode("utf-8")
        if text.strip():
            self._add(text)

    def code(self, text: str) -> None:
        """Write a block of code, or of other text whose blanks count."""
        text = text.strip("\n").encode("utf-8", "replace").decode("utf-8")
        if text.strip():
            fence = max([match[1] for match in _FENCE.finditer(text)], key=len, default="``")
            fence = "`" * max(3, len(fence) + 1)
            self._add(f"{fence}\n{text}\n{fence}")

    def table(
        self,
        rows: Sequence[Sequence[str]],
        *,
        names: Sequence[str] = (),
        page: int = 0,
        boxes: Sequence[Sequence[Box | None]] = (),
    ) -> None:
        """Write a table; its first row is its header. A row of a single cell is a paragraph.

        `names` are the places of the rows in the file; `boxes` are those of the cells on their page, if they are known.
        """
        cells = [[clean(cell).replace("|", "\\|") for cell in row] for row in rows]
        cells = [row for row in cells if any(row)]
        width = max(map(len, cells), default=0)
        if width <= 1 or len(cells) == 1:
            for row, name in zip_longest(cells, names):
                self.locate(name=name) if name else None
                self.paragraph(" | ".join(filter(None, row)).replace("\\|", "|"))
            return
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in cells]
        lines[0] += "\n|" + " --- |" * width
        start = self._length + 2 * bool(self._blocks)
        for line, name in zip(lines, names, strict=False):
            self.locations.append(Location(start, 0, name))
            start += len(line) + 1
        if boxes and len(boxes) == len(cells):
            self.locations += _cell_locations(lines, cells, boxes, page, self._length + 2 * bool(self._blocks))
        self._add("\n".join(lines))

    def extract(self, title: str = "", metadata: dict[str, tuple[str, ...]] | None = None) -> Extract:
        """Return the text so far."""
        return Extract("\n\n".join(self._blocks).rstrip(), title, metadata=metadata or {}, locations=self.locations)

    def _add(self, block: str, *, is_item: bool = False) -> None:
        if is_item and self._is_item:  # the items of a list are one block
            self._blocks[-1] += f"\n{block}"
            self._length += 1 + len(block)
        else:
            self._length += 2 * bool(self._blocks) + len(block)
            self._blocks.append(block)
        self._is_item = is_item
        if self._length > MAX_TEXT:
            raise DocumentError(f"unpacks to more than {MAX_TEXT / 1e6:g} million characters of text")


def _cell_locations(
    lines: Sequence[str], cells: Sequence[Sequence[str]], boxes: Sequence[Sequence[Box | None]], page: int, start: int
) -> Iterator[Location]:
    """Yield the places of the cells of a table whose `lines` are written from `start` on; the first is at its start."""
    for line, row, row_boxes in zip(lines, cells, boxes, strict=True):
        position = start
        for cell, box in zip(row, row_boxes, strict=False):
            yield Location(position, page, "", box)
            position += len(cell) + (5 if position == start else 3)
        start += len(line) + 1
