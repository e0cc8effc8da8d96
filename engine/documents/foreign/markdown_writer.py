"""Writing Markdown: what the readers of foreign formats hand on, so that one parser knows their structure."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from engine.documents.document import Box, Extract, Location
from engine.errors import DocumentError

MAX_TEXT = 50_000_000  # characters; what is packed into a few kilobytes may be any number of them

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # soft hyphens and spaces without width
_FENCE = re.compile(r"^(`{3,}|~{3,})", re.MULTILINE)


def clean(text: str) -> str:
    """`text` in one line, without invisible signs and half characters, which no file can hold."""
    return " ".join(text.translate(_INVISIBLE).encode("utf-8", "replace").decode("utf-8").split())


class MarkdownWriter:
    """Collects the blocks of a document, and where each stands in its file.

    Text is written as it is: signs that Markdown knows are not escaped, so that a quote is the words of the file.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._length = 0
        self._is_item = False
        self.locations: list[Location] = []

    def locate(self, page: int = 0, name: str = "", box: Box | None = None) -> None:
        """What is written from here on stands there."""
        location = Location(self._length + 2 * bool(self._blocks), page, name, box)
        if self.locations and self.locations[-1].start == location.start:
            self.locations.pop()
        self.locations.append(location)

    def heading(self, text: str, level: int = 1) -> None:
        """A heading of level 1 to 6."""
        if text := clean(text):
            self._add(f"{'#' * min(max(level, 1), 6)} {text}")

    def paragraph(self, text: str) -> None:
        """A paragraph; lines of it stay lines."""
        lines = [line for line in map(clean, text.split("\n")) if line]
        if lines:
            self._add("\n".join(f"\\{line}" if _FENCE.match(line) else line for line in lines))

    def item(self, text: str, depth: int = 0) -> None:
        """An item of a list, `depth` lists deep."""
        if text := clean(text):
            self._add(f"{'  ' * min(depth, 8)}- {text}", is_item=True)

    def markdown(self, text: str) -> None:
        """Blocks that are Markdown already."""
        text = text.replace("\r\n", "\n").strip("\n").encode("utf-8", "replace").decode("utf-8")
        if text.strip():
            self._add(text)

    def code(self, text: str) -> None:
        """A block of code, or of anything else whose blanks count."""
        text = text.strip("\n").encode("utf-8", "replace").decode("utf-8")
        if text.strip():
            fence = max([match[1] for match in _FENCE.finditer(text)], key=len, default="``")
            fence = "`" * max(3, len(fence) + 1)
            self._add(f"{fence}\n{text}\n{fence}")

    def table(self, rows: Sequence[Sequence[str]], *, names: Sequence[str] = ()) -> None:
        """A table; its first row is its header. A row of a single cell is a paragraph.

        `names` say where each row stands in the file.
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
        self._add("\n".join(lines))

    def extract(self, title: str = "", metadata: dict[str, tuple[str, ...]] | None = None) -> Extract:
        """What was written."""
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
