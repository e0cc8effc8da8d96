"""Foreign formats: the text exact, the structure kept, the title, and where each part stands."""

import base64
import json
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from engine.documents.document import Document, Location
from engine.documents.passages import Passage, split_document
from engine.documents.reader import read_documents
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError
from tests.support.foreign_files import docx, epub, lines, msg, odt, paragraph, pdf, pptx, word_table, xlsx


@pytest.fixture(scope="module")
def confined():
    with ConfinedReader(recognition_seconds=0) as reader:
        yield reader


@pytest.fixture
def read(tmp_path: Path, confined: ConfinedReader):
    def read(name: str, content: str | bytes) -> list[Document]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_documents(path, root=tmp_path, max_bytes=10_000_000, confined=confined))

    return read


def quotable(document: Document) -> dict[str, str]:
    """Every unit that can be quoted, with its lead."""
    passages: list[Passage] = list(split_document(document, 300))
    return {
        passage.text[s.start : s.end]: passage.leads[s.lead].text if s.lead >= 0 else ""
        for passage in passages
        for s in passage.sentences
        if s.is_quotable
    }


def place_of(document: Document, words: str) -> tuple[int, str]:
    """Page and name of where words stand."""
    start = document.text.index(words)
    passage = next(p for p in split_document(document, 300) if p.start <= start < p.end)
    location = passage.location(start)
    return location.page, location.name


BOATS = [["boat", "owner"], ["Petrel", "Ines Roth"], ["Tern", "Karl | Vinter"]]


def test_a_word_document_keeps_headings_lists_and_tables(read):
    body = paragraph("Ferry", style="H1") + paragraph("It leaves at seven. Bring:") + paragraph("oil", style="L")
    (document,) = read("a.docx", docx(body + word_table(BOATS), title="Harbour report"))
    assert document.title == "Harbour report"
    assert document.metadata == {"author": ("Ilse Karg",)}
    assert document.text == (
        "# Ferry\n\nIt leaves at seven. Bring:\n\n- oil\n\n"
        "| boat | owner |\n| --- | --- |\n| Petrel | Ines Roth |\n| Tern | Karl \\| Vinter |"
    )
    assert quotable(document) == {
        "It leaves at seven.": "",
        "Bring:": "",
        "oil": "Bring:",
        "| Petrel | Ines Roth |": "| boat | owner |",
        "| Tern | Karl \\| Vinter |": "| boat | owner |",
    }


def test_what_was_deleted_in_word_is_not_read_and_footnotes_are(read):
    body = (
        "<w:p><w:r><w:t>The fee is </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>35 euros.</w:t></w:r></w:ins><w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>Once.</w:t></mc:Choice><mc:Fallback><w:t>Once.</w:t>"
        "</mc:Fallback></mc:AlternateContent><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    notes = f"<w:footnotes xmlns:w='x'><w:footnote w:id='2'>{paragraph('Since May.')}</w:footnote></w:footnotes>"
    (document,) = read("fee.docx", docx(body, more={"word/footnotes.xml": notes}))
    assert document.text == "The fee is 35 euros.[^2]\n\nOnce.\n\n[^2]: Since May."
    assert document.title == "fee"
    assert quotable(document)["Since May."] == "The fee is 35 euros.[^2]"


def test_a_word_document_tells_the_pages_that_word_made(read):
    turned = "<w:p><w:r><w:lastRenderedPageBreak/><w:t>Two.</w:t></w:r></w:p>"
    (document,) = read("a.docx", docx(paragraph("One.") + turned + paragraph("Still two.")))
    assert place_of(document, "One.") == (1, "")
    assert place_of(document, "Still") == (2, "")


def test_slides_are_pages_in_the_order_of_the_talk(read):
    slides = [("Pump house", ["Bought by Greta", "Needs oil"], "Olga paid 400 euros."), ("Costs", ["27 euros"], "")]
    (document,) = read("talk.pptx", pptx(slides))
    assert document.text == (
        "## Pump house\n\n- Bought by Greta\n- Needs oil\n\nOlga paid 400 euros.\n\n## Costs\n\n27 euros"
    )
    assert document.title == "Pump house"
    assert place_of(document, "Olga") == (1, "")
    assert place_of(document, "27 euros") == (2, "")


def test_a_text_in_opendocument(read):
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        '<text:h text:outline-level="2">Orchard</text:h><text:p>Picked by<text:s/>Marek.<text:note>'
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>In May.</text:p></text:note-body>"
        "</text:note></text:p><text:list><text:list-item><text:p>prune</text:p><text:list><text:list-item><text:p>pear</text:p>"
        "</text:list-item></text:list></text:list-item></text:list><table:table><table:table-row><table:table-cell>"
        "<text:p>tree</text:p></table:table-cell><table:table-cell><text:p>year</text:p></table:table-cell>"
        "</table:table-row><table:table-row><table:table-cell><text:p>plum</text:p></table:table-cell>"
        "<table:table-cell><text:p>1998</text:p></table:table-cell></table:table-row></table:table>"
    )
    (document,) = read("a.odt", odt(body, title="Orchard notes"))
    assert document.title == "Orchard notes"
    assert document.text == (
        "## Orchard\n\nPicked by Marek. In May.\n\n- prune\n  - pear\n\n| tree | year |\n| --- | --- |\n| plum | 1998 |"
    )
    assert quotable(document)["pear"] == "prune"


