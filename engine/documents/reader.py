"""Read a file as documents; an unreadable file raises DocumentError with the reason."""

import json
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from engine.documents.description import Description, add_description
from engine.documents.document import Document, Extract, Syntax
from engine.documents.encoding import decode, without_surrogates
from engine.documents.foreign.formats import FORMATS, PICTURES, UNREAD
from engine.documents.identity import possible_files, record_source
from engine.documents.metadata import read_front_matter, read_org_settings
from engine.documents.sandbox import ConfinedReader, OnPage
from engine.documents.structure.parsers import blocks_of
from engine.documents.structure.records import is_chat
from engine.errors import DocumentError
from engine.text.safe import one_line

_MAX_TITLE = 200
_PLACEHOLDER = re.compile(
    r"untitled(?: document| presentation)?\d*|unbenannt(?:es dokument)?|sans titre|sin título|document\d*|dokument\d*"
    r"|microsoft word - .*|microsoft powerpoint - .*|powerpoint presentation|powerpoint-präsentation|presentation\d*"
    r"|präsentation\d*|(?:scan|img|image|doc|dsc|pic|photo)[\W_]*\d*|slide 1|title|template|title of document"
    r"|[\w -]+\.(?:docx?|pptx?|pdf|indd|qxd|tex|dvi|odt|rtf|txt)",
    re.IGNORECASE,
)
"""Titles that programs write by themselves."""

_SYNTAX: Mapping[str, Syntax] = {
    ".md": Syntax.MARKDOWN,
    ".markdown": Syntax.MARKDOWN,
    ".mdx": Syntax.MARKDOWN,
    ".qmd": Syntax.MARKDOWN,
    ".rmd": Syntax.MARKDOWN,
    ".rst": Syntax.RST,
    ".org": Syntax.ORG,
    ".csv": Syntax.TABLE,
    ".tsv": Syntax.TABLE,
    ".tab": Syntax.TABLE,
}
_TITLED = frozenset({Syntax.MARKDOWN, Syntax.RST})  # the first heading of the first level is the title

_AS_PLAIN = frozenset({".srt", ".vtt", ".json"})


def is_markdown(source: str) -> bool:
    """Tell by its suffix whether the text of a source is Markdown: typed as such, or extracted as such."""
    suffix = _suffix(source)
    return _SYNTAX.get(suffix) is Syntax.MARKDOWN or (suffix in FORMATS and suffix not in _AS_PLAIN)


def is_table(source: str) -> bool:
    """Tell by its suffix whether the text of a source is one table: CSV or TSV."""
    return _SYNTAX.get(_suffix(source)) is Syntax.TABLE


def _suffix(source: str) -> str:
    suffixes = (Path(name).suffix.lower() for name in possible_files(source))
    return next((suffix for suffix in suffixes if suffix in _SYNTAX or suffix in FORMATS), "")


def read_documents(
    path: Path,
    *,
    root: Path,
    max_bytes: int,
    confined: ConfinedReader | None = None,
    on_page: OnPage = lambda _page, _pages: True,
    description_of: Callable[[Path], Description | None] = lambda _picture: None,
) -> Iterator[Document]:
    """Yield the documents in a file: one, or one for each record of JSON lines, message of a mailbox or exported chat.

    The formats of `engine.documents.foreign.formats` are read by `confined`; without it, a process is started for this
    file alone. `on_page` as in `ConfinedReader.read`. The text of a picture begins with its `description_of`, if there
    is one. Raises DocumentError if the file is too large, binary or damaged, if reading takes too long, and for a link
    to a folder or out of `root`.
    """
    try:
        check_path(path, root, max_bytes)
        suffix = path.suffix.lower()
        if suffix in FORMATS:
            with nullcontext(confined) if confined else ConfinedReader() as reader:
                extracts = _extracts(path, reader, on_page, description_of(path) if suffix in PICTURES else None)
            for extract in extracts:
                yield _extracted(path, extract)
        elif suffix in {".jsonl", ".ndjson"}:
            yield from _read_jsonl(path)
        else:
            yield _read_text(path)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error


def begin_reading(path: Path, *, root: Path, max_bytes: int, confined: ConfinedReader) -> None:
    """Let `confined` begin with a file of a foreign format, which must be the next that `read_documents` reads."""
    with suppress(OSError, DocumentError):
        if path.suffix.lower() in FORMATS:
            check_path(path, root, max_bytes)
            confined.begin(path)


