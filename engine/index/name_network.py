"""Find which names and titles of a library belong together: communities in a network of names.

Names are linked where a passage mentions both, or mentions one and has the other as title. A rare name makes stronger
links than a common one, so that a name in every passage links nothing. Communities: Blondel et al., "Fast unfolding of
communities in large networks", 2008, by networkx, with a fixed seed.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from math import log1p
from typing import NamedTuple

from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.search_index import inverse_document_frequency
from engine.text.dates import calendar_words
from engine.text.languages import function_words
from engine.text.names import is_name_word, title_keys, written_words
from engine.text.safe import one_line
from engine.text.words import STOP_WORDS, folded

_SEED = 0
_NAMES_IN_PASSAGE = 8  # names by which a passage is linked, at most
_LONGEST, _LONGEST_HEADING = 5, 6  # words of a name, and of a heading that links
_JOINS = frozenset({" ", "-", "_", "'", "\u2019", " & ", ""})  # what stands between the words of a name
_ABBREVIATION = 3  # letters of a word after which a full stop may stand inside a name
_INSIDE = re.compile(r"[ ,;(_-]+")  # before a word that begins no clause
_PARENTHESES = re.compile(r"\s*\([^)]*\)$")
_EDGES = " \t\n#*=_~`-\u2013\u2014|"  # signs around a title
_TITLE_WORTH = 2.0  # of a link to a title, as of one to a name
_MOST_TITLED = 2  # documents with one heading; a heading of more of them, such as "Introduction", links nothing

Span = tuple[int, int]
"""First word of a name in its passage, and one past its last word."""


class NamedPassage(NamedTuple):
    """A passage, its linking names with the numbers of the sentences that mention them, and the keys of its titles.

    Sentence 0 is the first of the text; the metadata come after the last. `titles` are those of document and section,
    if they link.
    """

    passage: Passage
    names: Mapping[str, Sequence[int]]
    titles: Sequence[str]

    @property
    def keys(self) -> list[str]:
        """The keys of all its names and titles, each once."""
        return list(dict.fromkeys([*self.titles, *self.names]))


class NameNetwork(NamedTuple):
    """The communities of names and titles, and what they were made from.

    `written` has each name as the library writes it most often, `rarity` its inverse document frequency, `centrality`
    the weight of its links inside its community.
    """

    passages: Sequence[NamedPassage]
    communities: Sequence[Sequence[str]]
    written: Mapping[str, str]
    rarity: Mapping[str, float]
    centrality: Mapping[str, float]


class _ReadPassage(NamedTuple):
    """A passage as it was read: its words as written and folded, the ends of its sentences, and all possible names.

    The first of the `ends` is that of its title, the last that of its metadata. `gaps` are the characters before each
    word back to the one before, a line feed before the first of a sentence. `sentences` are the texts of all.
    """

    passage: Passage
    sentences: Sequence[str]
    raw: Sequence[str]
    words: Sequence[str]
    ends: Sequence[int]
    gaps: Sequence[str]
    spans: Mapping[str, Sequence[Span]]

    def sentence(self, word: int) -> int:
        """Return the number of the sentence with this word, 0 for the first of the text."""
        return bisect_right(self.ends, word) - 1

    def is_joined(self, start: int, end: int) -> bool:
        """Tell whether these words stand beside each other, as those of a name do."""
        return all(self._is_join(n) for n in range(start + 1, end))

    def _is_join(self, word: int) -> bool:
        gap = self.gaps[word]
        return gap in _JOINS or (gap == ". " and len(self.raw[word - 1]) <= _ABBREVIATION)

    def is_speaker(self, end: int) -> bool:
        """Tell whether a name that ends before this word says who speaks in a chat or a meeting."""
        return end < len(self.gaps) and self.gaps[end].startswith(":") and "\n" not in self.gaps[end]

    def written(self, start: int, end: int) -> str:
        """Return these words with what stands between them."""
        return "".join([self.raw[start], *(self.gaps[n] + self.raw[n] for n in range(start + 1, end))])


def name_network(passages: Iterable[IndexedPassage], cancelled: Callable[[], bool]) -> NameNetwork | None:
    """Return the communities of the names in these passages, in alphabetical order; None if cancelled.

    `cancelled` is asked between the levels of the algorithm: once in a few seconds at 3,000 passages.
    """
    named, written = _named(passages)
    frequencies = Counter(key for passage in named for key in passage.keys)
    rarity = {key: inverse_document_frequency(count, len(named)) for key, count in frequencies.items()}
    links = _links(named, rarity)
    communities = _communities(sorted(frequencies), links, cancelled)
    if communities is None:
        return None
    centrality = _centrality(communities, links)
    return NameNetwork(named, communities, written, rarity, centrality)


# -- the names of passages ----------------------------------------------------------------------------------------


def _named(indexed: Iterable[IndexedPassage]) -> tuple[list[NamedPassage], dict[str, str]]:
    """Return the passages with the names that link them, and the names as written."""
    passages = list(map(_read, indexed))
    titles = _linking_titles([read.passage for read in passages])
    names = _linking_names(passages, {key for keys in titles for key in keys})
    counts = Counter(key for spans in names for key in spans)
    value = {key: inverse_document_frequency(n, len(passages)) * log1p(n) for key, n in counts.items()}
    named = []
    for read, spans, keys in zip(passages, names, titles, strict=True):
        best = sorted(spans, key=lambda key: (-value[key], key))[:_NAMES_IN_PASSAGE]
        named.append(
            NamedPassage(read.passage, {key: [read.sentence(a) for a, _ in spans[key]] for key in best}, list(keys))
        )
    return named, _most_written(passages, names, titles)


def _linking_names(passages: Sequence[_ReadPassage], titles: Collection[str]) -> list[dict[str, list[Span]]]:
    """Return the names of each passage that another one mentions too, or that are titles; the longest of several."""
    names = _Names(passages)
    possible = [names.of(read) for read in passages]
    counts = Counter(key for spans in possible for key in spans)
    linking = {key for key, count in counts.items() if count > 1 or key in titles}
    return [_longest(spans, linking) for spans in possible]


def _most_written(
    passages: Sequence[_ReadPassage], names: Sequence[dict[str, list[Span]]], titles: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Return each name and title as it is written most often."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for read, spans, keys in zip(passages, names, titles, strict=True):
        for key, [(a, b), *_] in spans.items():
            forms[key][read.written(a, b)] += 1
        for key, title in keys.items():
            forms[key][title] += 1
    return {key: max(counts, key=lambda form: (counts[form], form)) for key, counts in forms.items()}


def _read(indexed: IndexedPassage) -> _ReadPassage:
    passage = indexed.passage
    pieces = [passage.headline, *(passage.text[s.start : s.end] for s in passage.sentence_list()), passage.context]
    raw, ends = written_words(pieces)
    gaps = [gap for piece, (a, b) in zip(pieces, pairwise([0, *ends]), strict=True) for gap in _gaps(piece, raw[a:b])]
    spans = {key: [(a, b) for a, b, _ in spans] for key, spans in indexed.mentions}
    return _ReadPassage(passage, pieces[1:], raw, folded(raw), ends, gaps, spans)


def _gaps(text: str, words: Sequence[str]) -> Iterator[str]:
    """Yield what stands before each word; a line feed before the first one and where the text has it otherwise."""
    end = -1
    for word in words:
        start = text.find(word, max(end, 0))
        yield text[end:start] if 0 <= end <= start else "\n"
        end = start + len(word) if start >= 0 else end


def _linking_titles(passages: Sequence[Passage]) -> list[dict[str, str]]:
    """Return for each passage the keys of its document's title and of its heading, with these as written."""
    documents: dict[str, set[str]] = defaultdict(set)
    for passage in passages:
        documents[_title(passage.heading)[0]].add(passage.title)
    titles = []
    for passage in passages:
        title, (key, heading) = _title(passage.title), _title(passage.heading)
        is_linking = len(documents[key]) <= _MOST_TITLED and not heading.endswith(".")
        forms = [title, (key, heading)] if is_linking and key.count(" ") < _LONGEST_HEADING else [title]
        titles.append({key: form for key, form in forms if any(map(str.isalpha, key))})
    return titles


