"""Reading files: what is read of each format, and the reason for each file that cannot be read."""

import io
import json
import os
import random
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from engine.documents.passages import Document
from engine.documents.reader import read_documents
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError

Read = Callable[[str, str | bytes], list[Document]]


@pytest.fixture(scope="module")
def confined():
    with ConfinedReader() as reader:
        yield reader


@pytest.fixture
def read(tmp_path: Path, confined: ConfinedReader) -> Read:
    def read(name: str, content: str | bytes) -> list[Document]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_documents(path, root=tmp_path, max_bytes=1_000_000, confined=confined))

    return read


@pytest.fixture
def reason(read: Read) -> Callable[[str, str | bytes], str]:
    def reason(name: str, content: str | bytes) -> str:
        with pytest.raises(DocumentError) as caught:
            read(name, content)
        return str(caught.value)

    return reason


def pdf(text: str = "", *, title: str = "", password: str | None = None) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    stream = StreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode())
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, "owner", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


ENCRYPTED_AES = b"""%%PDF-1.7
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [] /Count 0 >> endobj
3 0 obj << /Filter /Standard /V 5 /R 6 /Length 256 /P -4 /O <%s> /U <%s> /OE <%s> /UE <%s> /Perms <%s>
/CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen /Length 32 >> >> /StmF /StdCF /StrF /StdCF >> endobj
trailer << /Root 1 0 R /Encrypt 3 0 R /ID [<00> <00>] /Size 4 >>
startxref
0
%%%%EOF
""" % (b"00" * 48, b"00" * 48, b"00" * 32, b"00" * 32, b"00" * 16)


# -- which files -------------------------------------------------------------------------------------------


def test_a_link_to_a_folder_is_no_document(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/up").symlink_to(tmp_path)
    with pytest.raises(DocumentError, match="a link to a folder: it is not followed"):
        list(read_documents(tmp_path / "a/up", root=tmp_path, max_bytes=1000))


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "x.txt").write_text("open")
    (inside / "out.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "near.txt").symlink_to(inside / "x.txt")
    with pytest.raises(DocumentError, match="a link that leads out of its folder"):
        list(read_documents(inside / "out.txt", root=inside, max_bytes=1000))
    assert [d.text for d in read_documents(inside / "near.txt", root=inside, max_bytes=1000)] == ["open"]


def test_a_folder_whose_name_begins_alike_is_outside(tmp_path):
    for name in ("ab", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "ab/x.txt").write_text("x")
    (tmp_path / "a/x.txt").symlink_to(tmp_path / "ab/x.txt")
    with pytest.raises(DocumentError, match="link"):
        list(read_documents(tmp_path / "a/x.txt", root=tmp_path / "a", max_bytes=1000))


def test_a_link_that_leads_to_itself_is_a_reason(tmp_path):
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    with pytest.raises((DocumentError, RuntimeError)):  # `resolve` raises RuntimeError up to Python 3.12
        list(read_documents(tmp_path / "loop.txt", root=tmp_path, max_bytes=1000))


def test_a_file_over_the_limit_is_a_reason_that_names_the_limit(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"x" * 1001)
    with pytest.raises(DocumentError, match=r"larger than 0\.001 MB \(max_file_megabytes in system\.yaml\)"):
        list(read_documents(path, root=tmp_path, max_bytes=1000))
    path.write_bytes(b"x" * 1000)
    assert len(list(read_documents(path, root=tmp_path, max_bytes=1000))) == 1


def test_an_unreadable_file_is_a_reason(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root reads every file, whatever its mode")
    with pytest.raises(DocumentError, match="Permission denied"):
        list(read_documents(path, root=tmp_path, max_bytes=1000))


def test_a_file_that_left_and_a_folder_are_reasons(tmp_path):
    for path in (tmp_path / "gone.txt", tmp_path):
        with pytest.raises(DocumentError, match=r"No such file|Is a directory"):
            list(read_documents(path, root=tmp_path, max_bytes=1_000_000))


# -- text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"a\r\nb\rc\n\nd", "é 東京 🙂\n".encode(), b"", b"\n\n"])
def test_text_is_what_open_gives(read, tmp_path, content):
    (document,) = read("x.txt", content)
    assert document.text == (tmp_path / "x.txt").read_text(encoding="utf-8")
    assert document.source == str(tmp_path / "x.txt")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark(read, encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    (document,) = read("x.txt", f"{mark}Vane Head\r\n東京".encode(encoding))
    assert document.text == "Vane Head\n東京"


def test_latin_1_is_a_reason_that_says_where(reason):
    assert reason("x.txt", "caf\xe9 noir".encode("latin-1")) == "not UTF-8: byte 3 (save it as UTF-8)"


def test_torn_utf_16_is_a_reason(reason):
    assert reason("x.txt", b"\xff\xfea\x00b").startswith("not UTF-16: byte 4")


@pytest.mark.parametrize("name", ["x.txt", "x.md", "x.html", "x.jsonl", "x.rst", "x"])
def test_nul_bytes_are_binary(reason, name):
    assert reason(name, b"text\x00more") == "binary"


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "Words\n\n# The Light #\n\nText", "The Light"),
        ("a.MARKDOWN", "#\tThe  Light", "The Light"),
        ("a.md", "The Light\n=========\n\nText", "The Light"),
        ("a.md", "## Only a section\n", "a"),
        ("a.md", "#hashtag\n", "a"),
        ("long_file-name.md", "Text", "long file name"),
        ("a.md", "# \x1b[31mRed\x9b\u202e", "[31mRed"),
        ("a.md", "# " + "x" * 500, "x" * 200),
        ("a.rst", "The Light\n=========\n\nText", "The Light"),
        ("a.rst", "=========\nThe Light\n=========\n\nText", "The Light"),
        ("a.rst", "=========\n The Light\n=========\n", "The Light"),
        ("a.rst", "Text\n\nThe Light\n~~~~~~~~~\n", "The Light"),
        ("a.rst", "no title here\n", "a"),
        ("a.txt", "# not a title\n", "a"),
        ("some_script.py", "# a comment\nx = 1\n", "some script"),
        ("Makefile", "all:\n", "Makefile"),
    ],
)
def test_titles(read, name, text, title):
    assert [(document.title, document.text) for document in read(name, text)] == [(title, text)]


