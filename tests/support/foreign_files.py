"""Small files of foreign formats, made as the formats say: zip archives of XML, PDF pages, messages."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
_DC = "http://purl.org/dc/elements/1.1/"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """A zip archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return written.getvalue()


def core(title: str) -> str:
    """The properties of an Office document."""
    return f'<cp xmlns:dc="{_DC}"><dc:title>{title}</dc:title><dc:creator>Ilse Karg</dc:creator></cp>'


def docx(body: str, *, title: str = "", more: Mapping[str, str] | None = None) -> bytes:
    """A Word document; `body` is its XML with the prefix w."""
    styles = (
        '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="L"><w:name w:val="List Bullet"/></w:style>'
    )
    root = f'xmlns:w="{_W}" xmlns:mc="m"'
    members = {
        "docProps/core.xml": core(title),
        "word/styles.xml": f"<w:styles {root}>{styles}</w:styles>",
        "word/document.xml": f"<w:document {root}><w:body>{body}</w:body></w:document>",
        **(more or {}),
    }
    return archive(members)


def paragraph(text: str, *, style: str = "") -> str:
    """A paragraph of Word."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of Word."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def pptx(slides: Sequence[tuple[str, Sequence[str], str]]) -> bytes:
    """A presentation of slides: their title, their lines, the speaker's notes. They are stored in reverse order."""
    root = f'xmlns:a="{_A}" xmlns:p="{_P}" xmlns:r="{_R}"'
    members, relations, order = {}, "", ""
    for number, (title, lines, notes) in enumerate(slides, start=1):
        name = f"slide{len(slides) - number + 1}"
        relations += f'<Relationship Id="r{number}" Type="{_R}/slide" Target="slides/{name}.xml"/>'
        order += f'<p:sldId id="{255 + number}" r:id="r{number}"/>'
        members[f"ppt/slides/{name}.xml"] = f"<p:sld {root}>{_shape('title', [title])}{_shape('body', lines)}</p:sld>"
        link = f'<Relationship Id="n" Type="{_R}/notesSlide" Target="../notesSlides/{name}.xml"/>'
        members[f"ppt/slides/_rels/{name}.xml.rels"] = f'<Relationships xmlns="{_REL}">{link}</Relationships>'
        members[f"ppt/notesSlides/{name}.xml"] = f"<p:notes {root}>{_shape('body', [notes])}</p:notes>"
    members["ppt/presentation.xml"] = f"<p:presentation {root}><p:sldIdLst>{order}</p:sldIdLst></p:presentation>"
    members["ppt/_rels/presentation.xml.rels"] = f'<Relationships xmlns="{_REL}">{relations}</Relationships>'
    return archive(members)


def _shape(kind: str, lines: Sequence[str]) -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>'


def odt(body: str, *, title: str = "") -> bytes:
    """A text in OpenDocument; `body` is its XML with the prefixes text, table and office."""
    spaces = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "table", "draw"))
    content = f"<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body>"
    meta = f'<office:meta {spaces} xmlns:dc="{_DC}"><dc:title>{title}</dc:title></office:meta>'
    return archive({"content.xml": f"{content}</office:document-content>", "meta.xml": meta})


def xlsx(sheets: Mapping[str, Mapping[str, str | float]]) -> bytes:
    """A workbook of sheets, each as its cells."""
    members, names, relations = {}, "", ""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    for number, (name, cells) in enumerate(sheets.items(), start=1):
        names += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        relations += f'<Relationship Id="r{number}" Type="{_R}/worksheet" Target="worksheets/s{number}.xml"/>'
        data = "".join(
            f'<row r="{cell.lstrip("ABCDEFGXYZ")}">{_cell(cell, value)}</row>' for cell, value in cells.items()
        )
        members[f"xl/worksheets/s{number}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'
    members["xl/workbook.xml"] = f'<workbook xmlns="{main}" xmlns:r="{_R}"><sheets>{names}</sheets></workbook>'
    link = f'<Relationship Id="r1" Type="{_R}/officeDocument" Target="xl/workbook.xml"/>'
    members["_rels/.rels"] = f'<Relationships xmlns="{_REL}">{link}</Relationships>'
    members["xl/_rels/workbook.xml.rels"] = f'<Relationships xmlns="{_REL}">{relations}</Relationships>'
    return archive(members)


def _cell(cell: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{cell}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{cell}"><v>{value}</v></c>'


def epub(chapters: Mapping[str, str], *, title: str = "") -> bytes:
    """A book of chapters in order of reading, each as its XHTML."""
    items = "".join(f'<item id="{name}" href="{name}.xhtml"/>' for name in sorted(chapters))
    spine = "".join(f'<itemref idref="{name}"/>' for name in chapters)
    metadata = f'<metadata xmlns:dc="{_DC}"><dc:title>{title}</dc:title></metadata>'
    return archive(
        {
            "META-INF/container.xml": '<c><rootfiles><rootfile full-path="o/b.opf"/></rootfiles></c>',
            "o/b.opf": f"<package>{metadata}<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"o/{name}.xhtml": f"<html><body>{text}</body></html>" for name, text in chapters.items()},
        }
    )


Placed = tuple[float, float, float, str]
"""Words on a page: from the left and from the bottom, in points; the size of the type; the words."""


def pdf(pages: Sequence[Sequence[Placed]], *, title: str = "") -> bytes:
    """A PDF of words at places."""
    writer = PdfWriter()
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    font = writer._add_object(DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()}))
    for words in pages:
        page, stream = writer.add_blank_page(595, 842), StreamObject()
        drawn = (f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in words)
        stream.set_data("\n".join(drawn).encode("cp1252"))
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def lines(
    texts: Sequence[str], *, x: float = 60, top: float = 760, size: float = 10, pitch: float = 14
) -> list[Placed]:
    """Lines of a paragraph, one below the other."""
    return [(x, top - pitch * number, size, text) for number, text in enumerate(texts)]


