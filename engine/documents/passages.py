"""Pack a document's blocks into passages: the pieces that are indexed, walked and quoted, each with its exact span."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.documents.document import Document, Location
from engine.documents.identity import PassageId
from engine.documents.structure.blocks import Block, Unit
from engine.documents.structure.parsers import blocks_of
from engine.documents.structure.plain_text import is_heading
from engine.text.languages import ENGLISH, language_of
from engine.text.sentences import sentence_spans

NO_LEAD = -1
_TITLE_TERMS = frozenset({"title", "aliases"})


class Lead(NamedTuple):
    """Text of a source that belongs to a sentence elsewhere: the header of its table, the words before its list."""

    start: int
    end: int
    text: str


class Sentence(NamedTuple):
    """Characters `start` to `end` (excluded) of a passage; `lead` is the index of its lead in `Passage.leads`.

    It may also be a row of a table, an item of a list, a turn of a chat, or a sentence with the code after it.
    """

    start: int
    end: int
    lead: int = NO_LEAD
    is_quotable: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `start` to `end` (excluded) of the text of `source`; `id` is a `PassageId` as text.

    `title` is that of the document, `heading` that of the section (may be empty); `text` is the exact text, `language`
    that of the document (ISO 639-1). The positions in `sentences` and `locations` count from `start`. `aliases` are
    further titles of the document; `about` is its other metadata, such as tags, date and author.
    """

    id: str
    source: str
    title: str
    heading: str
    start: int
    end: int
    text: str
    language: str = ENGLISH
    sentences: tuple[Sentence, ...] = ()
    leads: tuple[Lead, ...] = ()
    locations: tuple[Location, ...] = ()
    aliases: tuple[str, ...] = ()
    about: str = ""

    @property
    def headline(self) -> str:
        """Its title and heading in one line."""
        return f"{self.title} {self.heading}".rstrip()

    def location(self, start: int) -> Location:
        """Return the page, name and box in the file of the text from character `start` of the source on."""
        count = bisect_right([location.start for location in self.locations], start - self.start)
        return self.locations[count - 1] if count else Location(0)

    def sentence_list(self) -> Sequence[Sentence]:
        """Return its sentences; without stored ones, those of its text."""
        return self.sentences or tuple(
            Sentence(start, end, NO_LEAD, not is_heading(self.text[start:end]))
            for start, end in sentence_spans(self.text)
        )

    @property
    def context(self) -> str:
        """The words outside its text and title by which it is found, too: aliases, metadata, and leads elsewhere."""
        leads = (lead.text for lead in self.leads if lead.end <= self.start or lead.start >= self.end)
        return "\n".join(filter(None, [*self.aliases, self.about, *leads]))


def split_document(document: Document, limit: int) -> Iterator[Passage]:
    """Yield the passages of a document: blocks packed up to `limit` characters, never across a heading.

    A block over the limit is split between its units, a unit over the limit between words.
    """
    packer = _Packer(document)
    for block in _short_blocks(document.text, blocks_of(document), limit):
        if packer.is_full(block, limit):
            yield packer.passage()
        packer.add(block)
    if packer.blocks:
        yield packer.passage()


