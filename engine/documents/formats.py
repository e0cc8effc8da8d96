"""Extract the text of HTML and PDF files; the spans of citations refer to that text.

A prepared file can make these readers run for ever or take all memory, so only `engine.documents.sandbox` calls them.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DocumentError
from engine.text.safe import one_line

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_TEXT = 50_000_000  # characters; a few compressed kilobytes can unpack to any number


def decode_file(path: Path) -> str:
    """Return the text of a UTF-8 or UTF-16 file with line ends as in Python's text mode: spans agree with `open`.

    Raises DocumentError for a binary file or another encoding.
    """
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    if encoding == "utf-8" and b"\x00" in data:
        raise DocumentError("binary")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise DocumentError(f"not {encoding.upper()}: byte {error.start}", hint="save it as UTF-8") from error


def without_surrogates(text: str) -> str:
    """Replace lone surrogates (halves of characters), which no file can store."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _HtmlText(HTMLParser):
    """Collects the visible text of a page, a blank line between blocks, and its title."""

    _HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
    _BLOCKS = frozenset(
        """address article aside blockquote body dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
        header hr html li main nav ol p pre section table td th tr ul""".split()
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
        """Skip `<![...>` as browsers do; the base class raises AssertionError for unknown kinds."""
        return self.rawdata.find(">", i) + 1 or -1

    def text(self) -> str:
        blocks = (re.sub(r" *\n *", "\n", "".join(block)).strip() for block in self._blocks)
        return "\n\n".join(block for block in blocks if block)


def _html_text(path: Path) -> tuple[str, str]:
    """Return title and visible text of a page."""
    page = _HtmlText()
    page.feed(decode_file(path))
    page.close()
    return page.title, page.text()


def _pdf_text(path: Path) -> tuple[str, str]:
    """Return title and text of a PDF, a blank line between pages."""
    import logging  # noqa: PLC0415 - with pypdf

    from pypdf import PdfReader  # noqa: PLC0415 - 120 ms, only where there is a PDF
    from pypdf.errors import DependencyError  # noqa: PLC0415 - with pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings would appear on the screen
    try:
        reader = PdfReader(path)
        locked = reader.is_encrypted and not reader.decrypt("")
        pages = [] if locked else _pages(reader)
        title = reader.metadata.title if not locked and reader.metadata else None
    except DependencyError as error:
        raise DocumentError("encrypted", hint="save a copy without a password") from error
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # a damaged file may raise anything from within the parser
        raise DocumentError(f"damaged PDF: {one_line(str(error))[:120]}") from error
    if locked:
        raise DocumentError("encrypted", hint="save a copy without a password")
    if not any(pages):
        raise DocumentError("a PDF without text", hint="run text recognition on it first")
    return str(title or ""), without_surrogates("\n\n".join(pages))


def _pages(reader: "PdfReader") -> list[str]:
    pages, characters = [], 0
    for page in reader.pages:
        pages.append(page.extract_text().strip())
        characters += len(pages[-1])
        if characters > MAX_TEXT:
            raise DocumentError(f"unpacks to more than {MAX_TEXT / 1e6:g} million characters of text")
    return pages


FORMATS: dict[str, Callable[[Path], tuple[str, str]]] = {
    ".html": _html_text,
    ".htm": _html_text,
    ".xhtml": _html_text,
    ".pdf": _pdf_text,
}
"""Readers by the suffix of the file name. Each returns title (may be empty) and text, or raises DocumentError."""