def test_a_row_of_a_sheet_is_quoted_with_its_header_and_its_place(read):
    sensors: dict[str, str | float] = {"A1": "id", "B1": "price", "A2": "S-001", "B2": 7.5, "A3": "S-002", "B3": 15.0}
    (document,) = read("stock.xlsx", xlsx({"Sensors": sensors, "Staff": {"B4": "Ruth Aalto"}}))
    assert quotable(document)["| S-002 | 15 |"] == "| id | price |"
    assert place_of(document, "S-002") == (0, "sheet Sensors, A3:B3")
    assert place_of(document, "Ruth") == (0, "sheet Staff, B4")
    assert document.title == "Sensors"


def test_the_chapters_of_a_book_are_read_in_their_order(read):
    chapters = {"z": "<h1>One</h1><p>Built by <em>Jory</em>.</p>", "a": "<h1>Two</h1><p>The salt tax.</p>"}
    (document,) = read("b.epub", epub(chapters, title="The Salt Road"))
    assert (document.title, document.text) == ("The Salt Road", "# One\n\nBuilt by Jory.\n\n# Two\n\nThe salt tax.")


def test_rtf_in_its_code_page(read):
    text = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}{\info{\title Gate}{\author Bertil}}\b Locked\b0  by Bertil"
        r" at M\'fcnster \u8364?.\par\trowd\cellx1 a\cell b\cell\row\trowd\cellx1 1\cell 2\cell\row\pard End\par}"
    )
    (document,) = read("g.rtf", text)
    assert document.title == "Gate"
    assert document.text == "Locked by Bertil at Münster €.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nEnd"
    (russian,) = read("r.rtf", rb"{\rtf1\ansi\ansicpg1251 \'ca\'eb\'fe\'f7\par}")
    assert russian.text == "Ключ"


def message(subject: str, text: str, *, encoding: str = "quoted-printable", subtype: str = "plain") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ilse Kärg <ilse@example.org>", "bo@example.org"
    mail["Subject"], mail["Date"] = subject, "Tue, 12 Mar 2024 10:15:02 +0100"
    mail.set_content(text, cte=encoding, subtype=subtype)
    return mail


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_a_message_is_its_words_and_who_wrote_it_is_known(read, encoding):
    text = "Hallo Bo,\n\nder Schlüssel liegt bei Frau Otte, und die Rechnung über 310 Euro ist bezahlt."
    text += "\n\n-- \nIlse, Tel. 0171"
    mail = message("Schlüssel für den Schuppen", text, encoding=encoding)
    mail.add_attachment(b"a;b", maintype="text", subtype="csv", filename="liste.csv")
    (document,) = read("m.eml", bytes(mail))
    assert document.title == "Schlüssel für den Schuppen"
    assert document.text.startswith(text[:75])
    assert "0171" in document.text
    assert "a;b" not in document.text
    assert document.metadata == {
        "sender": ("Ilse Kärg ilse@example.org",),
        "recipients": ("bo@example.org",),
        "date": ("2024-03-12 10:15+01:00",),
        "attachments": ("liste.csv",),
    }
    assert document.locations == (Location(0, name="from Ilse Kärg, 2024-03-12 10:15"),)


