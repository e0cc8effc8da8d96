"""Tell what a library is about: its topics, each with the names at its centre and quoted sentences.

A topic is a community of names and titles (`name_network`) with the passages that mention most of them. Of a large
library at most `MOST_PASSAGES` passages are read, evenly spaced over its files in the order of their paths, so that
time and memory are bounded. The topics of a library are kept beside its index until a file changes.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.atomic_files import write_atomically
from engine.documents.passages import Passage
from engine.errors import StoreError
from engine.events import Citation
from engine.index.catalogue import FORMAT, KnownFile, Progress
from engine.index.name_network import NamedPassage, NameNetwork, name_network
from engine.index.passage_index import PassageIndex

if TYPE_CHECKING:
    from engine.index.indexed_passage import IndexedPassage

MOST_PASSAGES = 3000
_VERSION = 1  # of what is kept
_MOST_TOPICS = 12
_MOST_NAMES = 10  # of a topic
_IN_LABEL = 3  # names
_SENTENCES = 3  # of a topic
_SHORTEST, _LONGEST = 40, 320  # characters of a sentence that is quoted, if there is one
_LETTERS = 0.88  # share of letters and blanks in such a sentence: source code and tables have less
_PROSE = re.compile(r"[.!?…。！？]\W*$")  # noqa: RUF001 - the end of a sentence that is not source code or an item
_LEAST = 0.005  # share of all passages that a topic has at least
_TITLE_WORTH = 3.0  # of a title in a label, as of another name
_OPENS = 0.5  # added to the value of the first sentence of a passage
_AGAIN = 0.3  # worth of a name or a document that an earlier sentence has


@dataclass(frozen=True, slots=True)
class Topic:
    """Names that belong together, the most central first and as the library writes them, and sentences about them.

    `label` is made of the most central titles and names. `passages` and `documents` count those that were read.
    """

    label: str
    names: tuple[str, ...]
    passages: int
    documents: int
    sentences: tuple[Citation, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The names that the label does not have."""
        return self.names[_IN_LABEL:]


@dataclass(frozen=True, slots=True)
class LibraryTopics:
    """The topics of a library, the largest first; `sampled` of its `passages` passages were read."""

    topics: tuple[Topic, ...]
    passages: int
    sampled: int


class _Stored(msgspec.Struct):
    """What is kept: the topics, and the hash of the catalogue that they were made from."""

    state: str
    topics: LibraryTopics


