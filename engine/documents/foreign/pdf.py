"""The text of PDF documents: their lines as pdfium finds them, laid out again as Markdown."""

import ctypes
from collections.abc import Iterator
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

_BROKEN = "\ufffe\x02"  # how pdfium writes the hyphen of a word that goes on in the next line
_SAMPLE = 400  # characters of a page that are looked at for whether its text layer decodes
_UNREADABLE = 0.2  # share of them without a character of Unicode from which on it does not
_SCALE = 200 / 72  # pixels a point, of a page whose text is recognised

_NO_TEXT = "its pages are pictures of text"
_NO_CODE = "its text layer does not decode"


def read_pdf(path: Path, recogniser: TextRecogniser) -> list[Extract]:
    """The text of a PDF. Raises DocumentError for one that is damaged, locked or has no text that can be read."""
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
    left = MAX_TEXT
    for number in range(len(document)):
        page = document[number]
        found, reason = _page_lines(page)
        if reason and (recognised := recogniser.lines(partial(_picture, page), number + 1, len(document))):
            found, reason = recognised, ""
        if reason:
            unread[number + 1] = reason
        left -= sum(len(line.text) for line in found)
        if left < 0:
            raise DocumentError(f"unpacks to more than {MAX_TEXT / 1e6:g} million characters of text")
        lines.append(found)
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
    """Numbers of pages as a reader writes them: `p. 3, 5-7`."""
    ends = [a for a, b in pairwise([*numbers, -1]) if b != a + 1]
    starts = [b for a, b in pairwise([-1, *numbers]) if b != a + 1]
    return "p. " + ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def _picture(page: "PdfPage") -> bytes:
    """The page as a picture in shades of grey, in the format PGM."""
    bitmap = page.render(scale=_SCALE, grayscale=True)
    pixels = bitmap.to_numpy()
    height, width = pixels.shape[:2]
    return b"P5 %d %d 255\n" % (width, height) + bytes(pixels.tobytes())


def _page_lines(page: "PdfPage") -> tuple[list[Line], str]:
    """The lines of a page in the order of its content; or the reason why its text cannot be read."""
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
    """Has nearly each sign of the page a character, and is that one that can be written?"""
    from pypdfium2.raw import FPDFText_HasUnicodeMapError, FPDFText_IsGenerated  # noqa: PLC0415 - with pypdfium2

    places = range(0, count, max(1, count // _SAMPLE))
    real = [place for place in places if FPDFText_IsGenerated(text, place) != 1]
    bad = sum(FPDFText_HasUnicodeMapError(text, place) == 1 for place in real)
    odd = sum(
        sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" or (sign < " " and sign not in "\r\n\t\x02") for sign in words
    )
    return bad <= _UNREADABLE * len(real) and odd <= _UNREADABLE * len(words)


def _lines(text: "PdfTextPage", words: str, width: float, height: float) -> Iterator[Line]:
    """The lines of a page, each as its words with their places; y counts downwards from the top of the page."""
    from pypdfium2 import raw  # noqa: PLC0415 - with pypdfium2

    is_shifted = text.count_chars() != len(words)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    rectangle = raw.FS_RECTF()

    def index(place: int) -> int:
        return int(raw.FPDFText_GetCharIndexFromTextIndex(text, place)) if is_shifted else place

    start = 0
    for piece in words.replace("\r\n", "\n ").replace("\r", "\n").split("\n"):
        for part in _parts(piece):
            spans = list(_word_spans(part))
            found = []
            for a, b in spans:
                raw.FPDFText_GetCharBox(text, index(start + a), left, right, bottom, top)
                begin = left.value
                raw.FPDFText_GetCharBox(text, index(start + b - 1), left, right, bottom, top)
                found.append(Word(part[a:b], min(begin, left.value), max(begin, right.value)))
            if found:
                raw.FPDFText_GetLooseCharBox(text, index(start + spans[0][0]), rectangle)
                size = max(1.0, abs(rectangle.top - rectangle.bottom))
                yield Line(found, height - max(rectangle.top, rectangle.bottom), size, width, height)
            start += len(part)
        start += 1


def _parts(piece: str) -> Iterator[str]:
    """A line of pdfium's text as the lines of the page: it takes the halves of a broken word together."""
    start = 0
    for place, sign in enumerate(piece):
        if sign in _BROKEN:
            yield piece[start : place + 1]
            start = place + 1
    yield piece[start:]


def _word_spans(part: str) -> Iterator[tuple[int, int]]:
    start = -1
    for place, sign in enumerate([*part, " "]):
        if sign.isspace():
            if start >= 0:
                yield start, place
            start = -1
        elif start < 0:
            start = place
