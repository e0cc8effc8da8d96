"""The source of a citation as it is now: its text as it was indexed, and whether the quote still stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.documents.reader import read_documents
from engine.errors import DocumentError
from engine.events import Citation

EXTRACTED = {
    ".html": "the visible text of the page",
    ".htm": "the visible text of the page",
    ".xhtml": "the visible text of the page",
    ".pdf": "the text extracted from the PDF",
}


class Standing(StrEnum):
    """How a quote stands in the text of its source."""

    EXACT = "exact"  # at its span
    MOVED = "moved"  # word for word, at another place
    CHANGED = "changed"  # not any more


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source that was read: the file at `path`, and its `text`, or the `problem` why there is none.

    `form` says what the text is where it is not simply the file: what was extracted from it, or one record of it.
    """

    path: Path
    text: str = ""
    form: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands now: characters `start` to `end` (end excluded) of the text of its source."""

    standing: Standing
    start: int
    end: int


def read_source(source: str, *, roots: Sequence[str], max_bytes: int) -> SourceText:
    """Read a source by the rules of the ingest: nothing too large, and no link that leads out of its root.

    `roots` are the library's folders; of a file in none of them the root is its own folder.
    """
    path = _file(source)
    record = source.removeprefix(f"{path}#") if source != str(path) else ""
    form = f"the record {record}" if record else EXTRACTED.get(path.suffix.lower(), "")
    if not path.is_file():
        return SourceText(path, form=form, problem="there is no such file any more")
    root = next((Path(root) for root in roots if path.is_relative_to(root)), path.parent)
    try:
        documents = read_documents(path, root=path.parent if root == path else root, max_bytes=max_bytes)
        text = next((document.text for document in documents if document.source == source), None)
    except DocumentError as error:
        return SourceText(path, form=form, problem=str(error))
    if text is None:
        return SourceText(path, form=form, problem="the record is not in the file any more")
    return SourceText(path, text, form)


def place_of(text: str, citation: Citation) -> Place:
    """Where the quote of a citation stands in the text: at its span, else at the nearest place with the same words."""
    start, quote = max(citation.start, 0), citation.quote
    if text[start : citation.end] == quote:
        return Place(Standing.EXACT, start, citation.end)
    found = (
        [at for at in (text.rfind(quote, 0, start + len(quote)), text.find(quote, start)) if at >= 0] if quote else []
    )
    if found:
        at = min(found, key=lambda at: abs(at - start))
        return Place(Standing.MOVED, at, at + len(quote))
    at = min(start, len(text))
    return Place(Standing.CHANGED, at, at)


def _file(source: str) -> Path:
    """The file of a source: itself, or what is before the `#` of a record."""
    name = source
    while name and not Path(name).is_file():
        name = name.rpartition("#")[0]
    return Path(name or source)
