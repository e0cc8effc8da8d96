"""The identity of sources and passages as text: `path`, `path#record` and `source#number`.

File names and record ids may contain a # themselves, so only the end of a passage id can be split off for certain.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class PassageId(NamedTuple):
    """The identity of a passage: its source, and its number in that source, which counts from 1."""

    source: str
    number: str

    @classmethod
    def parse(cls, text: str) -> "PassageId":
        """Split an id as it is stored; the source is empty for text without a #."""
        source, _, number = text.rpartition("#")
        return cls(source, number)

    def __str__(self) -> str:
        return f"{self.source}#{self.number}"


def record_source(path: Path, record_id: str) -> str:
    """Return the source of one record of a file."""
    return f"{path}#{record_id}"


def is_under(name: str, root: str) -> bool:
    """Tell whether a path is this root or inside it."""
    return name == root or name.startswith(root.rstrip("/") + "/")


def possible_files(source: str) -> Iterator[str]:
    """Yield the names that the file of a source can have: the source itself, then without each `#...` at its end."""
    while source:
        yield source
        source = source.rpartition("#")[0]