def _title(title: str) -> tuple[str, str]:
    """Return the key of a title without what stands in parentheses, and how it is shown."""
    keys = title_keys(title)
    written = one_line(title).strip(_EDGES)
    return (keys[-1], _PARENTHESES.sub("", written) or written) if keys else ("", "")


class _Names:
    """Tells names from other words with a capital, by how the passages write each word elsewhere."""

    def __init__(self, passages: Sequence[_ReadPassage]) -> None:
        self._lower: Counter[str] = Counter()
        self._upper: Counter[str] = Counter()  # inside a clause
        for read in passages:
            sentences = read.passage.sentence_list()
            headings = {n for n, sentence in enumerate(sentences) if not sentence.is_quotable}
            for number, (raw, word) in enumerate(zip(read.raw, read.words, strict=True)):
                if raw[0].islower():
                    self._lower[word] += 1
                elif _INSIDE.fullmatch(read.gaps[number]) and read.sentence(number) not in headings:
                    self._upper[word] += 1

    def of(self, read: _ReadPassage) -> dict[str, list[Span]]:
        """Return the possible names of a passage with their spans."""
        functional = function_words(read.passage.language) | STOP_WORDS
        possible = {
            key: [(a, b) for a, b in spans if self._is_name(read, a, b, functional)]
            for key, spans in read.spans.items()
        }
        return {key: spans for key, spans in possible.items() if spans}

    # Numbers, words of the calendar, headings and those who speak are no names, nor words that only begin a clause.
    def _is_name(self, read: _ReadPassage, a: int, b: int, functional: Collection[str]) -> bool:
        words, sentences = read.words[a:b], read.passage.sentence_list()
        sentence = read.sentence(a)
        return (
            b - a <= _LONGEST
            and not (words[0] in functional or words[-1] in functional or words[0][0].isdigit())
            and not calendar_words().issuperset(word for word in words if word.isalpha())
            and not (sentence < len(sentences) and not sentences[sentence].is_quotable)
            and not read.is_speaker(b)
            and (self._is_whole(read, a, functional) if b - a == 1 else read.is_joined(a, b))
            and not ((b - a == 1 or not _INSIDE.fullmatch(read.gaps[a])) and self._is_ordinary(words[0]))
        )

    def _is_whole(self, read: _ReadPassage, word: int, functional: Collection[str]) -> bool:
        """Tell whether a word is no part of a longer name."""
        neighbours = [n for n in (word - 1, word + 1) if 0 <= n < len(read.raw)]
        return not any(
            is_name_word(read.raw[n])
            and read.words[n] not in functional
            and read.is_joined(min(n, word), max(n, word) + 1)
            and not self._is_ordinary(read.words[n])
            for n in neighbours
        )

    def _is_ordinary(self, word: str) -> bool:
        """Tell whether a word is written in lower case as often as with a capital, beside where clauses begin."""
        return self._lower[word] >= self._upper[word]


