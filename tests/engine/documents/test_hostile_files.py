"""Hostile files of foreign formats: bombs, entities, links out, macros. Each is read or left out with a reason."""

import io
import json
import random
import socket
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from engine.documents.foreign.formats import FORMATS
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from tests.support.foreign_files import archive, docx, epub, lines, msg, odt, paragraph, pdf, pptx, xlsx

SECRET = "the secret words of another file"


@pytest.fixture(scope="module")
def confined():
    with ConfinedReader(recognition_seconds=0) as reader:
        yield reader


@pytest.fixture
def outcome(tmp_path: Path, confined: ConfinedReader):
    def outcome(name: str, content: bytes) -> str:
        """The text of a file, or the reason why there is none."""
        path = tmp_path / name
        path.write_bytes(content)
        try:
            return "\n".join(extract.text for extract in confined.read(path))
        except DocumentError as error:
            return f"! {error}"

    return outcome


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


def with_doctype(content: bytes, doctype: str, entity: str) -> bytes:
    """The archive with a document type before the root of each XML member, and an entity in place of WORDS."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    members = {name: packed.read(name).decode() for name in packed.namelist()}
    return archive({name: doctype + text.replace("WORDS", entity) for name, text in members.items()})


MADE = {
    "x.docx": docx(paragraph("WORDS")),
    "x.odt": odt("<text:p>WORDS</text:p>"),
    "x.pptx": pptx([("WORDS", ["WORDS"], "WORDS")]),
    "x.xlsx": xlsx({"A": {"A1": "WORDS"}}),
    "x.epub": epub({"a": "<p>WORDS</p>"}),
}


@pytest.mark.parametrize("name", MADE)
def test_entities_that_unpack_to_gigabytes_are_a_reason(outcome, name):
    text = outcome(name, with_doctype(MADE[name], f"{ENTITIES}]>", "&k;"))
    assert len(text) < 1000


@pytest.mark.parametrize("name", MADE)
def test_an_entity_that_names_another_file_reads_nothing_of_it(outcome, tmp_path, name):
    (tmp_path / "other.txt").write_text(SECRET)
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path / "other.txt"}">]>'
    assert SECRET not in outcome(name, with_doctype(MADE[name], doctype, "&e;"))


@pytest.mark.parametrize(
    ("name", "member", "opening", "closing"),
    [
        (
            "x.docx",
            "word/document.xml",
            b"<w:document xmlns:w='w'><w:body><w:p><w:t>",
            b"</w:t></w:p></w:body></w:document>",
        ),
        ("x.odt", "content.xml", b"<a><p>", b"</p></a>"),
        ("x.pptx", "ppt/slides/slide1.xml", b"<s><sp><p><t>", b"</t></p></sp></s>"),
        (
            "x.xlsx",
            "xl/worksheets/s1.xml",
            b"<worksheet><sheetData><row><c><v>",
            b"</v></c></row></sheetData></worksheet>",
        ),
        ("x.epub", "o/a.xhtml", b"<p>", b"</p>"),
    ],
)
def test_a_member_that_unpacks_to_too_much_is_a_reason(outcome, name, member, opening, closing):
    packed = zipfile.ZipFile(io.BytesIO(MADE[name]))
    members = {entry: packed.read(entry) for entry in packed.namelist()}
    bomb = archive({**members, member: opening + b"a" * 110_000_000 + closing})
    assert len(bomb) < 500_000
    assert outcome(name, bomb).startswith(("! unpacks to more than", "! cannot be read within limits"))


def test_deep_nesting_is_read_or_a_reason(outcome):
    deep = "<w:sdt><w:sdtContent>" * 20_000 + paragraph("deep") + "</w:sdtContent></w:sdt>" * 20_000
    assert outcome("x.docx", docx(deep)) in {"deep", "! cannot be read within limits (save its text as a plain file)"}
    nested = "<text:list><text:list-item>" * 20_000 + "<text:p>deep</text:p>" + "</text:list-item></text:list>" * 20_000
    assert "deep" in outcome("x.odt", odt(nested)) or outcome("x.odt", odt(nested)).startswith("! ")
    assert outcome("x.ipynb", b"[" * 200_000).startswith("! damaged")
    parts = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 3000 + b"\nwords\n"
    assert len(outcome("x.eml", parts)) < 400_000


def test_a_cell_at_the_end_of_the_sheet_costs_no_memory(outcome):
    text = outcome("x.xlsx", xlsx({"A": {"A1": "first", "XFD1048576": "last"}}))
    assert text.startswith("! ") or "last" in text


def test_nothing_is_fetched_or_run(outcome):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        link = f'<Relationship Id="r" Type="x/attachedTemplate" TargetMode="External" Target="{url}"/>'
        link = f"<Relationships>{link}</Relationships>"
        more = {"word/_rels/document.xml.rels": link, "word/vbaProject.bin": "Auto_Open", "word/settings.xml": url}
        assert outcome("x.docm", docx(paragraph("words"), more=more)) == "words"
        loading = ("link rel=stylesheet href", "script src", "/script x", "img src", "iframe src", "/iframe x")
        page = "".join(f'<{element}="{url}">' for element in loading) + "<p>words"
        assert outcome("x.html", page.encode()) == "words"
        assert outcome("x.epub", epub({"a": page})) == "words"
        message = f"Content-Type: text/html\n\n{page}"
        assert outcome("x.eml", message.encode()) == "words"
        with pytest.raises(TimeoutError):
            listener.accept()


def test_no_other_file_and_no_address_is_read(outcome, tmp_path):
    (tmp_path / "other.rtf").write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        for target in (tmp_path / "other.rtf", url):
            field = rf'{{\field{{\*\fldinst INCLUDETEXT "{target}"}}{{\fldrslt words}}}}'
            assert outcome("x.rtf", rf"{{\rtf1\ansi {field}\par}}".encode()) == "words"
            link = f'<Relationship Id="r" Type="x/image" TargetMode="External" Target="{target}"/>'
            slides = archive_with(pptx([("words", [], "")]), {"ppt/slides/_rels/slide1.xml.rels": f"<r>{link}</r>"})
            assert "words" in outcome("x.pptx", slides)
            sheets = archive_with(MADE["x.xlsx"], {"xl/externalLinks/_rels/e.xml.rels": f"<r>{link}</r>"})
            assert "WORDS" in outcome("x.xlsm", sheets)
            assert outcome("x.pdf", pdf_that_opens(str(target))) == "words"
        with pytest.raises(TimeoutError):
            listener.accept()


def archive_with(content: bytes, members: dict[str, str]) -> bytes:
    """The archive with further members."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    return archive({**{name: packed.read(name) for name in packed.namelist()}, **members})


