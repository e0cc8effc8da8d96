"""Read a file as documents; an unreadable file raises DocumentError with the reason."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from engine.documents.formats import FORMATS, decode_file, without_surrogates
from engine.documents.identity import record_source
from engine.documents.passages import Document, without_closing, without_code
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from engine.text.safe import one_line

_MARKDOWN_TITLE = re.compile(r"^#[ \t]+([^\n]+)$|^([^\n]+)\n={3,}[ \t]*$", re.MULTILINE)
_UNDERLINED_TITLE = re.compile(r"^(?:([=\-~^\"'*+#])\1{2,}\n)?([^\n]+)\n([=\-~^\"'*+#])\3{2,}[ \t]*$", re.MULTILINE)
_MAX_TITLE = 200


def read_documents(
    path: Path, *, root: Path, max_bytes: int, confined: ConfinedReader | None = None
) -> Iterator[Document]:
    """Yield the documents in a file: one, or one for each record of JSON lines.

    HTML and PDF are read by `confined`; without it, a process is started for this file alone. Raises DocumentError
    if the file is too large, binary, not decodable or damaged, if reading takes too long, and for a link to a folder
    or out of `root`.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError("a link that leads out of its folder")
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and path.is_symlink():
            raise DocumentError("a link to a folder: it is not followed", hint="add that folder itself")
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise DocumentError("no file: opening it could wait for ever")
        if status.st_size > max_bytes:
            raise DocumentError(f"larger than {max_bytes / 1e6:g} MB", hint="max_file_megabytes in system.yaml")
        if path.suffix.lower() in FORMATS:
            with nullcontext(confined) if confined else ConfinedReader() as reader:
                title, text = reader.read(path)
            yield Document(str(path), _title(title, path), text)
        else:
            yield from _READERS.get(path.suffix.lower(), _read_text)(path)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error


def _read_text(path: Path) -> Iterator[Document]:
    text = decode_file(path)
    prose = without_code(text.removeprefix("\ufeff"))
    if path.suffix.lower() in {".md", ".markdown"}:
        match = _MARKDOWN_TITLE.search(prose)
        title = without_closing(match[1] or match[2]) if match else ""
    elif path.suffix.lower() == ".rst":
        match = _UNDERLINED_TITLE.search(prose)
        title = match[2] if match else ""
    else:
        title = ""
    yield Document(str(path), _title(title, path), text)


def _title(text: str, path: Path) -> str:
    """Return the title on one line; for an empty one, the words of the file name."""
    return one_line(text)[:_MAX_TITLE] or one_line(re.sub(r"[_\-]+", " ", path.stem))


def _read_jsonl(path: Path) -> Iterator[Document]:
    """Yield a document for each record `{id, title, text}`; its spans refer to the record's text."""
    for number, line in enumerate(decode_file(path).removeprefix("\ufeff").split("\n"), start=1):
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
        yield Document(record_source(path, name), title, without_surrogates(text))


_READERS: dict[str, Callable[[Path], Iterator[Document]]] = {".jsonl": _read_jsonl, ".ndjson": _read_jsonl}
