"""Declare the text of a file or record with its metadata and places, as readers return it, and a drawn picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Box = tuple[float, float, float, float]
"""Left, top, right, bottom of a rectangle, as shares of the width and height of its page."""


class Syntax(StrEnum):
    """The syntax of a text; `engine.documents.structure` has a parser for each."""

    PLAIN = "plain"  # paragraphs, underlined and hashed headings
    MARKDOWN = "markdown"
    RST = "rst"
    ORG = "org"
    TABLE = "table"  # CSV and TSV: a header and records
    CHAT = "chat"  # turns: a time, a speaker, words


PICTURE = "picture"
"""The name of the place of text that was recognised in a picture."""

MESSAGE = "from "
"""The name of the place of the text of a message begins so: its sender and the minute follow."""


class Location(NamedTuple):
    """The place in the file of the text from character `start` on: its `page` (0: the file has no pages).

    `name` is a place of another kind, such as the cells of a row, its number in a table, a time, or the sender of a
    message; `box` is the place on the page or in the picture.
    """

    start: int
    page: int = 0
    name: str = ""
    box: Box | None = None

    @property
    def is_named_row(self) -> bool:
        """Whether the name is that of a row or another part, not of a whole picture or message."""
        return self.name not in {"", PICTURE} and not self.name.startswith(MESSAGE)


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file or record; `source` identifies it (`engine.documents.identity`).

    `text` of a plain file is the decoded file itself. Of any other format it is Markdown made by the reader.
    `metadata` maps a term such as `aliases`, `tags`, `date` or `sender` to its values; it is no part of `text`.
    `locations` are in order; the first starts at 0. `note` says what was guessed or left out.
    """

    source: str
    title: str
    text: str
    syntax: Syntax = Syntax.PLAIN
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    locations: tuple[Location, ...] = ()
    note: str = ""


@dataclass(slots=True)
class Extract:
    """The text of one file of a foreign format, or of one record of it with this `name`; fields as in `Document`."""

    text: str = ""
    title: str = ""
    name: str = ""
    syntax: Syntax = Syntax.MARKDOWN
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    locations: list[Location] = field(default_factory=list)
    note: str = ""


class Raster(NamedTuple):
    """A picture as `width` x `height` pixels by row: each byte of `pixels` numbers a colour (3 bytes) of `palette`."""

    width: int
    height: int
    palette: bytes
    pixels: bytes
