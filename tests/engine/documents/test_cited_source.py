"""A citation's source as it is now: of any kind of file, changed since, or gone."""

from pathlib import Path

import pytest

from engine.documents.cited_source import QuoteLocation, QuoteState, locate_quote, read_source
from engine.documents.passages import split_document
from engine.documents.reader import read_documents
from engine.events import Citation

MB = 1_000_000
HTML = "<html><head><title>Hall</title></head><body><p>Built in <b>1771</b>.</p><p>It burnt.</p></body></html>"


def read(source, roots=(), max_bytes=MB):
    return read_source(str(source), roots=[str(root) for root in roots], max_bytes=max_bytes)


def cited(text, quote):
    start = text.index(quote)
    return Citation(1, "x", "X", start, start + len(quote), quote)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.md", "# A\n\nOne\r\ntwo.\r\n", ""),
        ("a.txt", "plain é 鐘", ""),
        ("a.html", HTML, "the visible text of the page"),
        ("a#1.txt", "a name with a number sign", ""),
    ],
)
def test_every_span_of_the_index_is_right_in_what_is_read(tmp_path, name, content, form):
    path = tmp_path / name
    path.write_bytes(content.encode())
    source_text = read(path)
    assert (source_text.path, source_text.form, source_text.problem) == (path, form, "")
    (document,) = read_documents(path, root=tmp_path, max_bytes=MB)
    passages = list(split_document(document, 20))
    assert passages
    assert all(source_text.text[passage.start : passage.end] == passage.text for passage in passages)


def test_a_record_of_json_lines_is_read_alone(tmp_path):
    path = tmp_path / "boats.jsonl"
    path.write_text('{"id": "a#1", "title": "A", "text": "first"}\n{"id": 2, "title": "B", "text": "second"}\n')
    assert (read(f"{path}#2").text, read(f"{path}#2").form) == ("second", "the record 2")
    assert read(f"{path}#a#1").text == "first"
    assert read(f"{path}#3").problem == "the record is not in the file any more"


def test_what_cannot_be_read_says_why(tmp_path):
    assert read(tmp_path / "gone.md").problem == "there is no such file any more"
    big = tmp_path / "big.txt"
    big.write_text("x" * 200)
    assert read(big, max_bytes=100).problem.startswith("larger than 0.0001 MB")
    (tmp_path / "b.bin").write_bytes(b"\x00\x01")
    assert read(tmp_path / "b.bin").problem == "binary"
    assert read("").problem
    assert read("nul\0").problem


def test_a_link_that_leads_out_of_its_root_is_not_followed(tmp_path):
    root, outside = tmp_path / "library", tmp_path / "outside.txt"
    (root / "inner").mkdir(parents=True)
    outside.write_text("secret")
    (root / "inner" / "file.txt").write_text("open")
    (root / "out.txt").symlink_to(outside)
    (root / "in.txt").symlink_to(root / "inner" / "file.txt")
    assert read(root / "out.txt", [root]).problem == "a link that leads out of its folder"
    assert read(root / "in.txt", [root]).text == "open"
    assert read(root / "inner" / "file.txt", [root / "inner" / "file.txt"]).text == "open"


def test_a_quote_stands_at_its_span_or_elsewhere_or_nowhere():
    text = "one. two. three."
    citation = cited(text, "two.")
    assert locate_quote(text, citation) == QuoteLocation(QuoteState.EXACT, 5, 9)
    assert locate_quote(f"zero. {text}", citation) == QuoteLocation(QuoteState.MOVED, 11, 15)
    assert locate_quote("two. one. xx two.", citation) == QuoteLocation(QuoteState.MOVED, 0, 4)
    assert locate_quote("one. TWO.", citation) == QuoteLocation(QuoteState.CHANGED, 5, 5)
    assert locate_quote("", citation) == QuoteLocation(QuoteState.CHANGED, 0, 0)
    assert locate_quote(text, Citation(1, "x", "X", -5, 3, "gone")) == QuoteLocation(QuoteState.CHANGED, 0, 0)


def test_the_nearest_of_several_places_is_taken():
    citation = Citation(1, "x", "X", 50, 52, "ab")
    assert locate_quote("ab" + "." * 46 + "ab" + "." * 30 + "ab", citation).start == 48
    assert locate_quote("ab" + "." * 60 + "ab", citation).start == 62


def test_the_sample_library_reads_as_it_was_indexed(session):
    index = session.library.documents.index
    for passage in (index.open(number).passage for number, _ in index.search({"bell": 1.0}, 20)):
        source_text = session.library.read_source(passage.source)
        assert source_text.text[passage.start : passage.end] == passage.text
        assert session.library.passage(passage.id, passage.title) == passage
        assert Path(passage.source.partition("#")[0]) == source_text.path
