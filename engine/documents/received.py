"""Check passages that another machine sent: they are data, as hostile as any document."""

from dataclasses import replace

import msgspec

from engine.documents.passages import NO_LEAD, Passage, Sentence
from engine.errors import DocumentError
from engine.text.safe import one_line, printable, printable_name

LONGEST_TEXT, LONGEST_NAME = 20_000, 4_000  # characters of a passage; of its source, its title or its metadata
_LONGEST_IN_ALL = 60_000  # characters of all names and leads of a passage
_MOST_PARTS = 2_000  # sentences, leads, locations or aliases
_FURTHEST = 1 << 53  # position in a source, or page


def received_passage(fields: object, prefix: str) -> Passage:
    """Convert the fields of a `Passage` that were sent as JSON, and put `prefix` before its source.

    The result is printable (`printable_passage`). Raises DocumentError if the fields do not fit.
    """
    try:
        passage = msgspec.convert(fields, Passage)
    except msgspec.ValidationError as error:
        raise DocumentError(f"a passage that was sent has another form: {one_line(str(error))}") from error
    if _is_long(passage):
        raise DocumentError(f"a passage that was sent is longer than {LONGEST_TEXT:,} characters")
    has_place = passage.start >= 0 and _are_storable(passage) and passage.id.startswith(f"{passage.source}#")
    if not passage.text or not has_place:
        raise DocumentError("a passage that was sent has no text or no place")
    passage = printable_passage(passage)
    return replace(passage, id=prefix + passage.id, source=prefix + passage.source)


def printable_passage(passage: Passage) -> Passage:
    """Return a passage without control characters; where it had some, its sentences are split anew.

    Sentences that do not fit the text are split anew, too.
    """
    text = printable(passage.text)
    leads = tuple(lead._replace(text=printable(lead.text)[:LONGEST_NAME]) for lead in passage.leads)
    fits = text == passage.text and all(_fits(sentence, len(text), len(leads)) for sentence in passage.sentences)
    return replace(
        passage,
        id=printable_name(passage.id),
        source=printable_name(passage.source),
        title=one_line(passage.title),
        heading=one_line(passage.heading),
        text=text,
        end=passage.start + len(text),
        language=one_line(passage.language),
        sentences=passage.sentences if fits else (),
        leads=leads if fits else (),
        locations=tuple(location._replace(name=one_line(location.name)) for location in passage.locations),
        aliases=tuple(map(one_line, passage.aliases)),
        about=one_line(passage.about),
    )


def _is_long(passage: Passage) -> bool:
    """Tell whether a passage, a part of it, or all its names and leads together are longer than one may be."""
    names = [passage.id, passage.source, passage.title, passage.heading, passage.about, passage.language]
    lengths = [*map(len, names), *map(len, passage.aliases)]
    leads = sum(min(len(lead.text), LONGEST_NAME) for lead in passage.leads)
    parts = (passage.sentences, passage.leads, passage.locations, passage.aliases)
    is_one_long = len(passage.text) > LONGEST_TEXT or max(lengths) > LONGEST_NAME
    return is_one_long or sum(lengths) + leads > _LONGEST_IN_ALL or max(map(len, parts)) > _MOST_PARTS


def _are_storable(passage: Passage) -> bool:
    """Tell whether all positions and pages are numbers that an index can store."""
    leads = (number for lead in passage.leads for number in (lead.start, lead.end))
    locations = (number for location in passage.locations for number in (location.start, location.page))
    return all(abs(number) <= _FURTHEST for number in (passage.start, *leads, *locations))


def _fits(sentence: Sentence, length: int, leads: int) -> bool:
    return 0 <= sentence.start <= sentence.end <= length and NO_LEAD <= sentence.lead < leads
