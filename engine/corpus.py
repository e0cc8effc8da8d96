"""Reading a person's files: which ones, and the text of each. Bad files are reasons, never failures."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from engine.errors import DocumentError
from engine.passages import Document, without_code
from engine.text import one_line

_MARKDOWN_TITLE = re.compile(r"^#[ \t]+([^\n]+?)[ \t#]*$|^([^\n]+)\n={3,}[ \t]*$", re.MULTILINE)
_UNDERLINED_TITLE = re.compile(r"^(?:([=\-~^\"'*+#])\1{2,}\n)?([^\n]+)\n([=\-~^\"'*+#])\3{2,}[ \t]*$", re.MULTILINE)
_MAX_TITLE = 200


def files_of(path: Path) -> Iterator[Path]:
    """Every file below `path` (or `path` itself), ordered; hidden names and links to folders are passed over."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def read_documents(path: Path, *, root: Path, max_bytes: int) -> Iterator[Document]:
    """The documents in a file: one, or one for each record of JSON lines.

    Raises DocumentError with the reason when the file is too large, binary, not decodable or damaged,
    or when it is a link that leads out of `root`.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise DocumentError("a link that leads out of its folder")
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise DocumentError("no file: opening it could wait for ever")
        if about.st_size > max_bytes:
            raise DocumentError(f"larger than {max_bytes / 1e6:g} MB", hint="max_file_megabytes in system.yaml")
        reader = _READERS.get(path.suffix.lower(), _read_text)
        yield from reader(path)
    except OSError as error:
        raise DocumentError(error.strerror or type(error).__name__) from error


def _decode(path: Path) -> str:
    """The file's text with line ends as Python's text mode gives them, so that spans agree with `open`."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    if encoding == "utf-8" and b"\x00" in data:
        raise DocumentError("binary")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise DocumentError(f"not {encoding.upper()}: byte {error.start}", hint="save it as UTF-8") from error


def _read_text(path: Path) -> Iterator[Document]:
    text = _decode(path)
    prose = without_code(text.removeprefix("\ufeff"))
    if path.suffix.lower() in {".md", ".markdown"}:
        found = _MARKDOWN_TITLE.search(prose)
        title = (found[1] or found[2]) if found else ""
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
    for number, line in enumerate(_decode(path).removeprefix("\ufeff").split("\n"), start=1):
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
        yield Document(f"{path}#{name}", one_line(str(title))[:_MAX_TITLE] or name, _whole(text))


def _whole(text: str) -> str:
    """`text` with half characters (lone surrogates, which no file can hold) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _HtmlText(HTMLParser):
    """The visible text of a page, a blank line between blocks, and its title."""

    _HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
    _BLOCKS = frozenset(
        [
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "dd",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "html",
            "li",
            "main",
            "nav",
            "ol",
            "p",
            "pre",
            "section",
            "table",
            "td",
            "th",
            "tr",
            "ul",
        ]
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self._in_title, self._hidden = "", False, 0
        self._blocks: list[list[str]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class's signature
        self._in_title = tag == "title" and not self._hidden
        self._hidden += tag in self._HIDDEN
        if tag in self._BLOCKS:
            self._blocks.append([])
        elif tag == "br":
            self._blocks[-1].append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag in self._BLOCKS:
            self._blocks.append([])

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._hidden:
            self._blocks[-1].append(re.sub(r"\s+", " ", data))

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 - the base class's signature
        """Pass over `<![...>`, as browsers do; the base class raises AssertionError for kinds it does not know."""
        return self.rawdata.find(">", i) + 1 or -1

    def text(self) -> str:
        blocks = (re.sub(r" *\n *", "\n", "".join(block)).strip() for block in self._blocks)
        return "\n\n".join(block for block in blocks if block)


def _read_html(path: Path) -> Iterator[Document]:
    """The visible text of a page; spans count in that text, since the words do not stand together in the file."""
    page = _HtmlText()
    page.feed(_decode(path))
    page.close()
    yield Document(str(path), _title(page.title, path), page.text())


def _read_pdf(path: Path) -> Iterator[Document]:
    """The text of a PDF, pages parted by blank lines; spans count in that text."""
    import logging  # noqa: PLC0415 - with pypdf

    from pypdf import PdfReader  # noqa: PLC0415 - 120 ms, only where there is a PDF
    from pypdf.errors import DependencyError  # noqa: PLC0415 - with pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings would go to the screen
    try:
        reader = PdfReader(path)
        locked = reader.is_encrypted and not reader.decrypt("")
        text = "" if locked else "\n\n".join(page.extract_text().strip() for page in reader.pages)
        title = reader.metadata.title if not locked and reader.metadata else None
    except DependencyError as error:
        raise DocumentError("encrypted", hint="save a copy without a password") from error
    except Exception as error:  # a damaged file may raise anything from within the parser
        raise DocumentError(f"damaged PDF: {one_line(str(error))[:120]}") from error
    if locked:
        raise DocumentError("encrypted", hint="save a copy without a password")
    if not text.strip():
        raise DocumentError("a PDF without text", hint="run text recognition on it first")
    yield Document(str(path), _title(str(title or ""), path), _whole(text))


_READERS: dict[str, Callable[[Path], Iterator[Document]]] = {
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".pdf": _read_pdf,
}
