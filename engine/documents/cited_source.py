"""Read the source of a citation as it is now, and locate the quote in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.documents.description import Description
from engine.documents.document import Raster
from engine.documents.foreign.formats import FORMATS, PICTURES, TEXT_FORMS
from engine.documents.identity import possible_files
from engine.documents.reader import check_path, containing_folder, read_documents
from engine.documents.sandbox import ConfinedReader, Drawing
from engine.errors import DocumentError
from engine.events import Citation


class QuoteState(StrEnum):
    """Whether the source still contains a quote."""

    EXACT = "exact"  # at the cited span
    MOVED = "moved"  # word for word, at another position
    CHANGED = "changed"  # nowhere


@dataclass(frozen=True, slots=True)
class SourceText:
    """A source that was read: its file, and its `text`, or the `problem` that prevented reading it.

    `form` describes a text that is not simply the content of the file: text extracted from it, or one of its records.
    """

    path: Path
    text: str = ""
    form: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLocation:
    """Where a quote is now: characters `start` to `end` (excluded) of the text of its source."""

    state: QuoteState
    start: int
    end: int


def read_source(
    source: str,
    *,
    roots: Sequence[str],
    max_bytes: int,
    confined: ConfinedReader | None = None,
    description_of: Callable[[Path], Description | None] = lambda _picture: None,
) -> SourceText:
    """Read a source by the rules of the ingest: no file over `max_bytes`, no link that leads out of its root.

    `roots` are the library's folders; the root of a file outside them is the folder it is in. `confined` and
    `description_of` are as in `read_documents`.
    """
    path = _file(source)
    record = source.removeprefix(f"{path}#") if source != str(path) else ""
    form = f"the record {record}" if record else _form(path)
    if not path.is_file():
        return SourceText(path, form=form, problem="there is no such file any more")
    try:
        root = containing_folder(path, roots)
        documents = read_documents(
            path, root=root, max_bytes=max_bytes, confined=confined, description_of=description_of
        )
        text = next((document.text for document in documents if document.source == source), None)
    except DocumentError as error:
        return SourceText(path, form=form, problem=str(error))
    if text is None:
        return SourceText(path, form=form, problem="the record is not in the file any more")
    return SourceText(path, text, form)


def is_picture(source: str) -> bool:
    """Tell whether a source is a picture, by the name of its file."""
    return Path(source).suffix.lower() in PICTURES


def draw_source(source: str, drawing: Drawing, *, roots: Sequence[str], max_bytes: int) -> Raster:
    """Draw the picture of a source in a confined process, by the rules of `read_source`. Raises DocumentError."""
    path = _file(source)
    try:
        check_path(path, containing_folder(path, roots), max_bytes)
        with ConfinedReader() as confined:
            return confined.draw(path, drawing)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error


def locate_quote(text: str, citation: Citation) -> QuoteLocation:
    """Locate the quote of a citation in the text: at its span, else at the nearest position with the same words."""
    start, quote = max(citation.start, 0), citation.quote
    if text[start : citation.end] == quote:
        return QuoteLocation(QuoteState.EXACT, start, citation.end)
    nearest = (text.rfind(quote, 0, start + len(quote)), text.find(quote, start)) if quote else ()
    positions = [position for position in nearest if position >= 0]
    if positions:
        position = min(positions, key=lambda position: abs(position - start))
        return QuoteLocation(QuoteState.MOVED, position, position + len(quote))
    position = min(start, len(text))
    return QuoteLocation(QuoteState.CHANGED, position, position)


def _form(path: Path) -> str:
    suffix = path.suffix.lower()
    return TEXT_FORMS.get(suffix, "the text extracted from the file") if suffix in FORMATS else ""


def _file(source: str) -> Path:
    """Return the file of a source; the source itself if no such file exists any more."""
    return next((path for path in map(Path, possible_files(source)) if path.is_file()), Path(source))
