"""A library whose answers stand in cells of tables and in recognised pictures, with forty questions.

The contents stand in `tests/whole/libraries/tables.txt`, a document after each line of the form `=== NAME`; cells are
separated by tabs, pages by form feeds. A sheet of a workbook begins with `# NAME CELL`, its first cell.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pypdfium2
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

from tests.support import ROOT
from tests.support.foreign_files import Placed, docx, paragraph, pdf, word_table, xlsx

_TEXTS = ROOT / "tests" / "whole" / "libraries" / "tables.txt"
_SHEET = re.compile(r"^# (\S+) ([A-Z])(\d+)$", re.MULTILINE)


class Asked(NamedTuple):
    """A question, its file, the words of the cells or of the computed value, and the place that is cited first."""

    question: str
    file: str
    answers: tuple[str, ...]
    place: str
    is_computed: bool = False


QUESTIONS = (
    Asked("What did the harbour dues for March come to?", "harbour-accounts.xlsx", ("437.2",), "sheet Dues, B4"),
    Asked("When was the electricity for September paid?", "harbour-accounts.xlsx", ("2023-10-03",), "sheet Dues, D10"),
    Asked("What was the total of the electricity over the year?", "harbour-accounts.xlsx", ("791.60",),
          "sheet Dues, C2:C13", True),
    Asked("Which boat has the deepest draught?", "harbour-accounts.xlsx", ("Saltbox", "2.3"), "sheet Berths, F7", True),
    Asked("How long is the Morning Tide?", "harbour-accounts.xlsx", ("11.2",), "sheet Berths, E5"),
    Asked("Which boats belong to Oda Venn?", "harbour-accounts.xlsx", ("Kestrel", "Little Egret"), "sheet Berths, C4"),
    Asked("In which month was the electricity cheapest?", "harbour-accounts.xlsx", ("July", "37.2"), "sheet Dues, C8",
          True),
    Asked("What is the average length of the boats?", "harbour-accounts.xlsx", ("9.73",), "sheet Berths, E4:E9", True),
    Asked("How much was spent on rope in total?", "expenses.csv", ("1,949.55",), "row 2, column Amount", True),
    Asked("Which item was the most expensive?", "expenses.csv", ("Mooring rope 16 mm", "1,240.50"),
          "row 2, column Amount", True),
    Asked("What is the sum of everything bought from Norgren?", "expenses.csv", ("734.15",), "rows 3-4, column Amount",
          True),
    Asked("Who supplied the anchor chain?", "expenses.csv", ("Ironmonger Sahl",), "row 8, column Supplier"),
    Asked("How many purchases were made from Ironmonger Sahl?", "expenses.csv",
          ("2", "Shackles and blocks", "Anchor chain 40 m"), "row 6, column Supplier", True),
    Asked("What was bought on 11 May 2023?", "expenses.csv", ("Sheet 12 mm",), "row 9, column Item"),
    Asked("Was hat der Strom im Winterlager gekostet?", "nebenkosten.csv", ("417,35 €",), "row 3, column Betrag"),
    Asked("Wie hoch waren die Nebenkosten für den Strom insgesamt?", "nebenkosten.csv", ("976,40 €",),
          "row 3, column Betrag", True),
    Asked("Welcher Posten war am teuersten?", "nebenkosten.csv", ("Heizung", "1.284,60 €"), "row 2, column Betrag",
          True),
    Asked("What is the phone number of Ysolde Carne?", "crew.md", ("0442 771 903",), "row 2, column Phone"),
    Asked("Who joined the crew last?", "crew.md", ("Maren Holt", "2022-07-08"), "row 6, column Joined", True),
    Asked("How many deckhands are on the crew list?", "crew.md", ("2", "Femke Aalders", "Maren Holt"),
          "row 4, column Role", True),
    Asked("How many training hours has the crew altogether?", "crew.md", ("246",), "rows 2-6, column Training hours",
          True),
    Asked("Who has the fewest training hours?", "crew.md", ("Maren Holt", "17"), "row 6, column Training hours", True),
    Asked("How many rooms have no window?", "rooms.html", ("3", "Gannet", "Sandpiper", "Whimbrel"),
          "row 3, column Windows", True),
    Asked("What does the Puffin cost per night?", "rooms.html", ("31.00",), "row 4, column Price per night"),
    Asked("How many beds are there on the second floor?", "rooms.html", ("6",), "rows 4-6, column Beds", True),
    Asked("Which room is the cheapest?", "rooms.html", ("Whimbrel", "27.00"), "row 7, column Price per night", True),
    Asked("Which rooms are on the first floor?", "rooms.html", ("Cormorant", "Gannet"), "row 2, column Room"),
    Asked("When is low water on 3 October?", "tides.pdf", ("11:58",), "p. 2, row 4, column Low water"),
    Asked("Which day has the greatest height?", "tides.pdf", ("4 October", "5.44 m"), "p. 2, row 5, column Height",
          True),
    Asked("Welche Lieferanten sind aus Bremen?", "lieferanten.docx", ("Seilerei Lüders", "Holzhandel Detmers"),
          "row 2, column Lieferant"),
    Asked("Wie viel Rabatt gibt Farben Kruse?", "lieferanten.docx", ("8 %",), "row 3, column Rabatt"),
    Asked("Welcher Lieferant gibt den höchsten Rabatt?", "lieferanten.docx", ("Segelmacher Thoms", "12 %"),
          "row 5, column Rabatt", True),
    Asked("Was liefert Beschläge Wiebe?", "lieferanten.docx", ("Schrauben und Klampen",), "row 6, column Liefert"),
    Asked("When is the slipway winch out of use?", "winch-sign.png", ("14 to 21 October",), "picture"),
    Asked("Where does the spare crank hang?", "winch-sign.png", ("door of the pump house",), "picture"),
    Asked("What did the deck brush cost?", "chandlery-receipt.png", ("18.75",), "picture, row 4, column Price"),
    Asked("How many pieces of sail needles were bought?", "chandlery-receipt.png", ("12",),
          "picture, row 5, column Pieces"),
    Asked("Which frame has the highest moisture?", "scan-survey.pdf", ("Frame 19", "31"),
          "p. 2, row 6, column Moisture", True),
    Asked("When was the rudder last taken off?", "scan-survey.pdf", ("spring of 2016",), "p. 1"),
    Asked("In what condition is frame 11?", "scan-survey.pdf", ("soft",), "p. 2, row 4, column Condition"),
)  # fmt: skip
"""Forty questions; the files were written before them."""

UNCOMPUTED = (
    "How much was spent on oars in total?",
    "How many rooms have a balcony?",
    "How much was spent on rope in 2019 in total?",
    "What is the sum of the phone numbers of the crew?",
    "What is the average role of the crew?",
    "Why is rope so expensive?",
    "What did the harbour dues for March come to?",
    "How much did the anchor chain cost?",
    "Wie viele Lieferanten sind aus Hamburg?",
    "How many rooms have no shower?",
)
"""Questions to which no number may be computed: the tables have not what is asked, or nothing is to be computed."""


def write_table_library(folder: Path, *, with_cells: bool = True) -> None:
    """Write the documents into a folder; without cells, tables have no rows but the header, and pictures no text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _documents():
        content = text if with_cells else "\n".join(_without_rows(text.splitlines(), name))
        (folder / name).write_bytes(_written(name, content))