def test_of_a_message_in_html_the_page_is_read_and_of_both_the_plain_text(read):
    mail = message("Roof", "<style>p{}</style><p>Mended by <b>Callum</b>.</p>", subtype="html")
    assert read("m.eml", bytes(mail))[0].text == "Mended by Callum."
    with_page = message("Roof", "Mended by Callum.\n")
    with_page.add_alternative("<p>Mended by the page.</p>", subtype="html")
    assert read("m.eml", bytes(with_page))[0].text == "Mended by Callum."


def test_each_message_of_a_mailbox_is_a_document(read, tmp_path):
    box = mailbox.mbox(tmp_path / "made.mbox")
    for number in (1, 2):
        box.add(message(f"Boat {number}", f"Sold for {number}00 euros.\nFrom Petra."))
    box.close()
    first, second = read("m.mbox", (tmp_path / "made.mbox").read_bytes())
    assert (first.title, second.title) == ("Boat 1", "Boat 2")
    assert second.source == f"{tmp_path / 'm.mbox'}#2"
    assert second.text == "Sold for 200 euros.\nFrom Petra."


def test_a_message_of_outlook(read):
    streams = {
        "0037": "The key",
        "1000": "It lies with Mrs Otte.\r\n\r\nGreetings",
        "0C1A": "Ilse Karg",
        "0E04": "Bo; Ann",
    }
    (document,) = read("m.msg", msg(streams))
    assert (document.title, document.text) == ("The key", "It lies with Mrs Otte.\n\nGreetings")
    assert document.metadata == {"sender": ("Ilse Karg",), "recipients": ("Bo", "Ann")}
    assert document.locations == (Location(0, name="from Ilse Karg"),)


def test_a_passage_of_a_message_says_from_whom_and_when_and_in_which_row(read):
    table = "<p>Fees:</p><table><tr><th>What</th><th>Price</th></tr><tr><td>Key</td><td>3</td></tr></table>"
    (document,) = read("m.eml", bytes(message("Fees", table, subtype="html")))
    (passage,) = split_document(document, 2000)
    places = [passage.location(passage.start + sentence.start).name for sentence in passage.sentences]
    sent = "from Ilse Kärg, 2024-03-12 10:15"
    assert (places[0], places[-1]) == (sent, f"{sent}, row 2")


