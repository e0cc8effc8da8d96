"""Read PDF documents: the lines that pdfium finds, laid out as Markdown."""

import ctypes
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from engine.documents.document import Extract
from engine.documents.foreign.markdown_writer import MAX_TEXT, clean
from engine.documents.foreign.pdf_layout import Line, Word, lay_out
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.errors import DocumentError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

# A line of the page: pdfium joins the halves of a broken word, and writes its hyphen as U+FFFE or U+0002.
_LINE = re.compile("[^\n\ufffe\x02]+[\ufffe\x02]?|[\ufffe\x02]")
_WORD = re.compile(r"\S+")
_ODD = re.compile("[\ufffd\ue000-\uf8ff\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f]")
_SAMPLE = 200  # characters of a page by which its text layer is judged
_UNREADABLE = 0.2  # share of them without a character of Unicode from which on it does not
_SCALE = 200 / 72  # pixels a point, of a page whose text is recognised

_NO_TEXT = "its pages are pictures of text"
_NO_CODE = "its text layer does not decode"


def read_pdf(path: Path, recogniser: TextRecogniser) -> list[Extract]:
    """Return the text of a PDF. Raises DocumentError if it is damaged, locked or has no text that can be read."""
    import pypdfium2  # noqa: PLC0415 - only where there is a PDF

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise DocumentError("encrypted", hint="save a copy without a password") from error
        raise DocumentError("damaged PDF") from error
    try:
        return [_extract(document, recogniser)]
    except pypdfium2.PdfiumError as error:
        raise DocumentError("damaged PDF") from error
    finally:
        document.close()


def _extract(document: "PdfDocument", recogniser: TextRecogniser) -> Extract:
    lines: list[list[Line]] = []
    unread: dict[int, str] = {}
    allowance = MAX_TEXT
    for number in range(len(document)):
        page = document[number]
        page_lines, reason = _page_lines(page)
        if reason and (recognised := recogniser.lines(partial(_picture, page), number + 1, len(document))):
            page_lines, reason = recognised, ""
        if reason:
            unread[number + 1] = reason
        allowance -= sum(len(line.text) for line in page_lines)
        if allowance < 0:
            raise DocumentError(f"unpacks to more than {MAX_TEXT / 1e6:g} million characters of text")
        lines.append(page_lines)
        page.close()
    if not any(lines):
        raise DocumentError(next(iter(unread.values()), "a PDF without text"), hint=recogniser.hint if unread else "")
    about = document.get_metadata_dict()
    writer = lay_out(lines)
    extract = writer.extract(clean(about.get("Title", "")), _metadata(about))
    if unread:
        extract.note = (
            f"left out: {_pages(list(unread))} ({', '.join(dict.fromkeys(unread.values()))}; {recogniser.hint})"
        )
    return extract


def _metadata(about: dict[str, str]) -> dict[str, tuple[str, ...]]:
    metadata = {"author": (clean(about.get("Author", ""))[:200],), "tags": (clean(about.get("Keywords", ""))[:200],)}
    date = about.get("CreationDate", "").removeprefix("D:")
    if date[:8].isdecimal() and len(date) >= 8:  # noqa: PLR2004 - YYYYMMDD
        metadata["date"] = (f"{date[:4]}-{date[4:6]}-{date[6:8]}",)
    return {term: values for term, values in metadata.items() if values[0] and values[0] != "anonymous"}


def _pages(numbers: list[int]) -> str:
    """Return page numbers in the form `p. 3, 5-7`."""
    ends = [a for a, b in pairwise([*numbers, -1]) if b != a + 1]
    starts = [b for a, b in pairwise([-1, *numbers]) if b != a + 1]
    return "p. " + ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _picture(page: "PdfPage") -> bytes:
    """Return the page as a picture in shades of grey, in the format PGM."""
    bitmap = page.render(scale=_SCALE, grayscale=True)
    pixels = bitmap.to_numpy()
    height, width = pixels.shape[:2]
    return b"P5 %d %d 255\n" % (width, height) + bytes(pixels.tobytes())


