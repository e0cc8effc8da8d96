"""What a question asks of an index: the protocol that a search index or a remote engine implements."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from engine.documents.passages import Passage
from engine.text.names import Analysis, NameSpan, mentions_in

K1, B = 1.2, 0.75  # of BM25, as tantivy has them


class _Stored(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A passage as the index stores it: its `engine.text.names.Analysis`, and the passage, decoded on demand."""

    roots: str
    sentence_ends: list[int]
    starts: list[int]
    runs: str
    passage: msgspec.Raw


_DECODER = msgspec.msgpack.Decoder(_Stored)


_PASSAGE = msgspec.msgpack.Decoder(Passage)


class OpenedPassage:
    """A passage with what was computed of it at ingest (see `engine.text.names.Analysis`).

    A question opens a hundred passages for their roots, a dozen for their names, and quotes five.
    """

    __slots__ = ("_stored", "roots", "sentence_ends")

    def __init__(self, stored: bytes) -> None:
        self._stored = _DECODER.decode(stored)
        self.roots = self._stored.roots.split()
        self.sentence_ends = self._stored.sentence_ends

    @property
    def mentions(self) -> list[tuple[str, list[NameSpan]]]:
        """The keys of the names it may mention, with their spans, longest first."""
        starts = self._stored.starts
        return mentions_in(starts, self._stored.runs.split("\n") if starts else [])

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return _PASSAGE.decode(self._stored.passage)

    @staticmethod
    def encode(passage: Passage, analysis: Analysis) -> bytes:
        """The bytes that the index keeps."""
        raw, (roots, ends, starts, runs) = msgspec.Raw(msgspec.msgpack.encode(passage)), analysis
        return msgspec.msgpack.encode(_Stored(" ".join(roots), ends, starts, "\n".join(runs), raw))


class Retriever(Protocol):
    """The look-ups of a question. Each costs what it returns, never the size of the library.

    A passage is known by its number, which is good until the index is refreshed.
    """

    def __len__(self) -> int:
        """How many passages can be found."""
        ...

    def search(self, terms: Mapping[str, float], limit: int, *, mention: str = "") -> list[tuple[int, float]]:
        """The best passages by BM25 over weighted stems, titles counted twice, best first.

        `mention` keeps those only that mention a name. Without it every hit holds a term; with one, terms may
        even be missing: then all that mention it rank alike.
        """
        ...

    def titled(self, key: str) -> Sequence[int]:
        """The passages whose document or section has this title key."""
        ...

    def open(self, number: int) -> OpenedPassage:
        """A passage and its analysis."""
        ...

    def term_frequency(self, stem: str) -> int:
        """In how many passages a stem occurs."""
        ...

    def mention_frequency(self, key: str) -> int:
        """How many passages mention a name."""
        ...

    def known(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """For each name, how many passages mention it and how many have it as a title, whatever the scope."""
        ...

    @property
    def mean_length(self) -> float:
        """The mean number of words of a passage."""
        ...


def inverse_document_frequency(frequency: int, total: int) -> float:
    """BM25's weight of a term that occurs in `frequency` of `total` passages (Robertson and Zaragoza, 2009)."""
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
