"""Read electronic books (EPUB): their chapters in reading order."""

import posixpath
from pathlib import Path
from urllib.parse import unquote

from engine.documents.document import Extract
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MarkdownWriter
from engine.documents.foreign.packed_xml import Package, attribute, local, properties
from engine.documents.foreign.web_page import write_page
from engine.errors import DocumentError


def read_epub(path: Path) -> list[Extract]:
    """Return the chapters of a book as one text. Raises DocumentError."""
    package, writer = Package(path), MarkdownWriter()
    roots = (e for e in package.xml("META-INF/container.xml").iter() if local(e) == "rootfile")
    name = next((attribute(root, "full-path") for root in roots), "")
    book = package.xml(name)
    title, metadata = properties(next((e for e in book if local(e) == "metadata"), book))
    items = {attribute(item, "id"): item for item in book.iter() if local(item) == "item"}
    for reference in (e for e in book.iter() if local(e) == "itemref"):
        item = items.get(attribute(reference, "idref"))
        if item is None or "nav" in attribute(item, "properties").split():
            continue
        chapter = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(attribute(item, "href"))))
        if (
            "encryption" in f"{package.names()}"
            and not package.read(chapter).lstrip(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
        ):
            raise DocumentError("encrypted", hint="it is sold with copy protection")
        write_page(decode(package.read(chapter), declares=True)[0], writer)
    return [writer.extract(title, metadata)]
