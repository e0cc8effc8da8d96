"""Reading files: what is read of each format, and the reason for each file that cannot be read."""

import base64
import io
import json
import os
import random
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from engine.documents.document import Document, Location, Syntax
from engine.documents.reader import is_markdown, read_documents
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


# `pdf("Hello heron", password="")` with other algorithms, for which pypdf needs a further package.
IN_AES_128 = (
    r"""c-oCqy=xRf6vs{mw9-N_FwKFD+4<TpI1ci0XZ#2k?o1FQ#q7+R%gJRo?#_k8-bN783%33Xg0-X(6w(Ac6^xaQorK`*-sN(57B0KX"""
    r"""yx+X{`@MPZO>J$tb(_v}RQvkv;}N2m;4FE9>UHF;<(VET$Z=h0%1HzYfcZX;fQDMdDq%ts;xnz1M1?901yx)cpMW3`g$~y`rit@x"""
    r"""phg2hs!L`zrSNcn2e7v$dr%;6DI2C1Q{>(6>jFQ<!Z~*E=2R%330;y_4zeB^ap01>GZi5IsfD}_6xlFWE~4CNWlpzRQ0$*GxYt_+"""
    r"""-It5mo=b+zlj>t+^lg@sIk>=)rprFH&Ma{7R}TJ64y7LQy2Hd)W(m4eFUkU{OuQ8s?1JqpImHr8u{?mZXSZ-5%KgITAh(hC{P5G&"""
    r"""*5UlSmoJWcjVqUu#?3b;i^<u_&;85A>+kpGUY*{0yYTDU>0JBhVD9Yw@W<yz*MA>x-uZBF<IBm@^-^a{HC7C#6gRMNMJs<}ZOS57"""
    r"""04!K6;vi%(bH(cqteX|DYh|isu94Tqbw3D<j6x2;xeDV@X`aMH7%jDlsE|f-p-n7#WCGBFCUGQysX$96Wng^QgmqjGY01G9Nn&mo"""
    r"""CsJw|8kVR?>p*E>QDOx6ARzQ3DQF-Fadu#gk%W@Su`IQ!4tK2{uNH=OtGQb?&|A(_dk50eX%%}5&F%)fIB0M_3|+h3!Xtvx$S1}{"""
    r"""llF2jh~Nm3$%6xTVSH@x1fy;ss-1L#QOakrkj-F>(HV^Uv$2BBVm=QqFq_N%0P?E0-TpIhDSMqPvzU*D`EF`5OvmeGH~w`V(^wPb"""
    r"""bIqvI5yS~$3Fkf#kPwid@jou^(lk?*@9$U~p5Kzf%G_3ki-bV6TC?3ke*hngL%R"""
)
IN_AES_256 = (
    r"""c-oCrJ%}Vl6h;md8U+Id!$KI)!0W1d^(({T-tG>!=&{3&ULqIN&#S$W-RY&L_wM!*b1^aUCp9(FK#og{RWLBr=*%?}HV}P1vpY99"""
    r"""1~%RB-dFX$@73$~YB1g%y&<kcHF)ydPd`_Jan{5Ss^PGz$8D3(61HpzHhL?aOx|g-z!$}lOBF)VK0%1qL}iOqSph^Y3upi=(F-t!"""
    r"""2i&T*wkn+Eo>{IbynB9%tR9CWoLBWub2jUksOq<;dCuNviZ&jyJ8Pk^5xNt)aNHbKOAgj^AFc(c|J17LL!38fZK8;NWz>-F!VpYf"""
    r"""G0<Dz!aNN(ng^5&zs?t*<je0)FWDjmE;T9pSx4@inSbS=H*)Cps(Nx3yM^0>bm|*nj*Cp{n|OQ=yJ-q*EM|@69h@C?cbQTB`n+o~"""
    r"""oK(;K`O-HxpSk$U{{7kh`Lo}?b|Ies_0_LF-2VE_?>@oLpG5i5D;FO>y8r3#KZe1z;fs&2jUIph`VYVCe6j!NkGEd<^5tIVlIl{?"""
    r"""t|{JTnu^BEN?U5O$4p7Dys^?tD&F+Cqh6^eU6|$2=BhqmLxo_t_qrHmErM3ka$dML!o}#bfT#j-$Pi;JTE-|-^56=fELvqNlpr5G"""
    r"""&r0|rHTTxVl#?r5W^O(Gr1#j6C#|&3DFjg@YV^p9Q1oOKrIlO=lcLB`I;W5vBe57qf{G4MM3Njm$E326CZQ2t2kL1rV^SWx;-s=O"""
    r"""T6D;y%a_*nS$B8uUf%%qZj%m9an^6T#p><7$!%B_3glHYO}dj2TN3n6`_wtuW5Wc31}F*VgpQV~8Uz)|YRyy8saR8>Q0BrYZa|wT"""
    r"""3K+-1$mFP?I`xGhnqnlC4;@6o19!o2I+XAt7X);k$_I)h3fgRpk1BHDE?ZuFabN`y%^2Ggnv0aR3&GGFONX{ZT||VEg-nPsYP~+v"""
    r"""4_Yi0XRhL_hZ(Iwv%*%Gpg~xy%vP8Xu!&i@fk`PgFuGwjFeNuJ4fZM4wPAXU?V_hA(}zeY*N08hF<1`q{;V`iT-v)d_QMoGQ-2zr"""
    r"""xdIGYIuVoBgi>#+7`Oh<7P>6<W~n_t?U=o~9p+tVyG7vyr|}sK_6|nXKYs0f+y"""
)


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


