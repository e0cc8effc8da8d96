"""Read web pages: the visible text of their main part, without menus and hidden elements."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.documents.document import Extract
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MarkdownWriter, clean

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN = frozenset(
    "script style template noscript svg math head iframe object select button nav dialog -comment".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form"
    " header hgroup hr legend li main ol p section summary table td th tr ul".split()
)
_AROUND = frozenset({"header", "footer", "aside"})  # frames of a page: menus, notices and advertisements
_ROLES = frozenset({"navigation", "menu", "menubar", "banner", "contentinfo", "search", "dialog", "alertdialog"})
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADING = re.compile(r"h([1-6])")
_MAIN_SHARE = 0.3  # of the page's text: the least that a declared main part has


def read_page(path: Path) -> list[Extract]:
    """Return the main part of an HTML file. Raises DocumentError."""
    text, note = decode(path.read_bytes(), declares=True)
    extract = page_text(text)
    extract.note = note
    return [extract]


def page_text(html: str) -> Extract:
    """Return the main part of a page, with title, author, date and keywords from its head."""
    writer = MarkdownWriter()
    write_page(html, writer)
    title, metadata = _head(html)
    return writer.extract(title, metadata)


def write_page(html: str, writer: MarkdownWriter) -> None:
    """Write the main part of a page."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only where there is a page

    if (body := LexborHTMLParser(html).body) is not None:
        _Page(writer).write(_main_part(body))


def _head(html: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only where there is a page

    tree = LexborHTMLParser(html[:200_000])
    title = tree.css_first("head > title")
    values: dict[str, tuple[str, ...]] = {}
    for node in tree.css("head > meta[content]"):
        term = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
        if (term := _TERMS.get(term, "")) and (value := clean(node.attributes.get("content") or "")):
            values[term] = (value[:200],)
    return clean(title.text()) if title else "", values


_TERMS = {
    "author": "author",
    "date": "date",
    "dc.date": "date",
    "article:published_time": "date",
    "keywords": "tags",
}


def _main_part(body: "LexborNode") -> "LexborNode":
    """Return the one element that the page declares as its main part if it has enough text; else the body."""
    for selector in ("main, [role=main]", "article"):
        nodes = body.css(selector)
        if len(nodes) == 1 and len(nodes[0].text()) >= _MAIN_SHARE * len(body.text()):
            return nodes[0]
    return body


def _is_hidden(node: "LexborNode") -> bool:
    if (node.tag or "") in _HIDDEN:
        return True
    attributes = node.attributes
    return bool(attributes) and (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or (attributes.get("role") or "") in _ROLES
        or bool(_UNSEEN.search(attributes.get("style") or ""))
    )


class _Page:
    """Writes an element as Markdown, without recursion: pages may be nested to any depth."""

    def __init__(self, writer: MarkdownWriter) -> None:
        self._writer = writer
        self._words: list[str] = []
        self._depth = 0  # of lists
        self._is_item = False  # what comes next begins an item

    def write(self, root: "LexborNode") -> None:
        """Write the visible text of `root`."""
        has_frame = root.tag == "body" and _frame_share(root) < 1 - _MAIN_SHARE
        pending: list[LexborNode | str] = [root]
        while pending:
            node = pending.pop()
            if isinstance(node, str):
                self._leave(node)
            elif node.tag == "-text":
                self._words.append(re.sub(r"\s+", " ", node.text_content or ""))
            elif not _is_hidden(node) and not (has_frame and _is_frame(node)) and self._enter(node):
                pending.append(node.tag or "")
                pending.extend(reversed(list(node.iter(include_text=True))))
        self._flush()

    def _enter(self, node: "LexborNode") -> bool:
        """Begin an element; False if it was written completely."""
        tag = node.tag or ""
        if tag == "br":
            self._words.append("\n")
        elif heading := _HEADING.fullmatch(tag):
            self._flush()
            self._writer.heading(node.text().rstrip(" ¶#\n"), int(heading[1]))
            return False
        elif tag == "pre":
            self._flush()
            self._writer.code(node.text())
            return False
        elif tag == "table":
            self._flush()
            return not self._has_written_table(node)
        elif tag in _BLOCKS:
            self._flush()
            self._depth += tag in {"ul", "ol"}
            self._is_item = tag == "li" or (self._is_item and tag not in {"ul", "ol"})
        return True

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
            self._depth -= tag in {"ul", "ol"}

    def _has_written_table(self, node: "LexborNode") -> bool:
        """Write a table of data; False for a table that lays out a page, with blocks in its cells."""
        if node.css_first("table table, h1, h2, h3, ul, ol, pre") is not None:
            return False
        rows = (
            [cell.text(separator=" ") for cell in row.css("th, td")] for row in node.css("tr") if not _is_hidden(row)
        )
        if caption := node.css_first("caption"):
            self._writer.paragraph(caption.text())
        self._writer.table(list(rows))
        return True

    def _flush(self) -> None:
        text = re.sub(r" *\n *", "\n", "".join(self._words)).strip()
        self._words.clear()
        if text and self._is_item:
            self._writer.item(text, max(self._depth - 1, 0))
            self._is_item = False
        elif text:
            self._writer.paragraph(text)


def _is_frame(node: "LexborNode") -> bool:
    """Tell whether it is a frame around the main part, such as a footer; a header with an h1 is not."""
    return node.tag in _AROUND and node.css_first("h1") is None


def _frame_share(body: "LexborNode") -> float:
    """Return the share of the page's text in the frames around its main part, in [0, 1]."""
    whole = len(body.text())
    return sum(len(node.text()) for node in body.css("header, footer, aside") if _is_frame(node)) / max(1, whole)