def test_a_byte_order_mark_hides_no_title(read):
    assert read("a.md", "\ufeff# The Light\n\nText")[0].title == "The Light"


def test_a_comment_in_fenced_code_is_no_title(read):
    assert read("read_me.md", "Text\n\n```bash\n# install\n```\n")[0].title == "read me"


# -- JSON lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["r.jsonl", "r.ndjson", "r.JSONL"])
def test_json_lines_are_one_document_each(read, tmp_path, name):
    records = [{"id": "a", "title": " The\nLight ", "text": "one\r\ntwo"}, {"id": 7, "text": "three"}]
    first, second = read(name, "\n".join(map(json.dumps, records)) + "\r\n\n  \n")
    assert first == Document(f"{tmp_path / name}#a", "The Light", "one\r\ntwo")
    assert second == Document(f"{tmp_path / name}#7", "7", "three")


def test_line_separators_inside_a_record_do_not_part_it(read):
    assert [d.text for d in read("r.jsonl", '{"id": 1, "text": "a\u2028b\x85c"}')] == ["a\u2028b\x85c"]


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "7", "null", '"id"', '{"id": 1}', '{"text": "x"}', '{"id": 1, "text": null}',
        '{"id": 1, "text": 5}', '{"id": [1], "text": "x"}', '{"id": 1.5, "text": "x"}', "[" * 100_000, "1" * 5000,
    ],
)  # fmt: skip
def test_a_broken_record_is_a_reason_with_its_line(reason, line):
    good = '{"id": 1, "text": "x"}'
    assert re.match(r"line 3\b.* is valid\)$", reason("r.jsonl", f"{good}\n\n{line}\n{good}"))


def test_an_empty_file_of_records_has_no_document(read):
    assert read("r.jsonl", "") == []


def test_a_byte_order_mark_breaks_no_record(read):
    assert [d.text for d in read("r.jsonl", '\ufeff{"id": 1, "text": "x"}')] == ["x"]


def test_a_record_whose_title_is_null_is_called_by_its_id(read):
    assert read("r.jsonl", '{"id": "a", "title": null, "text": "x"}')[0].title == "a"


def test_half_a_character_in_a_record_does_no_harm(read):
    (document,) = read("r.jsonl", r'{"id": "a\ud800", "text": "bad \ud800 text"}')
    (document.text + document.source).encode()


# -- HTML --------------------------------------------------------------------------------------------------


def html(read: Read, text: str) -> str:
    return read("page.html", text)[0].text