def test_a_notebook_is_its_text_its_code_and_what_it_printed(read):
    picture = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(b"x" * 900).decode(), "text/plain": "<F>"},
    }
    cells = [
        {"cell_type": "markdown", "source": ["# Yield\n", "\n", "61 percent at 340 kelvin."]},
        {"cell_type": "code", "source": "print(3)", "outputs": [{"text": ["3\n"]}, picture]},
    ]
    (document,) = read("y.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    assert document.title == "Yield"
    assert document.text == "# Yield\n\n61 percent at 340 kelvin.\n\n```\nprint(3)\n```\n\n```\n3\n```"


@pytest.mark.parametrize("name", ["t.srt", "t.vtt"])
def test_the_cues_of_subtitles_are_joined_to_sentences_with_their_times(read, name):
    comma = "," if name == "t.srt" else "."
    cues = [
        ("00:00:01", "Welcome to the"),
        ("00:00:04", "<i>meeting</i>. Our treasurer"),
        ("01:00:08", "is Wilma Haas."),
    ]
    head = "" if name == "t.srt" else "WEBVTT\n\n"
    text = head + "\n\n".join(f"{n}\n{at}{comma}000 --> {at}{comma}900\n{words}" for n, (at, words) in enumerate(cues))
    (document,) = read(name, text)
    assert document.text == "Welcome to the meeting. Our treasurer is Wilma Haas."
    assert place_of(document, "Our treasurer") == (0, "0:00:04")
    assert place_of(document, "is Wilma") == (0, "1:00:08")


@pytest.mark.parametrize(("name", "hint"), [("a.doc", ".docx"), ("a.ppt", ".pptx"), ("a.mobi", ".epub")])
def test_an_old_format_says_what_to_save_it_as(read, name, hint):
    with pytest.raises(DocumentError, match=rf"a format that is not read \(save it as \{hint}\)"):
        read(name, b"\xd0\xcf\x11\xe0")


# -- PDF -------------------------------------------------------------------------------------------------------


def test_words_that_a_line_end_breaks_are_whole_and_hyphens_that_belong_stay(read):
    texts = ["The converter of Dr Salva-", "tore Ricci is a self-", "made one of the Meyer-", "Landrut works, a low-"]
    texts += ["cost part.", "It is a low-cost part of the pump."]
    (document,) = read("x.pdf", pdf([lines(texts)]))
    assert document.text == (
        "The converter of Dr Salvatore Ricci is a self-made one of the Meyer-Landrut works, a low-cost part.\n\n"
        "It is a low-cost part of the pump."
    )


def test_columns_are_read_one_after_the_other(read):
    first = ["The ferry to Skar leaves", "at nine from the north", "quay. Tickets are sold", "by Halvor Dahl."]
    right = ["The museum opens at ten", "and closes at five. The", "guide is Sunniva Berg,", "who runs the café."]
    woven = [placed for pair in zip(lines(first), lines(right, x=320), strict=True) for placed in pair]
    (document,) = read("x.pdf", pdf([woven]))
    assert document.text == (
        "The ferry to Skar leaves at nine from the north quay. Tickets are sold by Halvor Dahl.\n\n"
        "The museum opens at ten and closes at five. The guide is Sunniva Berg, who runs the café."
    )


def test_running_heads_and_page_numbers_are_left_out_and_a_sentence_goes_over_the_page(read):
    bodies = [
        "The slipway was rebuilt after the storm and is",
        "used by the club, whose chair",
        "owns the boats. Page 3 tells more.",
    ]
    pages = [
        [(60, 800, 8, "HARBOUR GAZETTE - Vol 12"), *lines([body], top=700), (280, 30, 8, f"- {number} -")]
        for number, body in enumerate(bodies, start=1)
    ]
    (document,) = read("x.pdf", pdf(pages))
    assert document.text == " ".join(bodies)
    assert [place_of(document, words) for words in ("The slipway", "used by", "owns")] == [(1, ""), (2, ""), (3, "")]


def test_lines_that_only_count_alike_are_no_running_heads(read):
    pages = [lines([f"Section {n}. Page {n} of the book tells of machine M{n}."]) for n in range(1, 6)]
    (document,) = read("x.pdf", pdf(pages))
    assert "Section 4. Page 4 of the book tells of machine M4." in document.text


def test_larger_type_is_a_heading_and_aligned_cells_are_a_table(read):
    rows = [["part", "price", "supplier"], ["valve", "27 euros", "Brevik"], ["pump", "310 euros", "Osei"]]
    cells = [(60 + 150 * x, 700 - 14 * y, 10, cell) for y, row in enumerate(rows) for x, cell in enumerate(row)]
    (document,) = read(
        "x.pdf", pdf([[(60, 760, 18, "Price list"), *cells, *lines(["Prices are without tax."], top=600)]])
    )
    assert document.text == (
        "# Price list\n\n| part | price | supplier |\n| --- | --- | --- |\n| valve | 27 euros | Brevik |\n"
        "| pump | 310 euros | Osei |\n\nPrices are without tax."
    )
    assert document.title == "Price list"
    assert quotable(document)["| pump | 310 euros | Osei |"] == "| part | price | supplier |"


def test_paragraphs_and_items_are_told_apart(read):
    texts = lines(["One paragraph goes on", "in a second line.", "\x95 bring oil", "\x95 bring a rope"])
    texts = [(x, y, size, text.replace("\x95", "•")) for x, y, size, text in texts]
    (document,) = read("x.pdf", pdf([[*texts, *lines(["Another one."], top=640)]]))
    assert document.text == "One paragraph goes on in a second line.\n\n- bring oil\n- bring a rope\n\nAnother one."
