"""Find the blocks of Markdown: rows with their header, items with their lead, code with the sentence before it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from engine.documents.structure.blocks import MAX_HEADING, Block, Unit, code_units, paragraphs, sentences, with_code

_REFERENCE = re.compile(r"\[\^([^\]\s]{1,40})\](?!:)")
_SHORT_ITEM = 400  # characters; a longer one is quoted by its sentences
_MARKS = re.compile(r"\[\^[^\]\n]*\]:?|\[[ xX]\]|[\s>*+#=~|:.\-\d)`]+")
_CALL_OUT = re.compile(r"\[![\w-]+\]")
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_CONTAINERS = frozenset({"List", "Item", "BlockQuote", "FootnoteDefinition", "Table"})
_LEAVES = frozenset({"Paragraph", "Heading", "CodeBlock", "HtmlBlock", "TableHead", "TableRow"})
_BLOCKS = _CONTAINERS | _LEAVES
_ITEM_MARK = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]*(?:\[[ xX]\])?[ \t]*")


def front_matter(text: str) -> str:
    """Return the YAML between dashes at the very beginning of a text; empty if there is none."""
    match = _FRONT_MATTER.match(text)
    return match[1] or "" if match else ""


class _Leaf(NamedTuple):
    """A block without inner blocks: its kind, its span with its marks, and the span of its words."""

    kind: str
    start: int
    end: int
    inner: int
    inner_end: int
    path: tuple[str, ...]  # the containers around it
    label: str = ""  # of a footnote
    level: int = 0  # of a heading


def markdown_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a note, without its front matter."""
    match = _FRONT_MATTER.match(text)
    hidden = match.end() if match else int(text.startswith("\ufeff"))
    body = re.sub(r"[^\n]", " ", text[:hidden]) + text[hidden:]
    assembler = _Assembler(text)
    end = hidden
    for leaf in _leaves(body):
        if leaf.start > end and _MARKS.sub("", text[end : leaf.start]):
            assembler.add_gap(end, leaf.start)
        assembler.add(leaf)
        end = max(end, leaf.end)
    if _MARKS.sub("", text[end:]):
        assembler.add_gap(end, len(text))
    return iter(assembler.blocks())


def _leaves(text: str) -> Iterator[_Leaf]:
    """Yield the leaves that `pyromark` finds, with positions in characters."""
    import pyromark  # noqa: PLC0415 - only where there is Markdown

    options = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES | pyromark.Options.ENABLE_TASKLISTS
    at, collector = _characters(text), _LeafCollector(text)
    for event, span in pyromark.events_with_range(text, options=options, merge_text=True):
        yield from collector.take(*_tag(event), at(span["start"]), at(span["end"]))