def _page_lines(page: "PdfPage") -> tuple[list[Line], str]:
    """Return the lines of a page in the order of its content, or the reason why its text cannot be read."""
    text = page.get_textpage()
    try:
        count = text.count_chars()
        words = text.get_text_range() if count else ""
        if not words.strip():
            has_content = next(iter(page.get_objects(max_depth=2)), None) is not None
            return [], _NO_TEXT if has_content else ""
        if not _decodes(text, count, words):
            return [], _NO_CODE
        return list(_lines(text, words, *page.get_size())), ""
    finally:
        text.close()


def _decodes(text: "PdfTextPage", count: int, words: str) -> bool:
    """Tell whether nearly every sign of the page maps to a character, and whether that one can be written."""
    from pypdfium2.raw import FPDFText_HasUnicodeMapError, FPDFText_IsGenerated  # noqa: PLC0415 - with pypdfium2

    handle = text.raw
    sample = [n for n in range(0, count, max(1, count // _SAMPLE)) if FPDFText_IsGenerated(handle, n) != 1]
    unmapped = sum(FPDFText_HasUnicodeMapError(handle, n) == 1 for n in sample)
    return unmapped <= _UNREADABLE * len(sample) and len(_ODD.findall(words)) <= _UNREADABLE * len(words)


def _lines(text: "PdfTextPage", words: str, width: float, height: float) -> Iterator[Line]:
    """Yield the lines of a page, each as its words with their edges; y counts downwards from the top of the page."""
    boxes = _Boxes(text, is_shifted=text.count_chars() != len(words))
    for line in _LINE.finditer(words.replace("\r\n", "\n ").replace("\r", "\n")):
        if spans := [word.span() for word in _WORD.finditer(line[0])]:
            start = line.start()
            top, size = boxes.vertical(start + spans[0][0])
            edges = boxes.horizontal((start + a, start + b) for a, b in spans)
            line_words = [Word(line[0][a:b], *edge) for (a, b), edge in zip(spans, edges, strict=True)]
            yield Line(line_words, height - top, size, width, height)


class _Boxes:
    """Asks pdfium for the edges of characters; `is_shifted` if its numbers of characters are not those of the text."""

    def __init__(self, text: "PdfTextPage", *, is_shifted: bool) -> None:
        from pypdfium2 import raw  # noqa: PLC0415 - with pypdfium2

        self._raw, self._text, self._is_shifted = raw, text.raw, is_shifted
        self._rectangle = raw.FS_RECTF()
        # Without declared types a call takes half the time, and there are two for each word.
        address = ctypes.cast(raw.FPDFText_GetCharBox, ctypes.c_void_p).value
        self._char_box = ctypes.PYFUNCTYPE(ctypes.c_int)(address or 0)
        self._handle = ctypes.cast(self._text, ctypes.c_void_p)

    def _number(self, position: int) -> int:
        return int(self._raw.FPDFText_GetCharIndexFromTextIndex(self._text, position)) if self._is_shifted else position

    def vertical(self, position: int) -> tuple[float, float]:
        """Return top and height, at least 1, of the type at a position of the text."""
        rectangle = self._rectangle
        self._raw.FPDFText_GetLooseCharBox(self._text, self._number(position), rectangle)
        return max(rectangle.top, rectangle.bottom), max(1.0, abs(rectangle.top - rectangle.bottom))

    def horizontal(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[float, float]]:
        """Yield left and right edge of each word."""
        first_left, first_right, left, right, bottom, top = (ctypes.c_double() for _ in range(6))
        handle, call, number = self._handle, self._char_box, self._number
        first = tuple(map(ctypes.byref, (first_left, first_right, bottom, top)))
        last = tuple(map(ctypes.byref, (left, right, bottom, top)))
        for start, end in spans:
            call(handle, number(start), *first)
            call(handle, number(end - 1), *last)
            yield min(first_left.value, left.value), max(first_right.value, right.value)
