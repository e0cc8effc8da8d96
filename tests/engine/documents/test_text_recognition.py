"""Text recognition with tesseract: in pictures and pages without text, confined, reported page by page, cancellable."""

import io
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

from engine.documents.foreign.formats import read_format
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.documents.passages import split_document
from engine.documents.reader import read_documents
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from engine.index.library import Library
from engine.settings.settings import System
from tests.support.foreign_files import lines, pdf, photograph

NEEDS_TESSERACT = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
NOTE = "left out: p. 2 (its pages are pictures of text; {} to have its text recognised)"
TEXTS = ["Invoice 2024-117", "The boiler was serviced by Nordtherm", "on 11 March 2024."]


def pixels(texts: list[str]) -> np.ndarray:
    """A page of text as shades of grey."""
    page = pypdfium2.PdfDocument(pdf([lines(texts, size=14, pitch=24)]))[0]
    return np.array(page.render(scale=2, grayscale=True).to_numpy()).reshape(1684, 1190)


def scan(pages: list[list[str]]) -> bytes:
    """A PDF whose pages are pictures of text."""
    writer = PdfWriter()
    for texts in pages:
        picture = pixels(texts)
        stream = StreamObject()
        stream.set_data(picture.tobytes())
        sizes = {"/Width": picture.shape[1], "/Height": picture.shape[0], "/BitsPerComponent": 8}
        stream.update({NameObject(key): NumberObject(value) for key, value in sizes.items()})
        names = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}
        stream.update({NameObject(key): NameObject(value) for key, value in names.items()})
        page, drawn = writer.add_blank_page(595, 842), StreamObject()
        drawn.set_data(b"q 595 0 0 842 0 0 cm /I Do Q")
        pictures = DictionaryObject({NameObject("/I"): writer._add_object(stream)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): pictures})
        page[NameObject("/Contents")] = writer._add_object(drawn)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def pgm(picture: np.ndarray) -> bytes:
    return b"P5 %d %d 255\n" % (picture.shape[1], picture.shape[0]) + picture.tobytes()


def read(path: Path, content: bytes, *, seconds: float = 600.0, pages_read: list[tuple[int, int]] | None = None):
    def on_page(page: int, pages: int) -> bool:
        if pages_read is not None:
            pages_read.append((page, pages))
        return True

    path.write_bytes(content)
    with ConfinedReader(recognition_seconds=seconds) as reader:
        return list(read_documents(path, root=path.parent, max_bytes=10**8, confined=reader, on_page=on_page))


@NEEDS_TESSERACT
def test_the_pages_of_a_scan_are_read_with_page_and_box(tmp_path):
    pages_read: list[tuple[int, int]] = []
    (document,) = read(
        tmp_path / "scan.pdf", scan([TEXTS, ["The second page was signed by Boris Kern."]]), pages_read=pages_read
    )
    assert "The boiler was serviced by Nordtherm" in document.text
    assert pages_read == [(1, 2), (2, 2)]
    start = document.text.index("Boris")
    passage = next(p for p in split_document(document, 1200) if p.start <= start < p.end)
    location = passage.location(start)
    assert location.page == 2
    assert location.box is not None
    begin, top, end, bottom = location.box
    assert 0.05 < begin < end < 1
    assert 0.05 < top < bottom < 0.15


@NEEDS_TESSERACT
def test_only_pages_without_text_are_recognised(tmp_path):
    pages_read: list[tuple[int, int]] = []
    (document,) = read(tmp_path / "mixed.pdf", mixed(1), pages_read=pages_read)
    assert document.text == "This page has a text layer.\n\nThe receipt of page 2."
    assert pages_read == [(2, 2)]
    (without,) = read(tmp_path / "mixed.pdf", mixed(1), seconds=0)
    assert without.text == "This page has a text layer."
    assert without.note.startswith("left out: p. 2 (its pages are pictures of text; set text_recognition")


@NEEDS_TESSERACT
def test_a_picture_of_text_is_read(tmp_path):
    (document,) = read(tmp_path / "scan_001.bmp", pgm(pixels(TEXTS)))
    assert " ".join(document.text.split()) == " ".join(TEXTS)
    assert document.title == "scan 001"