class _LeafCollector:
    """Turns events that start and end nested blocks into leaves."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._path: list[tuple[str, int, str]] = []  # container, start, label of the footnote it is in
        self._leaf: tuple[str, int] | None = None
        self._inner = self._inner_end = -1  # of the leaf, or of the words that an item has without a paragraph

    def take(self, kind: str, tag: str, detail: str, start: int, end: int) -> Iterator[_Leaf]:
        """Take the next event and yield the leaves that end with it."""
        if kind == "Start" and tag in _BLOCKS:
            yield from self._words_of_item()
            if tag in _LEAVES:
                self._leaf = tag, start
            else:
                self._path.append((tag, start, detail or self._label()))
        elif kind == "End" and self._leaf and tag == self._leaf[0]:
            self._leaf = None
            inner = start if self._inner < 0 else self._inner
            yield self._made(tag, self._start_with_mark(start), end, inner, int(detail[1:] or 0))
        elif kind == "End" and tag in _CONTAINERS:
            yield from self._words_of_item()
            self._path.pop()
        elif tag not in {"TaskListMarker", "Rule"}:
            self._inner = start if self._inner < 0 else self._inner
            self._inner_end = max(self._inner_end, end)

    def _words_of_item(self) -> Iterator[_Leaf]:
        if self._inner >= 0 and self._path:
            yield self._made("Paragraph", self._start_with_mark(self._inner), self._inner_end, self._inner)
        self._inner = self._inner_end = -1

    def _made(self, kind: str, start: int, end: int, inner: int, level: int = 0) -> _Leaf:
        path = tuple(container for container, _, _ in self._path)
        leaf = _Leaf(kind, start, end, inner, max(inner, self._inner_end), path, self._label(), level)
        self._inner = self._inner_end = -1
        return leaf

    def _start_with_mark(self, start: int) -> int:
        """Return where the first block of an item begins: at the mark of the item."""
        container, begin, _ = self._path[-1] if self._path else ("", 0, "")
        return begin if container == "Item" and _ITEM_MARK.fullmatch(self._text, begin, start) else start

    def _label(self) -> str:
        return self._path[-1][2] if self._path else ""


def _tag(event: object) -> tuple[str, str, str]:
    """Return Start, End or nothing; the tag; the label of a footnote or the level of a heading that ends."""
    if not isinstance(event, Mapping):
        return "", str(event), ""
    kind, value = next(iter(event.items()))
    if kind not in {"Start", "End"}:
        return "", kind, ""
    if not isinstance(value, Mapping):
        return kind, str(value), ""
    tag, detail = next(iter(value.items()))
    is_told = tag == "FootnoteDefinition" or (tag == "Heading" and kind == "End")
    return kind, tag, str(detail) if is_told else ""


def _characters(text: str) -> Callable[[int], int]:
    """Return the function from a position in UTF-8 to the one in the text."""
    if text.isascii():
        return lambda position: position
    import numpy as np  # noqa: PLC0415 - only for text beyond ASCII

    signs = np.frombuffer(text.encode("utf-8"), np.uint8)
    count = np.concatenate(([0], np.cumsum((signs & 0xC0) != 0x80)))  # noqa: PLR2004 - bytes that begin a character
    return lambda position: int(count[position])


class _Assembler:
    """Turns leaves into blocks: rows get their header as lead, items theirs, code joins the sentence before it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._blocks: list[Block] = []
        self._lead: tuple[int, int] | None = None  # the sentence before a list, where it announces it
        self._items: list[tuple[int, int] | None] = []  # the item that is open at each depth
        self._header: tuple[int, int] | None = None
        self._row = 0  # of the table, 1 for its header
        self._kind = ""
        self._footnotes: list[tuple[int, str]] = []  # number of the block, label

    def blocks(self) -> list[Block]:
        """Return the blocks; the lead of a footnote is the sentence that refers to it."""
        if self._footnotes:
            self._lead_footnotes()
        return list(_tidied(self._text, self._blocks))

    def add_gap(self, start: int, end: int) -> None:
        """Add text outside all blocks, such as the definition of a link."""
        for a, b in paragraphs(self._text[start:end]):
            self._blocks.append(Block(start + a, start + b, sentences(self._text, start + a, start + b)))
        self._kind = ""

    def add(self, leaf: _Leaf) -> None:
        """Add the next leaf."""
        kind = leaf.kind
        if kind == "Heading":
            self._add_heading(leaf)
        elif kind == "CodeBlock":
            self._add_code(leaf)
        elif kind in {"TableHead", "TableRow"}:
            self._add_row(leaf)
        else:
            self._add_words(leaf)
        if kind not in {"TableRow", "TableHead"}:
            self._header = None
        self._kind = kind

    def _add_heading(self, leaf: _Leaf) -> None:
        heading = " ".join(self._text[leaf.inner : leaf.inner_end][:MAX_HEADING].split())
        end = leaf.start + len(self._text[leaf.start : leaf.end].rstrip())
        unit = Unit(leaf.start, end, is_quotable=False)
        self._blocks.append(Block(leaf.start, end, (unit,), heading, is_bare=True, level=leaf.level))
        self._lead, self._items = None, []

    def _add_words(self, leaf: _Leaf) -> None:
        start, end = leaf.inner, leaf.inner + len(self._text[leaf.inner : leaf.inner_end].rstrip())
        depth = leaf.path.count("Item")
        lead = self._lead_of_item(depth) if depth else None
        units = sentences(self._text, start, end, lead)
        if "BlockQuote" in leaf.path:
            units = tuple(self._unquoted(units))
        if depth and len(units) > 1 and end - start <= _SHORT_ITEM:
            units = (Unit(start, end, lead),)
        self._blocks.append(Block(leaf.start, end, units))
        if leaf.label:
            self._footnotes.append((len(self._blocks) - 1, leaf.label))
        if depth:
            self._items[depth - 1 :] = [(units[0].start, units[0].end) if units else None]
        else:
            is_announcing = bool(units) and self._text[end - 1] in ":\uff1a"
            self._lead, self._items = ((units[-1].start, units[-1].end) if is_announcing else None), []

    def _unquoted(self, units: tuple[Unit, ...]) -> Iterator[Unit]:
        """Yield sentences without quotation marks `>`; the title of a call-out is their lead."""
        title: tuple[int, int] | None = None
        for unit in units:
            start = (
                unit.start
                + len(self._text[unit.start : unit.end])
                - len(self._text[unit.start : unit.end].lstrip("> \t"))
            )
            if title is None and unit is units[0] and _CALL_OUT.match(self._text, start):
                title = start, unit.end
                yield Unit(start, unit.end, is_quotable=len(units) == 1)
            elif start < unit.end:
                yield Unit(start, unit.end, title or unit.lead)

    def _lead_of_item(self, depth: int) -> tuple[int, int] | None:
        self._items += [None] * (depth - 1 - len(self._items))
        return next((item for item in reversed(self._items[: depth - 1]) if item), self._lead)

    def _add_code(self, leaf: _Leaf) -> None:
        end = leaf.start + len(self._text[leaf.start : leaf.end].rstrip("\n"))
        if self._kind == "Paragraph" and self._blocks and not self._blocks[-1].heading:
            self._blocks[-1] = with_code(self._text, self._blocks[-1], leaf.start, end)
            return
        inner_end = leaf.inner + len(self._text[leaf.inner : leaf.inner_end].rstrip())
        self._blocks.append(Block(leaf.start, end, tuple(code_units(self._text, leaf.inner, inner_end, None))))

    def _add_row(self, leaf: _Leaf) -> None:
        end = leaf.start + len(self._text[leaf.start : leaf.end].rstrip())
        self._row = 1 if leaf.kind == "TableHead" else self._row + 1
        if leaf.kind == "TableHead":
            self._header = leaf.start, end
            stop = self._text.find("\n", end)  # the line of dashes belongs to the header
            stop = len(self._text) if stop < 0 else self._text.find("\n", stop + 1)
            stop = len(self._text) if stop < 0 else stop
            unit = Unit(leaf.start, end, is_quotable=False)
            self._blocks.append(Block(leaf.start, stop, (unit,), is_bare=True, row=self._row))
        else:
            self._blocks.append(Block(leaf.start, end, (Unit(leaf.start, end, self._header),), row=self._row))

    def _lead_footnotes(self) -> None:
        positions: dict[str, int] = {}
        for match in _REFERENCE.finditer(self._text):
            positions.setdefault(match[1], match.start())
        units = [unit for block in self._blocks for unit in block.units]
        owners = {}
        pending = sorted(
            ((positions[label], label) for _, label in self._footnotes if label in positions), reverse=True
        )
        for unit in units:
            while pending and pending[-1][0] < unit.end:
                position, label = pending.pop()
                if position >= unit.start:
                    owners[label] = unit.start, unit.end
        for number, label in self._footnotes:
            if lead := owners.get(label):
                block = self._blocks[number]
                self._blocks[number] = replace(block, units=tuple(unit._replace(lead=lead) for unit in block.units))


def _tidied(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks without empty units and overlaps, which unusual Markdown can cause."""
    end = 0
    for block in blocks:
        units = tuple(
            unit._replace(start=max(unit.start, end))
            for unit in block.units
            if text[max(unit.start, end) : unit.end].strip()
        )
        if units:
            yield replace(block, start=min(max(block.start, end), units[0].start), end=units[-1].end, units=units)
            end = units[-1].end
