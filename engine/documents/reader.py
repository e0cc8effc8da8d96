"""Reading a person's files: which ones, and the text of each. Bad files are reasons, never failures."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from engine.documents.formats import FORMATS, decoded, whole
from engine.documents.passages import Document, without_closing, without_code
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from engine.text.safe import one_line

_MARKDOWN_TITLE = re.compile(r"^#[ \t]+([^\n]+)$|^([^\n]+)\n={3,}[ \t]*$", re.MULTILINE)
_UNDERLINED_TITLE = re.compile(r"^(?:([=\-~^\"'*+#])\1{2,}\n)?([^\n]+)\n([=\-~^\"'*+#])\3{2,}[ \t]*$", re.MULTILINE)
_MAX_TITLE = 200


def files_of(path: Path) -> Iterator[Path]:
    """Every file below `path` (or `path` itself), ordered; hidden names are passed over.

    Links to folders are not followed but named among the files, so that they are listed as skipped.
    """
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        shown = sorted(name for name in folders if not name.startswith("."))
        links = {name for name in shown if Path(folder, name).is_symlink()}
        folders[:] = [name for name in shown if name not in links]
        yield from (Path(folder, name) for name in sorted({*names, *links}) if not name.startswith("."))


def read_documents(
    path: Path, *, root: Path, max_bytes: int, confined: ConfinedReader | None = None
) -> Iterator[Document]:
    """The documents in a file: one, or one for each record of JSON lines.

    HTML and PDF are read by `confined`, without one by a process for this file alone. Raises DocumentError with the
    reason when the file is too large, binary, not decodable or damaged, takes too long, or is a link that leads out
    of `root` or to a folder.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError("a link that leads out of its folder")
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode) and path.is_symlink():
            raise DocumentError("a link to a folder: it is not followed", hint="add that folder itself")
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise DocumentError("no file: opening it could wait for ever")
        if about.st_size > max_bytes:
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
    text = decoded(path)
    prose = without_code(text.removeprefix("\ufeff"))
    if path.suffix.lower() in {".md", ".markdown"}:
        found = _MARKDOWN_TITLE.search(prose)
        title = without_closing(found[1] or found[2]) if found else ""
    elif path.suffix.lower() == ".rst":
        found = _UNDERLINED_TITLE.search(prose)
        title = found[2] if found else ""
    else:
        title = ""
    yield Document(str(path), _title(title, path), text)


def _title(text: str, path: Path) -> str:
    """A title of one line; the file's name in words where there is none."""
    return one_line(text)[:_MAX_TITLE] or one_line(re.sub(r"[_\-]+", " ", path.stem))


def _read_jsonl(path: Path) -> Iterator[Document]:
    """Records `{id, title, text}`; the source of each is `path#id`, its spans count in its own text."""
    for number, line in enumerate(decoded(path).removeprefix("\ufeff").split("\n"), start=1):
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
        yield Document(f"{path}#{name}", one_line(str(title))[:_MAX_TITLE] or name, whole(text))


_READERS: dict[str, Callable[[Path], Iterator[Document]]] = {".jsonl": _read_jsonl, ".ndjson": _read_jsonl}