def read_bytes(path: Path, *, root: Path, max_bytes: int) -> bytes:
    """Return the content of a file by the rules of `read_documents`. Raises DocumentError."""
    try:
        check_path(path, root, max_bytes)
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error


def containing_folder(path: Path, roots: Iterable[str]) -> Path:
    """Return the root that contains a file, a link of which must not lead out of it: without one, its own folder."""
    root = next((Path(root) for root in roots if path.is_relative_to(root)), path)
    return path.parent if root == path else root


def check_path(path: Path, root: Path, max_bytes: int) -> None:
    """Raise DocumentError for a path that is not opened, OSError for one that cannot be."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError("a link that leads out of its folder")
    status = path.stat()
    if stat.S_ISDIR(status.st_mode) and path.is_symlink():
        raise DocumentError("a link to a folder: it is not followed", hint="add that folder itself")
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise DocumentError("no file: opening it could wait for ever")
    if status.st_size > max_bytes:
        raise DocumentError(f"larger than {max_bytes / 1e6:g} MB", hint="max_file_megabytes in system.yaml")
    if suffix := UNREAD.get(path.suffix.lower()):
        raise DocumentError("a format that is not read", hint=f"save it as {suffix}")


def _extracts(path: Path, reader: ConfinedReader, on_page: OnPage, description: Description | None) -> list[Extract]:
    """Return the extracts of a file; a described picture may have no other text."""
    if description is None:
        return reader.read(path, on_page)
    try:
        (extract,) = reader.read(path, on_page)
    except DocumentError as error:
        extract = Extract(note=f"only the description by a model ({error.hint or error.message})")
    add_description(extract, description)
    return [extract]


def _extracted(path: Path, extract: Extract) -> Document:
    """Return the document of an extract; a placeholder title is replaced by the first heading."""
    source = record_source(path, extract.name) if extract.name else str(path)
    document = Document(
        source, "", extract.text, extract.syntax, extract.metadata, tuple(extract.locations), extract.note
    )
    title = extract.title if not _PLACEHOLDER.fullmatch(extract.title.strip()) else ""
    return replace(document, title=_title(title or _first_heading(document, 2), path))


def _read_text(path: Path) -> Document:
    text, note = decode(path.read_bytes())
    syntax = _SYNTAX.get(path.suffix.lower(), Syntax.CHAT if is_chat(text) else Syntax.PLAIN)
    metadata: dict[str, tuple[str, ...]] = {}
    if syntax is Syntax.MARKDOWN:
        metadata = read_front_matter(text)
    elif syntax is Syntax.ORG:
        metadata = read_org_settings(text)
    document = Document(str(path), "", text, syntax, metadata, note=note)
    title = next(iter(metadata.get("title", ())), "")
    if not title and syntax in _TITLED:
        title = _first_heading(document, 1)
    return replace(document, title=_title(title, path))


def _first_heading(document: Document, level: int) -> str:
    """Return the first heading of at most that level; of reStructuredText, whose underlines have no rank, the first."""
    for block in blocks_of(document):
        if block.heading and (block.level <= level or document.syntax is Syntax.RST):
            return block.heading
    return ""


def _title(text: str, path: Path) -> str:
    """Return the title on one line; for an empty one, the words of the file name."""
    return one_line(text)[:_MAX_TITLE] or one_line(re.sub(r"[_\-]+", " ", path.stem))


def _read_jsonl(path: Path) -> Iterator[Document]:
    """Yield a document for each record `{id, title, text}`; its spans refer to the record's text."""
    lines, note = decode(path.read_bytes())
    for number, line in enumerate(lines.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            identity, title, text = record["id"], record.get("title") or "", record["text"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DocumentError(f"line {number} is not a record", hint='{"id", "title", "text"} is valid') from error
        if not isinstance(text, str) or not isinstance(identity, str | int):
            raise DocumentError(f"line {number}: id and text must be texts", hint='{"id", "title", "text"} is valid')
        name = one_line(str(identity))
        title = one_line(str(title))[:_MAX_TITLE] or name
        yield Document(record_source(path, name), title, without_surrogates(text), note=note)
