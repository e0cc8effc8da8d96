"""The text of a file or record with what is known of it, as every reader returns it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

Box = tuple[float, float, float, float]
"""Left, top, right, bottom of a rectangle, as shares of the width and height of its page."""


class Syntax(StrEnum):
    """How the structure of a text is written; `engine.documents.structure` has a parser for each."""

    PLAIN = "plain"  # paragraphs, underlined and hashed headings
    MARKDOWN = "markdown"
    RST = "rst"
    ORG = "org"
    TABLE = "table"  # CSV and TSV: a header and records
    CHAT = "chat"  # turns: a time, a speaker, words


class Location(NamedTuple):
    """From character `start` of a text on, the text stands on `page` of its file (0: the file has no pages).

    `name` says it in other terms, such as a cell of a sheet or a time; `box` is the place on the page.
    """

    start: int
    page: int = 0
    name: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file or record; `source` says where it came from.

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
    """What a reader of a foreign format found in one file, or in one record of it called `name`."""

    text: str = ""
    title: str = ""
    name: str = ""
    syntax: Syntax = Syntax.MARKDOWN
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    locations: list[Location] = field(default_factory=list)
    note: str = ""