def _documents() -> Iterator[tuple[str, str]]:
    for document in _TEXTS.read_text(encoding="utf-8").split("\n=== "):
        name, _, text = document.removeprefix("=== ").partition("\n")
        yield name, f"{text.rstrip()}\n"


def _without_rows(lines: Sequence[str], name: str) -> Iterator[str]:
    if name.startswith("scan") or name.endswith(".png"):
        return
    is_row = re.compile(r".*\t|\| |.*;" if name != "expenses.csv" else ".*,")
    has_header = False
    for line in lines:
        has_header = has_header and not _SHEET.match(line)
        is_cell = bool(is_row.match(line)) or line.startswith("<tr><td>")
        if not is_cell or (not has_header and "<td>" not in line):
            yield line
        has_header = has_header or is_cell


def _written(name: str, text: str) -> bytes:
    suffix = Path(name).suffix
    if suffix == ".xlsx":
        return xlsx(dict(_sheets(text)))
    if suffix == ".docx":
        return docx("".join(_word_blocks(text.splitlines())))
    if suffix == ".png":
        return png(_pixels(text))
    if name.startswith("scan"):
        return _scan([_pixels(page) for page in text.split("\f\n")])
    if suffix == ".pdf":
        return pdf([list(_placed(page)) for page in text.split("\f\n")])
    return text.encode()


def _sheets(text: str) -> Iterator[tuple[str, Mapping[str, str | float]]]:
    starts = list(_SHEET.finditer(text))
    for match, end in zip(starts, [*(match.start() for match in starts[1:]), len(text)], strict=True):
        cells: dict[str, str | float] = {}
        for row, line in enumerate(text[match.end() + 1 : end].splitlines(), start=int(match[3])):
            for column, value in enumerate(line.split("\t"), start=ord(match[2])):
                if value:
                    number = re.fullmatch(r"\d+(?:\.\d+)?", value)
                    cells[f"{chr(column)}{row}"] = float(value) if number else value
        yield match[1], cells


def _word_blocks(lines: Sequence[str]) -> Iterator[str]:
    rows = [line.split("\t") for line in lines if "\t" in line]
    first = next((number for number, line in enumerate(lines) if "\t" in line), len(lines))
    yield from (paragraph(line) for line in lines[:first])
    yield word_table(rows)
    yield from (paragraph(line) for line in lines[first:] if "\t" not in line)


def _placed(text: str, *, size: float = 11, pitch: float = 20) -> Iterator[Placed]:
    for number, line in enumerate(text.splitlines()):
        for column, words in enumerate(line.split("\t")):
            yield 60 + 130 * column, 760 - pitch * number, size, words


def _pixels(text: str) -> np.ndarray:
    """Draw a page of text as shades of grey."""
    page = pypdfium2.PdfDocument(pdf([list(_placed(text, size=14, pitch=28))]))[0]
    return np.array(page.render(scale=2, grayscale=True).to_numpy()).reshape(1684, 1190)


def png(pixels: np.ndarray) -> bytes:
    """Encode shades of grey as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _scan(pictures: Sequence[np.ndarray]) -> bytes:
    """Write a PDF whose pages are pictures."""
    writer = PdfWriter()
    for picture in pictures:
        stream = StreamObject()
        stream.set_data(picture.tobytes())
        sizes = {"/Width": picture.shape[1], "/Height": picture.shape[0], "/BitsPerComponent": 8}
        stream.update({NameObject(key): NumberObject(value) for key, value in sizes.items()})
        names = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}
        stream.update({NameObject(key): NameObject(value) for key, value in names.items()})
        page, drawn = writer.add_blank_page(595, 842), StreamObject()
        drawn.set_data(b"q 595 0 0 842 0 0 cm /I Do Q")
        pictures_of_page = DictionaryObject({NameObject("/I"): writer._add_object(stream)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): pictures_of_page})
        page[NameObject("/Contents")] = writer._add_object(drawn)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