@NEEDS_TESSERACT
def test_reading_ends_when_the_caller_says_so(tmp_path):
    (tmp_path / "scan.pdf").write_bytes(scan([TEXTS] * 3))
    with ConfinedReader() as reader:
        with pytest.raises(DocumentError, match="cancelled"):
            reader.read(tmp_path / "scan.pdf", lambda page, _pages: page < 2)
        (tmp_path / "x.html").write_text("<p>after it")
        assert reader.read(tmp_path / "x.html")[0].text == "after it"


def mixed(pages: int) -> bytes:
    """A PDF of a page with text, and so many pages that are pictures of text."""
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf([lines(["This page has a text layer."])])))
    writer.append(io.BytesIO(scan([[f"The receipt of page {number}."] for number in range(2, pages + 2)])))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@NEEDS_TESSERACT
def test_a_scan_is_read_until_its_time_is_over_and_the_other_pages_are_noted(tmp_path):
    (tmp_path / "scan.pdf").write_bytes(mixed(5))
    seconds = [0.0]
    recogniser = TextRecogniser(
        seconds=90, clock=lambda: seconds[0], progress=lambda _page, _pages: seconds.append(seconds.pop() + 40)
    )
    (extract,) = read_format(tmp_path / "scan.pdf", recogniser)
    assert "page 3." in extract.text
    assert "page 4." not in extract.text
    limit = "not recognised within 1.5 minutes"
    hint = f"{limit}; raise text_recognition_minutes in system.yaml to have its text recognised"
    assert extract.note == f"left out: p. 4-6 (its pages are pictures of text; {hint})"
    assert not TextRecogniser(seconds=90).reads_more(extract.note)
    assert TextRecogniser(seconds=120).reads_more(extract.note)
    assert not TextRecogniser(seconds=0).reads_more(extract.note)


@NEEDS_TESSERACT
def test_with_more_time_or_with_tesseract_an_ingest_reads_a_scan_again(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/scan.pdf").write_bytes(mixed(1))
    path = os.environ["PATH"]

    def ingest(minutes: float = 30.0) -> tuple[int, str]:
        report = Library(tmp_path / "db", System(text_recognition_minutes=minutes)).ingest([tmp_path / "docs"])
        return report.added + report.changed, next((note.reason for note in report.notes), "")

    monkeypatch.setenv("PATH", str(tmp_path))
    assert ingest() == (1, NOTE.format("install tesseract"))
    assert ingest() == (0, NOTE.format("install tesseract"))
    monkeypatch.setenv("PATH", path)
    short = NOTE.format("not recognised within 1e-06 minutes; raise text_recognition_minutes in system.yaml")
    assert ingest(1e-6) == (1, short)
    assert ingest(1e-6) == (0, short)
    assert ingest() == (1, "")
    assert ingest(1e-6) == (0, "")


def test_without_tesseract_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    hint = "install tesseract to have its text recognised"
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "scan.pdf", scan([TEXTS]))
    assert str(caught.value) == f"its pages are pictures of text ({hint})"
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "x.png", b"\x89PNG\r\n\x1a\n")
    assert str(caught.value) == f"a picture ({hint})"


@pytest.mark.parametrize("script", ["exit 3", "echo no table", "cat >/dev/null; printf '5\\t1'"])
def test_a_program_that_fails_is_a_reason(tmp_path, monkeypatch, script):
    program = tmp_path / "bin/tesseract"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(DocumentError, match="no text was recognised on it"):
        read(tmp_path / "scan.pdf", scan([TEXTS]))


# -- what the camera wrote -------------------------------------------------------------------------------------


def test_a_photograph_tells_when_and_where_it_was_taken(tmp_path):
    (document,) = read(tmp_path / "IMG_0042.jpg", photograph("2023:07:03 10:20:30"), seconds=0)
    assert document.text == "Taken on 2023-07-03 10:20 at 59.9083° N, 10.7500° E with EOS."
    assert document.metadata == {"date": ("2023-07-03 10:20",)}
    assert document.title == "IMG 0042"


@pytest.mark.parametrize("moment", ["0000:00:00 00:00:00", "no date at all now!", " " * 19])
def test_a_date_that_is_none_is_not_pages_read(tmp_path, moment):
    (document,) = read(tmp_path / "a.jpg", photograph(moment), seconds=0)
    assert document.text == "Taken at 59.9083° N, 10.7500° E with EOS."