def msg(streams: Mapping[str, str]) -> bytes:
    """A message of Outlook: a compound file with one stream for each property tag. Streams lie in the mini stream."""
    contents = {f"__substg1.0_{tag}001F": text.encode("utf-16-le") for tag, text in streams.items()}
    mini = b"".join(data.ljust(-(-len(data) // 64) * 64, b"\0") for data in contents.values())
    mini_fat, starts, sector = [], [], 0
    for data in contents.values():
        count = max(1, -(-len(data) // 64))
        starts.append(sector)
        mini_fat += [*range(sector + 1, sector + count), 0xFFFFFFFE]
        sector += count
    entries = [_entry("Root Entry", 5, 2, len(mini), child=1)]
    names = list(contents)
    for number, (name, start) in enumerate(zip(names, starts, strict=True), start=1):
        following = number + 1 if number < len(names) else 0xFFFFFFFF
        entries.append(_entry(name, 2, start, len(contents[name]), right=following))
    directory = _sectors(b"".join(entries))
    table = _sectors(struct.pack(f"<{len(mini_fat)}I", *mini_fat), b"\xff")
    data = _sectors(mini)
    sizes = [len(directory) // 512, len(data) // 512, len(table) // 512]  # after the sector of the FAT itself
    first = [1, 1 + sizes[0], 1 + sizes[0] + sizes[1]]
    fat = [0xFFFFFFFD]
    for start, size in zip(first, sizes, strict=True):
        fat += [*range(start + 1, start + size), 0xFFFFFFFE]
    entries[0] = _entry("Root Entry", 5, first[1], len(mini), child=1)
    directory = _sectors(b"".join(entries))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, first[0], 0, 4096, first[2], sizes[2], 0xFFFFFFFE, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + _sectors(struct.pack(f"<{len(fat)}I", *fat), b"\xff") + directory + data + table


def _sectors(data: bytes, filler: bytes = b"\0") -> bytes:
    return data.ljust(max(512, -(-len(data) // 512) * 512), filler)


def _entry(name: str, kind: int, start: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF) -> bytes:
    coded = name.encode("utf-16-le")
    head = coded.ljust(64, b"\0") + struct.pack("<HBB", len(coded) + 2, kind, 1)
    return head + struct.pack("<III16x4x16xIQ", 0xFFFFFFFF, right, child, start, size)


def photograph(moment: str) -> bytes:
    """A JPEG of nothing but its EXIF block: when, where and with what it was taken."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + count.to_bytes(4, "big") + value.ljust(4, b"\0")

    def directory(entries: list[bytes]) -> bytes:
        return len(entries).to_bytes(2, "big") + b"".join(entries) + bytes(4)

    def degrees(*parts: int) -> bytes:
        return b"".join(part.to_bytes(4, "big") + (1).to_bytes(4, "big") for part in parts)

    values = {"moment": moment.encode() + b"\0", "north": degrees(59, 54, 30), "east": degrees(10, 45, 0)}
    at, offsets = 200, {}
    for name, value in values.items():
        offsets[name] = at.to_bytes(4, "big")
        at += len(value) + len(value) % 2
    data = b"".join(value.ljust(len(value) + len(value) % 2, b"\0") for value in values.values())
    moments = entry(0x0132, 2, 20, offsets["moment"])
    main = directory([entry(0x0110, 2, 4, b"EOS\0"), moments, entry(0x8825, 4, 1, (100).to_bytes(4, "big"))])
    north = [entry(1, 2, 2, b"N\0"), entry(2, 5, 3, offsets["north"])]
    gps = directory([*north, entry(3, 2, 2, b"E\0"), entry(4, 5, 3, offsets["east"])])
    tiff = (b"MM\0*" + (8).to_bytes(4, "big") + main).ljust(100, b"\0")
    tiff = (tiff + gps).ljust(200, b"\0") + data
    block = b"Exif\0\0" + tiff
    return b"\xff\xd8\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + b"\xff\xd9"
