"""Read Word, PowerPoint and OpenDocument files."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from engine.documents.document import Extract
from engine.documents.foreign.markdown_writer import MarkdownWriter
from engine.documents.foreign.packed_xml import Package, attribute, child, local, properties

_LEVEL = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|otsikko|nagłówek)\s*([1-9])", re.IGNORECASE)


# -- Word ----------------------------------------------------------------------------------------------------


def read_docx(path: Path) -> list[Extract]:
    """Return the body of a Word document with its footnotes, without headers, footers, comments and deleted text."""
    package = Package(path)
    title, metadata = properties(package.xml("docProps/core.xml"))
    word = _Word(package)
    word.write(package.xml("word/document.xml"))
    for notes in ("footnotes", "endnotes"):
        for note in package.xml(f"word/{notes}.xml"):
            if attribute(note, "type") not in {"separator", "continuationSeparator", "continuationNotice"}:
                text = " ".join(word.text(p) for p in note.iter() if local(p) == "p")
                word.writer.paragraph(f"[^{attribute(note, 'id')}]: {text}" if text.strip() else "")
    return [word.writer.extract(title, metadata)]


class _Word:
    """Writes the blocks of a Word document; `lastRenderedPageBreak` is where Word last ended a page."""

    def __init__(self, package: Package) -> None:
        self.writer = MarkdownWriter()
        self._styles = _word_styles(package.xml("word/styles.xml"))
        self._page = 0

    def write(self, root: Element) -> None:
        """Write the paragraphs and tables in an element, also those in content controls and sections."""
        if any(local(element) == "lastRenderedPageBreak" for element in root.iter()):
            self._page = 1
            self.writer.locate(1)
        pending = [root]
        while pending:
            element = pending.pop()
            if local(element) == "p":
                self._paragraph(element)
            elif local(element) == "tbl":
                self.writer.table([[self.text(cell) for cell in row if local(cell) == "tc"] for row in element])
                self._turn_pages(element)
            elif local(element) in {"document", "body", "sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"}:
                pending.extend(reversed(element))

    def text(self, root: Element) -> str:
        """Return the words in an element, as if all tracked changes were accepted."""
        words: list[str] = []
        pending = [root]
        while pending:
            element = pending.pop()
            name = local(element)
            if name == "t":
                words.append(element.text or "")
            elif name in {"tab", "cr", "br", "noBreakHyphen"}:
                words.append({"tab": " ", "noBreakHyphen": "-"}.get(name, "\n"))
            elif name in {"footnoteReference", "endnoteReference"}:
                words.append(f"[^{attribute(element, 'id')}]")
            elif name not in {"del", "moveFrom", "Fallback", "pPr", "rPr", "instrText"}:
                pending.extend(reversed(element))
                words.append(" " if name == "p" and words else "")
        return "".join(words)

    def _paragraph(self, element: Element) -> None:
        style = self._styles.get(attribute(child(element, "pPr", "pStyle"), "val"), (0, -1))
        numbering = child(element, "pPr", "numPr")
        depth = int(attribute(child(numbering, "ilvl"), "val") or 0) if numbering is not None else style[1]
        outline = attribute(child(element, "pPr", "outlineLvl"), "val")
        text = self.text(element)
        if level := int(outline) + 1 if outline.isdecimal() and int(outline) < 9 else style[0]:  # noqa: PLR2004 - body text
            self.writer.heading(text, level)
        elif depth >= 0:
            self.writer.item(text, depth)
        else:
            self.writer.paragraph(text)
        self._turn_pages(element)

    def _turn_pages(self, element: Element) -> None:
        if self._page and (turned := sum(local(inner) == "lastRenderedPageBreak" for inner in element.iter())):
            self._page += turned
            self.writer.locate(self._page)


def _word_styles(root: Element) -> dict[str, tuple[int, int]]:
    """Return by style id the level of its heading (0: none) and the depth of its list (-1: none)."""
    styles = {}
    for style in root:
        name = attribute(child(style, "name"), "val")
        match = _LEVEL.fullmatch(name)
        level = int(match[1]) if match else int(name.lower() == "title")
        is_list = child(style, "pPr", "numPr") is not None or name.lower().startswith("list ")
        styles[attribute(style, "styleId")] = level, 0 if is_list and not level else -1
    return styles


# -- PowerPoint ----------------------------------------------------------------------------------------------


def read_pptx(path: Path) -> list[Extract]:
    """Return the slides of a presentation with the speaker's notes; the page is the number of the slide."""
    package, writer = Package(path), MarkdownWriter()
    title, metadata = properties(package.xml("docProps/core.xml"))
    slides = package.related("ppt/presentation.xml")
    order = [attribute(e, "id") for e in package.xml("ppt/presentation.xml").iter() if local(e) == "sldId"]
    names = [slides[key][1] for key in (_relation_ids(package) or order) if key in slides]
    for number, name in enumerate(names, start=1):
        writer.locate(number)
        _write_slide(package.xml(name), writer)
        for kind, target in package.related(name).values():
            if kind == "notesSlide":
                _write_notes(package.xml(target), writer)
            elif kind == "diagramData":
                for paragraph in package.xml(target).iter():
                    writer.item(_slide_text(paragraph) if local(paragraph) == "p" else "")
    return [writer.extract(title, metadata)]


