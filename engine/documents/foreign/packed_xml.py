"""Read zip archives of XML: their members, within limits, and their document properties."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, XMLParser  # confined, and expat bounds entities

from engine.documents.foreign.markdown_writer import clean
from engine.errors import DocumentError

MAX_MEMBER = 100_000_000  # bytes of one unpacked member
_PIECE = 1 << 20

_TERMS = {
    "creator": "author",
    "date": "date",
    "modified": "date",
    "created": "date",
    "keywords": "tags",
    "subject": "tags",
}


class Package:
    """An open archive. Raises DocumentError if it is damaged or encrypted, or if a member unpacks to too much."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            if path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0":  # how Office stores a document that has a password
                raise DocumentError("encrypted", hint="save a copy without a password") from error
            raise DocumentError("damaged: no archive of its format") from error

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def names(self) -> list[str]:
        """Return the names of all members."""
        return self._archive.namelist()

    def read(self, name: str) -> bytes:
        """Return a member; empty if there is none of this name."""
        return b"".join(self._pieces(name))

    def xml(self, name: str) -> Element:
        """Return the root of an XML member; an empty element if there is no such member."""
        if name not in self:
            return Element("none")
        parser = XMLParser()  # noqa: S314 - confined, and expat bounds entities
        try:
            for piece in self._pieces(name):
                parser.feed(piece)
            root: Element = parser.close()
        except ParseError as error:
            raise DocumentError(f"damaged: {name} is no XML: {error}") from error
        return root

    def _pieces(self, name: str) -> Iterator[bytes]:
        if name not in self:
            return
        size = 0
        try:
            with self._archive.open(name) as member:
                while piece := member.read(_PIECE):
                    size += len(piece)
                    if size > MAX_MEMBER:
                        raise DocumentError(f"unpacks to more than {MAX_MEMBER / 1e6:g} MB")
                    yield piece
        except RuntimeError as error:
            raise DocumentError("encrypted", hint="save a copy without a password") from error
        except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
            raise DocumentError(f"damaged: {name} cannot be unpacked") from error

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return by id the type (its last word) and the target of each relation of a member of an Office document.

        Targets outside the archive are left out.
        """
        folder, file = posixpath.split(name)
        targets = {}
        for relation in self.xml(f"{folder}/_rels/{file}.rels"):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
                targets[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target.lstrip("/"))
        return targets


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its name without namespace; empty if there is none."""
    if element is None:
        return ""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def child(element: Element | None, *names: str) -> Element | None:
    """Return the first child with a name, of that one the first with the next name, and so on."""
    for name in names:
        element = next((inner for inner in element if local(inner) == name), None) if element is not None else None
    return element


def properties(root: Element) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Return title, author, date and tags from the properties of a document."""
    title, metadata = "", dict[str, tuple[str, ...]]()
    for element in root.iter():
        name, value = local(element), clean(element.text or "")
        if name == "title" and not title:
            title = value
        elif value and (term := _TERMS.get(name)):
            metadata[term] = (value[:200],)
    return title, metadata