def test_a_page_is_its_visible_text(read):
    page = """<!DOCTYPE html><html><head><title>The &amp; Light</title><style>p {}</style></head><body>
    <script>var hidden = "<p>no</p>";</script><noscript>no</noscript><template><p>no</p></template><!-- no -->
    <h1>Vane   Head</h1><p>The <b>keep</b>er &eacute;&#233;&nbsp;&lt;x&gt;<br>lit
    it.<p>Next<table><tr><td>a<td>b</table><svg><text>no</text></svg></body></html>"""
    (document,) = read("page.htm", page)
    assert document.title == "The & Light"
    assert document.text == "Vane Head\n\nThe keeper éé <x>\nlit it.\n\nNext\n\na\n\nb"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<b>b<div>c", "ab\n\nc"),
        ("<p>a</b></div></p>b", "a\n\nb"),
        ("a &unknown; &amp &#x26; &#0;", "a &unknown; & & \ufffd"),
        ("<p>a<script>var x = 1;", "a"),
        ("<P>A</P><SCRIPT>x</SCRIPT><p>b</p>", "A\n\nb"),
        ("<p>a</style></script></p><p>b</p>", "a\n\nb"),
        ("a < b > c", "a < b > c"),
        ("<p title='<script>'>a</p>", "a"),
        ("plain words", "plain words"),
        ("<p>a</p><![if !x]>b<![endif]>", "a\n\nb"),
        ("", ""),
        ("<p> </p><br>", ""),
    ],
)
def test_bad_html_is_read_as_well_as_it_goes(read, page, text):
    assert html(read, page) == text


def test_a_page_without_title_is_called_by_its_file(read):
    assert read("my_page.html", "<p>x")[0].title == "my page"


def test_a_head_that_is_not_closed_ends_at_the_body(read):
    assert html(read, "<html><head><title>T</title><body><p>Visible</body></html>") == "Visible"


def test_the_title_of_a_picture_is_not_the_pages(read):
    assert read("a.html", "<title>Page</title><body><svg><title>Icon</title></svg><p>x")[0].title == "Page"


@pytest.mark.parametrize("page", ["<p>a</p><![foo[bar]]>", "<p>a</p><![ x"])
def test_a_marked_section_of_no_known_kind_does_no_harm(read, page):
    assert html(read, page).startswith("a")


def test_random_tag_soup_never_fails(read):
    chance = random.Random(5)
    pieces = [
        "<p>",
        "</p>",
        "<b",
        ">",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "&",
        "&#",
        ";",
        "x",
        '"',
        "'",
        "<",
        "</",
        "<?",
        "=",
        " ",
    ]
    for _ in range(150):
        html(read, "".join(chance.choice(pieces) for _ in range(chance.randint(1, 40))))


# -- PDF ---------------------------------------------------------------------------------------------------


def test_a_pdf_is_the_text_of_its_pages(read, tmp_path):
    assert read("x.pdf", pdf("Hello heron", title="The Light")) == [
        Document(str(tmp_path / "x.pdf"), "The Light", "Hello heron")
    ]
    assert read("old_log.PDF", pdf("Hello heron"))[0].title == "old log"


def test_the_pages_of_a_pdf_are_parted_by_blank_lines(read):
    writer = PdfWriter()
    for text in ("one", "two"):
        writer.append(io.BytesIO(pdf(text)))
    written = io.BytesIO()
    writer.write(written)
    assert read("x.pdf", written.getvalue())[0].text == "one\n\ntwo"


def test_a_pdf_that_only_its_owner_may_change_is_read(read):
    assert read("x.pdf", pdf("Hello heron", password=""))[0].text == "Hello heron"


def test_a_pdf_with_a_password_is_a_reason(reason):
    assert reason("x.pdf", pdf("Hello", password="pw")) == "encrypted (save a copy without a password)"


def test_a_pdf_without_text_is_a_reason(reason):
    assert reason("x.pdf", pdf()) == "a PDF without text (run text recognition on it first)"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no pdf at all " * 50, pdf("Hello")[:200]])
def test_a_damaged_pdf_is_a_reason_of_one_line(reason, content):
    assert re.fullmatch(r"damaged PDF: .{1,120}", reason("x.pdf", content))


def test_a_torn_pdf_is_read_or_is_a_reason(read):
    good, chance = pdf("Hello heron"), random.Random(2)
    for _ in range(60):
        at = chance.randrange(len(good))
        damaged = good[:at] + bytes([chance.randrange(256)]) + good[at + chance.randint(1, 20) :]
        with suppress(DocumentError):
            assert len(read("x.pdf", damaged)) == 1


def test_a_pdf_in_aes_is_a_reason(reason):
    assert "encrypted" in reason("x.pdf", ENCRYPTED_AES)


def test_a_pdf_with_an_unknown_encryption_is_a_reason(reason):
    assert reason("x.pdf", ENCRYPTED_AES.replace(b"/Standard", b"/Whatever"))