def test_another_encoding_is_read_by_a_guess_and_noted(read):
    (document,) = read("x.txt", "Le café noir de la gare est fermé à midi".encode("latin-1"))
    assert (document.text, document.note) == (
        "Le café noir de la gare est fermé à midi",
        "read as WINDOWS-1252, a guess",
    )


def test_torn_utf_16_loses_one_character_and_tells_it(read):
    (document,) = read("x.txt", b"\xff\xfea\x00b")
    assert (document.text, document.note) == ("a\ufffd", "1 character could not be read as UTF-16")


@pytest.mark.parametrize("name", ["x.txt", "x.md", "x.html", "x.jsonl", "x.rst", "x", "x.csv", "x.org"])
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
    assert document.text == "# Vane Head\n\nThe keeper éé <x>\nlit it.\n\nNext\n\na | b"


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
    (document,) = read("x.pdf", pdf("Hello heron", title="The Light"))
    assert (document.source, document.title, document.text) == (str(tmp_path / "x.pdf"), "The Light", "Hello heron")
    assert (document.syntax, document.locations) == (Syntax.MARKDOWN, (Location(0, 1),))
    assert read("old_log.PDF", pdf("Hello heron"))[0].title == "old log"


@pytest.mark.parametrize(
    "title", ["untitled", "Microsoft Word - minutes.doc", "report_v2.docx", "Scan_0004", "Document1"]
)
def test_a_title_that_a_program_wrote_is_none(read, title):
    assert read("minutes_of_may.pdf", pdf("Hello heron", title=title))[0].title == "minutes of may"
    assert read("x.html", f"<title>{title}</title><h2>The Light</h2><p>x")[0].title == "The Light"


def test_a_page_knows_where_it_begins(read):
    writer = PdfWriter()
    for text in ("One.", "two"):
        writer.append(io.BytesIO(pdf(text)))
    written = io.BytesIO()
    writer.write(written)
    (document,) = read("x.pdf", written.getvalue())
    assert document.text == "One.\n\ntwo"
    assert document.locations == (Location(0, 1), Location(6, 2))


@pytest.mark.parametrize("packed", ["", IN_AES_128, IN_AES_256], ids=["RC4", "AES-128", "AES-256"])
def test_a_pdf_that_only_its_owner_may_change_is_read(read, packed):
    content = zlib.decompress(base64.b85decode(packed)) if packed else pdf("Hello heron", password="")
    assert read("x.pdf", content)[0].text == "Hello heron"


def test_a_pdf_with_a_password_is_a_reason(reason):
    assert reason("x.pdf", pdf("Hello", password="pw")) == "encrypted (save a copy without a password)"


def test_a_pdf_without_text_is_a_reason(reason):
    assert reason("x.pdf", pdf()) == "a PDF without text"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"no pdf at all " * 50, pdf("Hello")[:200]])
def test_a_damaged_pdf_is_a_reason_of_one_line(reason, content):
    assert reason("x.pdf", content) == "damaged PDF"


def test_a_torn_pdf_is_read_or_is_a_reason(read):
    good, chance = pdf("Hello heron"), random.Random(2)
    for _ in range(60):
        at = chance.randrange(len(good))
        damaged = good[:at] + bytes([chance.randrange(256)]) + good[at + chance.randint(1, 20) :]
        with suppress(DocumentError):
            assert len(read("x.pdf", damaged)) == 1


def test_a_pdf_with_a_damaged_or_an_unknown_encryption_is_a_reason(reason):
    assert reason("x.pdf", ENCRYPTED_AES)
    assert reason("x.pdf", ENCRYPTED_AES.replace(b"/Standard", b"/Whatever"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/notes/C# notes.md", True),
        ("/notes/C#.md/list.txt", False),
        ("/notes/mail.mbox#3", True),
        ("/notes/F#/mail.mbox#3", True),
        ("/notes/C# notes.txt", False),
    ],
)
def test_the_suffix_of_the_file_tells_markdown(source: str, *, expected: bool) -> None:
    assert is_markdown(source) is expected