class _Packer:
    """Collects the blocks of one passage after another."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._starts = [location.start for location in document.locations]
        self._heading, self._number = "", 0
        self._language = language_of(document.text)
        self.blocks: list[Block] = []
        metadata = document.metadata
        self._about = "; ".join(v for term, values in metadata.items() if term not in _TITLE_TERMS for v in values)

    def is_full(self, block: Block, limit: int) -> bool:
        """Tell whether the passage ends before this block: at a heading, or where it would exceed the limit."""
        if not self.blocks:
            return False
        is_new_section, has_text = bool(block.heading), not self.blocks[-1].is_bare
        is_over = block.end - self.blocks[0].start > limit
        return (is_new_section and is_over) or (has_text and (is_new_section or is_over))

    def add(self, block: Block) -> None:
        """Add a block to the passage."""
        self._heading = block.heading or self._heading
        self.blocks.append(block)

    def passage(self) -> Passage:
        """Return the passage of the blocks so far, and begin the next one."""
        document, blocks, self.blocks = self._document, self.blocks, []
        self._number += 1
        start, end = blocks[0].start, blocks[-1].end
        indexes: dict[tuple[int, int], int] = {}
        sentences = tuple(_sentence(unit, start, indexes) for block in blocks for unit in block.units)
        return Passage(
            str(PassageId(document.source, str(self._number))),
            document.source,
            document.title,
            "" if self._heading == document.title else self._heading,
            start,
            end,
            document.text[start:end],
            self._language,
            sentences,
            tuple(Lead(a, b, document.text[a:b]) for a, b in indexes),
            self._locations(start, end, blocks),
            tuple(document.metadata.get("aliases", ())),
            self._about,
        )

    def _locations(self, start: int, end: int, blocks: Sequence[Block]) -> tuple[Location, ...]:
        """Return the places in the file of a part of the text; a row of a table is named by its number."""
        first, last = bisect_right(self._starts, start), bisect_right(self._starts, end - 1)
        written = self._document.locations[max(0, first - 1) : last]
        locations = {max(start, location.start): location for location in written}
        if any(block.row for block in blocks):
            locations = {at: location for block in blocks for at, location in self._row_locations(block, locations)}
        return tuple(location._replace(start=at - start) for at, location in locations.items())

    def _row_locations(self, block: Block, locations: Mapping[int, Location]) -> Iterator[tuple[int, Location]]:
        """Yield the places that begin in a block, with the number of its row where the file names none."""
        earlier = [at for at in locations if at <= block.start]
        current = locations[earlier[-1]] if earlier else Location(0)
        for at in dict.fromkeys([block.start, *(at for at in locations if block.start < at < block.end)]):
            current = locations.get(at, current)
            row = f"row {block.row}" if block.row and not current.is_named_row else ""
            yield at, current._replace(name=", ".join(filter(None, [current.name, row])))


def _sentence(unit: Unit, start: int, lead_indexes: dict[tuple[int, int], int]) -> Sentence:
    lead = lead_indexes.setdefault(unit.lead, len(lead_indexes)) if unit.lead else NO_LEAD
    return Sentence(unit.start - start, unit.end - start, lead, unit.is_quotable)


def _short_blocks(text: str, blocks: Iterable[Block], limit: int) -> Iterator[Block]:
    """Yield the blocks; those over `limit` characters are split."""
    for block in blocks:
        if block.end - block.start <= limit:
            yield block
        else:
            yield from _pieces(text, block, limit)


def _pieces(text: str, block: Block, limit: int) -> Iterator[Block]:
    """Split a long block into runs of whole units, each at most `limit` characters; text between units stays."""
    units: list[Unit] = []
    heading, start = block.heading, block.start
    for unit in _short_units(text, block.units, limit):
        if units and unit.end - start > limit:
            yield Block(start, units[-1].end, tuple(units), heading, row=block.row)
            units, heading, start = [], "", unit.start
        units.append(unit)
        if unit.end - start > limit:
            start = unit.start
    if units:
        end = max(units[-1].end, min(block.end, start + limit))
        yield Block(start, end, tuple(units), heading, row=block.row)


def _short_units(text: str, units: Iterable[Unit], limit: int) -> Iterator[Unit]:
    """Yield the units; those over `limit` characters are cut at white space."""
    for unit in units:
        start, end = unit.start, unit.end
        while end - start > limit:
            cut = max(text.rfind(" ", start, start + limit), text.rfind("\n", start, start + limit))
            cut = cut if cut > start else start + limit
            yield unit._replace(start=start, end=cut)
            start = cut + (text[cut] in " \n")
        if end > start:
            yield unit._replace(start=start)
