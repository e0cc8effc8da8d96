"""Hostile files of foreign formats: bombs, entities, links out, macros. Each is read or left out with a reason."""

import io
import json
import random
import socket
import zipfile
from pathlib import Path

import pytest

from engine.documents.foreign.formats import FORMATS
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from tests.support.foreign_files import archive, docx, epub, lines, msg, odt, paragraph, pdf, pptx, xlsx

SECRET = "the secret words of another file"


@pytest.fixture(scope="module")
def confined():
    with ConfinedReader(recognises_text=False) as reader:
        yield reader


@pytest.fixture
def told(tmp_path: Path, confined: ConfinedReader):
    def told(name: str, content: bytes) -> str:
        """The text of a file, or the reason why there is none."""
        path = tmp_path / name
        path.write_bytes(content)
        try:
            return "\n".join(extract.text for extract in confined.read(path))
        except DocumentError as error:
            return f"! {error}"

    return told


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
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
def test_entities_that_unpack_to_gigabytes_are_a_reason(told, name):
    said = told(name, with_doctype(MADE[name], f"{ENTITIES}]>", "&k;"))
    assert len(said) < 1000


@pytest.mark.parametrize("name", MADE)
def test_an_entity_that_names_another_file_reads_nothing_of_it(told, tmp_path, name):
    (tmp_path / "other.txt").write_text(SECRET)
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path / "other.txt"}">]>'
    assert SECRET not in told(name, with_doctype(MADE[name], doctype, "&e;"))


@pytest.mark.parametrize(
    ("name", "member", "before", "after"),
    [
        (
            "x.docx",
            "word/document.xml",
            b"<w:document xmlns:w='w'><w:body><w:p><w:t>",
            b"</w:t></w:p></w:body></w:document>",
        ),
        ("x.odt", "content.xml", b"<a><p>", b"</p></a>"),
        ("x.epub", "o/a.xhtml", b"<p>", b"</p>"),
    ],
)
def test_a_member_that_unpacks_to_too_much_is_a_reason(told, name, member, before, after):
    packed = zipfile.ZipFile(io.BytesIO(MADE[name]))
    members = {each: packed.read(each) for each in packed.namelist()}
    bomb = archive({**members, member: before + b"a" * 110_000_000 + after})
    assert len(bomb) < 500_000
    assert told(name, bomb).startswith(("! unpacks to more than 100 MB", "! cannot be read within limits"))


def test_deep_nesting_is_read_or_a_reason(told):
    deep = "<w:sdt><w:sdtContent>" * 20_000 + paragraph("deep") + "</w:sdtContent></w:sdt>" * 20_000
    assert told("x.docx", docx(deep)) in {"deep", "! cannot be read within limits (save its text as a plain file)"}
    nested = "<text:list><text:list-item>" * 20_000 + "<text:p>deep</text:p>" + "</text:list-item></text:list>" * 20_000
    assert "deep" in told("x.odt", odt(nested)) or told("x.odt", odt(nested)).startswith("! ")
    assert told("x.ipynb", b"[" * 200_000).startswith("! damaged")
    parts = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 3000 + b"\nwords\n"
    assert len(told("x.eml", parts)) < 400_000


def test_a_cell_at_the_end_of_the_sheet_costs_no_memory(told):
    said = told("x.xlsx", xlsx({"A": {"A1": "first", "XFD1048576": "last"}}))
    assert said.startswith("! ") or "last" in said


def test_nothing_is_fetched_or_run(told):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        link = f'<Relationship Id="r" Type="x/attachedTemplate" TargetMode="External" Target="{url}"/>'
        link = f"<Relationships>{link}</Relationships>"
        more = {"word/_rels/document.xml.rels": link, "word/vbaProject.bin": "Auto_Open", "word/settings.xml": url}
        assert told("x.docm", docx(paragraph("words"), more=more)) == "words"
        loading = ("link rel=stylesheet href", "script src", "/script x", "img src", "iframe src", "/iframe x")
        page = "".join(f'<{element}="{url}">' for element in loading) + "<p>words"
        assert told("x.html", page.encode()) == "words"
        assert told("x.epub", epub({"a": page})) == "words"
        message = f"Content-Type: text/html\n\n{page}"
        assert told("x.eml", message.encode()) == "words"
        with pytest.raises(TimeoutError):
            listener.accept()


def test_what_is_named_like_a_path_out_of_the_archive_is_not_followed(told, tmp_path):
    (tmp_path / "other.xhtml").write_text(f"<p>{SECRET}")
    packed = zipfile.ZipFile(io.BytesIO(MADE["x.epub"]))
    members = {name: packed.read(name) for name in packed.namelist()}
    members["o/b.opf"] = members["o/b.opf"].replace(b"a.xhtml", f"../../..{tmp_path}/other.xhtml".encode())
    assert SECRET not in told("x.epub", archive(members))


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
def test_a_damaged_file_is_read_or_has_a_reason_of_one_line(told, name):
    chance = random.Random(name)
    for _ in range(25):
        data = bytearray(GOOD[name])
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.randint(0, len(data))]) if chance.random() < 0.4 else bytes(data)
        said = told(name, cut)
        said.encode()
        assert not said.startswith("! ") or "\n" not in said


@pytest.mark.parametrize("ending", sorted(FORMATS))
@pytest.mark.parametrize("content", [b"", b"no such format", b"\x00" * 100, b"PK\x03\x04" + b"x" * 60])
def test_what_is_no_file_of_its_format_never_fails(told, ending, content):
    told(f"x{ending}", content).encode()
