"""Exact words of a passage: the sentences that can be quoted."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.documents.passages import Lead, Passage
from engine.text.links import legible_links

PASSAGES = 5  # of a ranking whose sentences and tables may be quoted


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a passage: characters `start` to `end` (excluded) of the text of its source, and their lead.

    `role` says why they are quoted, if not as the answer or its support: they differ from the quotation before, or
    begin a section of this name. `marks` are the spans of the source that most likely hold the answer. `computed` is
    what was computed from the marked cells of this quotation and those after it.
    """

    number: int
    passage: Passage
    start: int
    end: int
    lead: Lead | None = None
    role: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    computed: str = ""

    @property
    def text(self) -> str:
        """The exact words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def led_text(self) -> str:
        """The exact words, after those of the lead."""
        return f"{self.lead.text}\n{self.text}" if self.lead else self.text

    @property
    def legible_text(self) -> str:
        """The words after those of the lead, without the addresses of links: a reader does not see them."""
        return legible_links(self.led_text)


def sentences(number: int, passage: Passage) -> Iterator[Quotation]:
    """Yield every sentence of a passage except headings."""
    return (quotation for quotation in all_sentences(number, passage) if quotation is not None)


def all_sentences(number: int, passage: Passage) -> Iterator[Quotation | None]:
    """Yield every sentence of a passage, so that it is numbered as in the index; None for a heading."""
    for sentence in passage.sentence_list():
        lead = passage.leads[sentence.lead] if sentence.lead >= 0 else None
        start, end = passage.start + sentence.start, passage.start + sentence.end
        yield Quotation(number, passage, start, end, lead) if sentence.is_quotable else None