def _relation_ids(package: Package) -> list[str]:
    """Return the relation ids of the slides in order: of two attributes called `id` the one with a namespace."""
    slides = (e for e in package.xml("ppt/presentation.xml").iter() if local(e) == "sldId")
    return [value for slide in slides for key, value in slide.items() if key.endswith("}id")]


def _placeholder(shape: Element) -> str:
    return attribute(child(shape, "nvSpPr", "nvPr", "ph"), "type")


def _write_slide(root: Element, writer: MarkdownWriter) -> None:
    shapes = [element for element in root.iter() if local(element) in {"sp", "tbl"}]
    for shape in shapes:
        if local(shape) == "tbl":
            writer.table([[_slide_text(cell) for cell in row if local(cell) == "tc"] for row in shape])
            continue
        kind, paragraphs = _placeholder(shape), [e for e in shape.iter() if local(e) == "p"]
        if kind in {"title", "ctrTitle"}:
            writer.heading(" ".join(map(_slide_text, paragraphs)), 2)
        elif kind not in {"dt", "ftr", "sldNum", "sldImg"}:
            for paragraph in paragraphs:
                level = attribute(child(paragraph, "pPr"), "lvl")
                if len(paragraphs) > 1:
                    writer.item(_slide_text(paragraph), int(level) if level.isdecimal() else 0)
                else:
                    writer.paragraph(_slide_text(paragraph))


def _write_notes(root: Element, writer: MarkdownWriter) -> None:
    for shape in root.iter():
        if local(shape) == "sp" and _placeholder(shape) == "body":
            for paragraph in shape.iter():
                writer.paragraph(_slide_text(paragraph) if local(paragraph) == "p" else "")


def _slide_text(root: Element) -> str:
    return "".join("\n" if local(e) == "br" else e.text or "" for e in root.iter() if local(e) in {"t", "br"})


# -- OpenDocument --------------------------------------------------------------------------------------------


def read_odf(path: Path) -> list[Extract]:
    """Return a text or a presentation in OpenDocument; the page is the number of the slide."""
    package, writer = Package(path), MarkdownWriter()
    title, metadata = properties(package.xml("meta.xml"))
    pending: list[tuple[Element, int]] = [(package.xml("content.xml"), -1)]
    page = 0
    while pending:
        element, depth = pending.pop()
        name = local(element)
        if name == "h":
            level = attribute(element, "outline-level")
            writer.heading(_odf_text(element), int(level) if level.isdecimal() else 1)
        elif name == "p" and depth >= 0:
            writer.item(_odf_text(element), depth)
        elif name == "p":
            writer.paragraph(_odf_text(element))
            pending += [(frame, -1) for frame in element if local(frame) == "frame"]
        elif name == "table":
            writer.table([[_odf_text(cell) for cell in row if "cell" in local(cell)] for row in _rows(element)])
        elif name not in {"tracked-changes", "forms", "annotation", "notes", "automatic-styles", "font-face-decls"}:
            if name == "page":
                page += 1
                writer.locate(page)
            inner = depth + 1 if name == "list" else depth
            pending.extend((part, inner) for part in reversed(element))
    return [writer.extract(title, metadata)]


def _rows(table: Element) -> list[Element]:
    return [row for row in table.iter() if local(row) == "table-row"]


def _odf_text(root: Element) -> str:
    """Return the words in an element with footnotes at their references, without comments and text boxes."""
    words: list[str] = []
    pending: list[Element | str] = [root]
    while pending:
        element = pending.pop()
        if isinstance(element, str):
            words.append(element)
            continue
        name = local(element)
        if name in {"s", "tab", "line-break"}:
            words.append("\n" if name == "line-break" else " ")
        elif name in {"note-body", "p"} and element is not root:
            words.append(" ")
        if name not in {"annotation", "note-citation", "frame"}:
            words.append(element.text or "")
            for inner in reversed(element):
                pending += [inner.tail or "", inner]
    return "".join(words)
