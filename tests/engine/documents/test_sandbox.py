"""Files that were made to take for ever, or all the memory, are left out with a reason, and the ingest goes on."""

import io
import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from engine.documents.foreign.formats import read_format
from engine.documents.reader import begin_reading
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from tests.support import ROOT

MEASURED = """
import json, resource, sys
from tui.command_line import main
code = main(sys.argv[1:])
with open("/proc/self/status") as status:  # ru_maxrss of a process begins with that of the process that started it
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([code, own // 1024, of_children // 1024]))
"""


def pdf_bomb(content: bytes, *, pages: int = 1, packed: int = 1) -> bytes:
    """A PDF whose pages share one content stream, which is packed so many times over."""
    writer = PdfWriter()
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = writer._add_object(DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()}))
    for _ in range(packed):
        content = zlib.compress(content, 9)
    stream = StreamObject()
    stream._data = content
    stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * packed)
    shared = writer._add_object(stream)
    for _ in range(pages):
        page = writer.add_blank_page(200, 200)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = shared
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def line(text: bytes) -> bytes:
    return b"BT /F1 12 Tf 20 100 Td (" + text + b") Tj ET\n"


def read(reader: ConfinedReader, path: Path, content: str) -> tuple[str, str]:
    path.write_text(content, "utf-8")
    (extract,) = reader.read(path)
    return extract.title, extract.text


def reason(reader: ConfinedReader, path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        reader.read(path)
    return str(caught.value)


def test_a_page_that_takes_too_long_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.documents.sandbox.SECONDS_A_MEGABYTE", 0.0)
    with ConfinedReader(seconds=1.0) as reader:
        message = reason(reader, tmp_path / "x.html", b"<div>" * 60_000)
        assert message == "takes more than 1 s to read (save its text as a plain file)"
        assert read(reader, tmp_path / "y.html", "<title>T</title><p>after it") == ("T", "after it")


def test_a_pdf_that_unpacks_to_too_much_is_a_reason(tmp_path):
    with ConfinedReader() as reader:
        assert reason(reader, tmp_path / "x.pdf", pdf_bomb(b" " * 100_000_000, packed=2)) == "a PDF without text"
    with ConfinedReader(seconds=0.5) as reader:
        many = pdf_bomb(line(b"a" * 1000) * 5_000, pages=20)
        assert len(many) < 60_000
        assert reason(reader, tmp_path / "x.pdf", many).startswith("takes more than 1 s to read")


def test_more_text_than_any_document_has_is_a_reason(tmp_path, monkeypatch):
    (tmp_path / "x.pdf").write_bytes(pdf_bomb(line(b"a" * 1000), pages=11))
    monkeypatch.setattr("engine.documents.foreign.pdf.MAX_TEXT", 10_000)
    with pytest.raises(DocumentError, match=r"unpacks to more than 0\.01 million characters"):
        read_format(tmp_path / "x.pdf")


def test_what_does_not_fit_into_memory_is_a_reason(tmp_path):
    with ConfinedReader(memory=80_000_000) as reader:
        message = reason(reader, tmp_path / "x.html", b"a" * 60_000_000)
        assert "memory" in message or "within limits" in message
        assert read(reader, tmp_path / "y.html", "<p>after it") == ("", "after it")


def test_the_reader_runs_nothing_that_lies_beside_the_documents(tmp_path, monkeypatch):
    (tmp_path / "engine").mkdir()
    for name in ("engine/__init__.py", "json.py", "html.py", "sitecustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'owned')!r}, 'w')", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with ConfinedReader() as reader:
        assert read(reader, tmp_path / "x.html", "<p>words") == ("", "words")
    assert not (tmp_path / "owned").exists()


def test_an_ingest_of_bombs_takes_bounded_memory_and_reads_the_rest(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "line.txt").write_text("a" * 2_000_000, "utf-8")
    (documents / "hashes.md").write_text("# a" + "# " * 300_000 + "x", "utf-8")
    (documents / "deep.html").write_text("<div>" * 10_000 + "words", "utf-8")
    (documents / "deep.jsonl").write_text("[" * 1_000_000, "utf-8")
    (documents / "long.jsonl").write_text(json.dumps({"id": 1, "text": "b " * 200_000}), "utf-8")
    (documents / "bomb.pdf").write_bytes(pdf_bomb(b" " * 100_000_000))
    (documents / "good.md").write_text("# Good\n\nThe heron sleeps.", "utf-8")
    command = [sys.executable, "-c", MEASURED, "ingest", documents, "--json", "--workspace", tmp_path / "w"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, cwd=ROOT)
    report, (code, own, of_children) = map(json.loads, ended.stdout.splitlines())
    assert (code, ended.stderr) == (0, "")
    assert {Path(skipped["path"]).name for skipped in report["skipped"]} == {"deep.jsonl", "bomb.pdf"}
    assert report["added"] == 7
    assert own < 400, "megabytes"
    assert of_children < 700, "megabytes"


def test_a_file_that_was_begun_is_read_once_and_another_one_instead_of_it_too(tmp_path):
    pages = [tmp_path / f"{number}.html" for number in range(3)]
    for page in pages:
        page.write_text(f"<p>words of {page.name}")
    with ConfinedReader() as reader:
        reader.begin(pages[0])
        assert reader.read(pages[0])[0].text == "words of 0.html"
        reader.begin(pages[1])
        assert reader.read(pages[2])[0].text == "words of 2.html"
        assert reader.read(pages[1])[0].text == "words of 1.html"


def test_a_file_out_of_the_folder_or_too_large_is_not_begun(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "out.html").write_text("<p>words")
    (tmp_path / "docs/link.html").symlink_to(tmp_path / "out.html")
    (tmp_path / "docs/large.html").write_text("<p>words" * 100)
    with ConfinedReader() as reader:
        for name in ("link.html", "large.html", "missing.html"):
            begin_reading(tmp_path / "docs" / name, root=tmp_path / "docs", max_bytes=100, confined=reader)
        assert reader._process is None