def topics_of(
    index: PassageIndex,
    files: Mapping[str, KnownFile],
    cache: Path,
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> LibraryTopics | None:
    """Return the topics of these files of the library, from `cache` if no file has changed; None if cancelled.

    `progress(done, total, path)` counts passages. The same files in the same index give the same topics.
    """
    state = _state_of(files)
    if (topics := _load(cache, state)) is not None:
        return topics
    indexed: list[IndexedPassage] = []
    positions = _positions(files)
    total = sum(map(len, positions.values()))
    if not total:
        return LibraryTopics((), 0, 0)
    for path, numbers in positions.items():
        if cancelled():
            return None
        progress(len(indexed), total, path)
        indexed += index.some_under(path, numbers)
    network = name_network(indexed, cancelled)
    if network is None:
        return None
    topics = LibraryTopics(tuple(_topics(network)), sum(file.passages for file in files.values()), len(indexed))
    with suppress(StoreError):  # the next call makes them again
        write_atomically(cache, msgspec.json.encode(_Stored(state, topics)))
    return topics


def _state_of(files: Mapping[str, KnownFile]) -> str:
    """Return a hash of what topics depend on: the files as they were read."""
    facts = [(path, file.size, file.mtime_ns, file.passages, file.words) for path, file in sorted(files.items())]
    return sha256(msgspec.json.encode((_VERSION, FORMAT, MOST_PASSAGES, facts))).hexdigest()


def _load(cache: Path, state: str) -> LibraryTopics | None:
    with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        stored = msgspec.json.decode(cache.read_bytes(), type=_Stored)
        return stored.topics if stored.state == state else None
    return None


def _positions(files: Mapping[str, KnownFile]) -> dict[str, list[int]]:
    """Return for each file the passages that are read: evenly spaced over all files, in the order of their paths."""
    total = sum(file.passages for file in files.values())
    count = min(total, MOST_PASSAGES)
    chosen = [number * total // count for number in range(count)]
    positions: dict[str, list[int]] = {}
    first = n = 0
    for path, file in sorted(files.items()):
        end = first + file.passages
        numbers = []
        while n < count and chosen[n] < end:
            numbers.append(chosen[n] - first)
            n += 1
        if numbers:
            positions[path] = numbers
        first = end
    return positions


def _topics(network: NameNetwork) -> Iterator[Topic]:
    """Yield the topics, that of the most passages first."""
    communities = {key: n for n, keys in enumerate(network.communities) for key in keys}
    members: dict[int, list[NamedPassage]] = defaultdict(list)
    for named in network.passages:
        if named.keys:
            weights: dict[int, float] = defaultdict(float)
            for key in named.keys:
                weights[communities[key]] += network.rarity[key]
            members[max(weights, key=lambda n: (weights[n], -n))].append(named)
    large = (n for n in members if len(members[n]) >= _LEAST * len(network.passages))
    largest = sorted(large, key=lambda n: (-len(members[n]), n))[:_MOST_TOPICS]
    return (_topic(network, network.communities[n], members[n]) for n in largest)


def _topic(network: NameNetwork, keys: Sequence[str], members: Sequence[NamedPassage]) -> Topic:
    titles = set(chain.from_iterable(named.titles for named in members))
    worth = {key: network.centrality[key] * (_TITLE_WORTH if key in titles else 1.0) for key in keys}
    central = sorted(keys, key=lambda key: (-worth[key], key))[:_MOST_NAMES]
    names = tuple(network.written[key] for key in central)
    documents = len({(named.passage.source, named.passage.title) for named in members})
    sentences = _Sentences(members, {key: network.centrality[key] for key in keys}).best()
    return Topic(" · ".join(names[:_IN_LABEL]), names, len(members), documents, tuple(sentences))


class _Sentences:
    """The sentences of a topic that can be quoted, and the names in each; `centrality` is that of its names."""

    def __init__(self, members: Sequence[NamedPassage], centrality: Mapping[str, float]) -> None:
        self._worth = dict(centrality)
        self._documents: Counter[str] = Counter()
        self._candidates = [
            (named, number, keys) for named in members for number, keys in _quotable(named, centrality).items()
        ]

    def best(self) -> list[Citation]:
        """Return the sentences with the most central names, preferring new names and other documents.

        One that does not read as prose is quoted only where there is none that does.
        """
        chosen: list[Citation] = []
        while self._candidates and len(chosen) < _SENTENCES:
            best = max(range(len(self._candidates)), key=lambda n: (self._value(*self._candidates[n]), -n))
            named, number, keys = self._candidates.pop(best)
            citation = _citation(len(chosen) + 1, named.passage, number)
            if any(citation.quote == other.quote or not _is_readable(citation.quote) for other in chosen):
                continue
            chosen.append(citation)
            self._documents[citation.source] += 1
            for key in keys:
                self._worth[key] *= _AGAIN
        return chosen

    def _value(self, named: NamedPassage, number: int, keys: Sequence[str]) -> tuple[bool, float]:
        """Return whether a sentence reads as prose, and how much it says about the topic."""
        value = sum(self._worth[key] for key in keys) + sum(self._worth.get(key, 0.0) for key in named.titles)
        value *= (1 + _OPENS * (number == 0)) * _AGAIN ** self._documents[named.passage.source]
        sentence = named.passage.sentence_list()[number]
        return _is_readable(named.passage.text[sentence.start : sentence.end]), value


def _quotable(named: NamedPassage, names: Mapping[str, float]) -> dict[int, list[str]]:
    """Return the sentences of a passage that can be quoted, each with the names of the topic in it."""
    sentences: dict[int, list[str]] = {
        n: [] for n, sentence in enumerate(named.passage.sentence_list()) if sentence.is_quotable
    }
    for key, numbers in named.names.items():
        for number in set(numbers) & sentences.keys() if key in names else ():
            sentences[number].append(key)
    return sentences


def _is_readable(text: str) -> bool:
    letters = sum(character.isalpha() or character == " " for character in text)
    return _SHORTEST <= len(text) <= _LONGEST and letters >= _LETTERS * len(text) and bool(_PROSE.search(text))


def _citation(n: int, passage: Passage, number: int) -> Citation:
    sentence = passage.sentence_list()[number]
    location = passage.location(passage.start + sentence.start)
    return Citation(
        n,
        passage.source,
        passage.title,
        passage.start + sentence.start,
        passage.start + sentence.end,
        passage.text[sentence.start : sentence.end],
        passage.id,
        page=location.page,
        location=location.name,
        box=location.box,
    )