def _longest(spans: Mapping[str, Sequence[Span]], linking: Collection[str]) -> dict[str, list[Span]]:
    """Return the linking names of a passage: of names that share a word, the longest."""
    covered: set[int] = set()
    chosen = {}
    for key, possible in spans.items():  # longest first
        free = [(a, b) for a, b in possible if covered.isdisjoint(range(a, b))] if key in linking else []
        if free:
            chosen[key] = free
            covered.update(word for a, b in free for word in range(a, b))
    return chosen


# -- the network --------------------------------------------------------------------------------------------------


def _links(passages: Sequence[NamedPassage], rarity: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the links of names and titles with their weights, in a fixed order."""
    links: dict[tuple[str, str], float] = defaultdict(float)
    for passage in passages:
        keys = sorted(passage.keys)
        worth = {key: rarity[key] * (_TITLE_WORTH if key in passage.titles else 1.0) for key in keys}
        for a, b in combinations(keys, 2):
            links[a, b] += worth[a] * worth[b] / (len(keys) - 1)
    return links


def _communities(
    keys: Sequence[str], links: Mapping[tuple[str, str], float], cancelled: Callable[[], bool]
) -> list[list[str]] | None:
    """Return the communities by Louvain's method, each in order; None if cancelled."""
    import networkx as nx  # noqa: PLC0415 - 250 ms that no question needs

    # Numbers as nodes: sets of words have another order in every process.
    numbers = {key: number for number, key in enumerate(keys)}
    graph = nx.Graph()
    graph.add_nodes_from(range(len(keys)))
    graph.add_weighted_edges_from((numbers[a], numbers[b], weight) for (a, b), weight in links.items())
    partition: Sequence[Collection[int]] = []
    for coarser in nx.community.louvain_partitions(graph, seed=_SEED):
        partition = coarser
        if cancelled():
            return None
    return sorted([keys[number] for number in sorted(community)] for community in partition)


def _centrality(communities: Sequence[Sequence[str]], links: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Return for each name the weight of its links inside its community."""
    numbers = {key: number for number, keys in enumerate(communities) for key in keys}
    centrality = dict.fromkeys(numbers, 0.0)
    for (a, b), weight in links.items():
        if numbers[a] == numbers[b]:
            centrality[a] += weight
            centrality[b] += weight
    return centrality