def pdf_that_opens(target: str) -> bytes:
    """A PDF that runs JavaScript, starts a program and follows a link when it is opened."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf([lines(["words"])])))
    script = f"app.launchURL('{target}', true);"
    actions = [("/JavaScript", "/JS"), ("/URI", "/URI"), ("/Launch", "/F"), ("/GoToR", "/F"), ("/ImportData", "/F")]
    following = ArrayObject(
        DictionaryObject(
            {NameObject("/S"): NameObject(kind), NameObject(key): TextStringObject(script if key == "/JS" else target)}
        )
        for kind, key in actions
    )
    first = DictionaryObject({NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(target)})
    first[NameObject("/Next")] = following
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(first)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.rtf", b"{\\rtf1" + b"{" * 300_000 + b"words"),
        ("x.rtf", b"{\\rtf1\\bin999999999 words}"),
        ("x.rtf", b"{\\rtf1 " + b"\\'fc" * 100_000 + b"\\u99999999? }"),
        ("x.srt", b"00:00:01,000 --> " * 60_000),
        ("x.srt", b"\n00:00:01,000 --> 00:00:02,000\n" + b"<" * 500_000),
        ("x.mbox", b"From a@b Tue Mar 12 10:15:02 2024\n\n" * 4_000),
        ("x.eml", b"Subject: " + b"=?utf-8?q?a?= " * 10_000 + b"\n\nwords"),
        ("x.eml", b"Content-Type: text/plain; " + b"a=b; " * 10_000 + b"\n\nwords"),
        ("x.html", b"<table>" * 20_000 + b"words"),
        ("x.html", b"<p " + b"a=b " * 200_000 + b">words"),
        ("x.json", b'{"a":' * 50_000 + b"1"),
        ("x.json", b'{"id": 1, "name": "a", "messages": ' + b"9" * 100_000 + b"}"),
        ("x.ipynb", b'{"cells": [' + b'{"cell_type": "code", "source": ["a"]},' * 50_000 + b"1]}"),
        ("x.epub", epub({f"c{number}": "<p>words" for number in range(600)})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pathological_files_are_read_or_a_reason_within_the_limits(outcome, name, content):
    assert len(outcome(name, content)) < 2_000_000


def test_what_is_named_like_a_path_out_of_the_archive_is_not_followed(outcome, tmp_path):
    (tmp_path / "other.xhtml").write_text(f"<p>{SECRET}")
    packed = zipfile.ZipFile(io.BytesIO(MADE["x.epub"]))
    members = {name: packed.read(name) for name in packed.namelist()}
    members["o/b.opf"] = members["o/b.opf"].replace(b"a.xhtml", f"../../..{tmp_path}/other.xhtml".encode())
    assert SECRET not in outcome("x.epub", archive(members))


GOOD = {
    **MADE,
    "x.pdf": pdf([lines(["The converter of Dr Salva-", "tore Ricci."])]),
    "x.rtf": rb"{\rtf1\ansi Hello \'fc \u8364? \par}",
    "x.eml": b"Subject: =?utf-8?q?a=20b?=\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nwords\n--b--\n",
    "x.mbox": b"From a@b Tue Mar 12 10:15:02 2024\nSubject: a\n\nwords\n",
    "x.msg": msg({"0037": "a", "1000": "words"}),
    "x.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": ["a"], "outputs": []}]}).encode(),
    "x.json": b'{"name": "a", "id": 1, "messages": [{"type": "message", "date": "2024-03-12T10:16", "text": "words"}]}',
    "x.srt": b"1\n00:00:01,000 --> 00:00:02,000\nwords\n",
    "x.html": b"<title>a</title><p>words<table><tr><td>a<td>b</table>",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_damaged_file_is_read_or_has_a_reason_of_one_line(outcome, name):
    chance = random.Random(name)
    for _ in range(25):
        data = bytearray(GOOD[name])
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.randint(0, len(data))]) if chance.random() < 0.4 else bytes(data)
        text = outcome(name, cut)
        text.encode()
        assert not text.startswith("! ") or "\n" not in text


@pytest.mark.parametrize("ending", sorted(FORMATS))
@pytest.mark.parametrize("content", [b"", b"no such format", b"\x00" * 100, b"PK\x03\x04" + b"x" * 60])
def test_what_is_no_file_of_its_format_never_fails(outcome, ending, content):
    outcome(f"x{ending}", content).encode()
