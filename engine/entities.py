"""Names: how they are found in a passage at ingest, and the keys under which they are looked up.

No passage is looked at but the one in hand, so a library is indexed passage by passage, without a model.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from engine.text import STOP_WORDS, raw_words, sentence_spans, stemmed, words

CONNECTORS = frozenset(
    """of the de la le les del della di da do dos das du des van von der den zu y e and in on at for to a an al el bin
    ibn""".split()
)
_ARTICLES = frozenset({"the", "a", "an"})
_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_MAX_NAME = 8  # words of the longest name
_MAX_PART = 6  # words of the longest part of a longer run


class Place(NamedTuple):
    """Where a name stands in its passage: words `start` to `end` (excluded); `whole` is its share of its run."""

    start: int
    end: int
    whole: float


class Analysis(NamedTuple):
    """What is computed of a passage at ingest. Sentence 0 is its title and heading.

    `roots` are those of all its words, in order; `sentence_ends[i]` is one past the last word of sentence i;
    `mentions` are the names it may be mentioning with their places, longest first.
    """

    roots: list[str]
    sentence_ends: list[int]
    mentions: list[tuple[str, list[Place]]]


# Stems of irregular verbs, each line led by the form that stands for all.
_IRREGULAR = """
begin began begun; bear bore born borne; becom becam; bind bound; bite bitten bit; break broke broken; bring brought; build
built; buy bought; catch caught; choos chose chosen; come came; draw drew drawn; drive drove driven; eat ate eaten; fall fell
fallen; feed fed; fight fought; flee fled; fli flew flown; forbid forbad; forget forgot; give gave given; go went
gone; grow grew grown; hang hung; hear heard; hide hid hidden; hold held; keep kept; know knew known; lay laid; lead led; leav
left; lend lent; lose lost; make made; mean meant; meet met; pay paid; rise rose risen; ride rode ridden; ring rang rung; run
ran; see saw seen; seek sought; sell sold; send sent; shine shone; shoot shot; show shown; sing sang sung; sink sank sunk; sit
sat; sleep slept; speak spoke spoken; spend spent; stand stood; steal stole stolen; strike struck; swear sworn; swim swam;
take took taken; teach taught; tell told; think thought; throw threw thrown; wear wore worn; weav wove woven; win won; write
wrote written
"""
_LEMMA = {form: forms.split()[0] for forms in _IRREGULAR.split(";") for form in forms.split()}


@lru_cache(maxsize=100_000)
def root(stem: str) -> str:
    """What the forms of a word share where they do not share a stem: `director` and `directed`, `began` and `begun`."""
    if stem in _LEMMA:
        return _LEMMA[stem]
    return stem[:-2] if len(stem) >= 6 and stem.endswith(("er", "or")) else stem  # noqa: PLR2004 - not "her", "order"


def name_key(name: str) -> str:
    """The key of a name, whatever its case, punctuation, accents or leading article."""
    parts = words(name)
    return " ".join(parts[1:] if len(parts) > 1 and parts[0] in _ARTICLES else parts)


def title_keys(*titles: str) -> list[str]:
    """The keys under which a passage with these titles is found: each whole, and without its parentheses."""
    forms = (form for title in titles for form in (title, _PARENTHESES.sub("", title)))
    return list(dict.fromkeys(key for key in map(name_key, forms) if key))


def analyse(title: str, text: str) -> tuple[Analysis, list[str]]:
    """The analysis of a passage, and the stems of all its words for the index."""
    pieces = [title, *(text[start:end] for start, end in sentence_spans(text))]
    raws = [raw_words(piece) for piece in pieces]
    folded, stems = stemmed([word for raw in raws for word in raw])
    mentions: dict[str, list[Place]] = {}
    ends, offset = [], 0
    for number, raw in enumerate(raws):
        if number:
            for key, place in _mentions(raw, folded[offset : offset + len(raw)], offset):
                mentions.setdefault(key, []).append(place)
        offset += len(raw)
        ends.append(offset)
    ordered = sorted(mentions.items(), key=lambda m: (-m[0].count(" "), m[1][0].start))
    return Analysis(list(map(root, stems)), ends, ordered), stems


def _mentions(raw: list[str], folded: list[str], offset: int) -> Iterator[tuple[str, Place]]:
    for start, end in name_runs(raw):
        for a, b in _parts(raw, start, end):
            if b - a == 1 and (len(folded[a]) < 3 or folded[a] in STOP_WORDS):  # noqa: PLR2004 - an initial, "He"
                continue
            if b - a > 1 and folded[a] in _ARTICLES:
                continue
            yield " ".join(folded[a:b]), Place(offset + a, offset + b, (b - a) / (end - start))


def name_runs(raw: list[str]) -> Iterator[tuple[int, int]]:
    """The longest runs of capitalised words and numbers, at most two connectors in a row inside."""
    at, count = 0, len(raw)
    while at < count:
        if not is_name_word(raw[at]):
            at += 1
            continue
        end = look = at + 1
        while look < count and (is_name_word(raw[look]) or (_connects(raw[look]) and look - end < 2)):  # noqa: PLR2004
            look += 1
            if is_name_word(raw[look - 1]):
                end = look
        yield at, end
        at = end


def _connects(word: str) -> bool:
    return word in CONNECTORS or word == "s"


def is_name_word(word: str) -> bool:
    """Does a name begin or end with such a word?"""
    return word[0].isupper() or word[0].isdigit()


def _parts(raw: list[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Every part of a run that begins and ends in a name word, but a lone number; the run itself too."""
    heads = [k for k in range(start, end) if is_name_word(raw[k])]
    for a in heads:
        for b in heads:
            length = b + 1 - a
            fits = 0 < length <= _MAX_PART or (a == start and b + 1 == end and length <= _MAX_NAME)
            if fits and (length > 1 or not raw[a][0].isdigit()):
                yield a, b + 1
