"""The stored form of a passage and its analysis in the index."""

import msgspec

from engine.documents.passages import Passage
from engine.text.names import Analysis, NameSpan, mentions_in


class _Stored(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The fields of `engine.text.names.Analysis`, lists of words joined, and the encoded passage."""

    roots: str
    sentence_ends: list[int]
    starts: list[int]
    runs: str
    passage: msgspec.Raw


_DIGITS = [f" {digit}" for digit in range(10)]
_DECODER = msgspec.msgpack.Decoder(_Stored)
_PASSAGE = msgspec.msgpack.Decoder(Passage)


class IndexedPassage:
    """A passage as the index stores it, decoded when asked for: `sentence_ends` as in `Analysis`.

    A question reads the roots of about a hundred passages, the names of a dozen and the text of five.
    """

    __slots__ = ("_roots", "_stored", "sentence_ends")

    def __init__(self, stored: bytes) -> None:
        self._stored = _DECODER.decode(stored)
        self._roots: list[str] | None = None
        self.sentence_ends = self._stored.sentence_ends

    @property
    def roots(self) -> list[str]:
        """The roots of its words, as in `Analysis`."""
        if self._roots is None:
            self._roots = self._stored.roots.split()
        return self._roots

    @property
    def numbers(self) -> int:
        """How many of its words begin with a digit."""
        return sum(map(f" {self._stored.roots}".count, _DIGITS))

    @property
    def mentions(self) -> list[tuple[str, list[NameSpan]]]:
        """The keys of the names that the passage may mention, with their spans, longest first."""
        starts = self._stored.starts
        return mentions_in(starts, self._stored.runs.split("\n") if starts else [])

    @property
    def passage(self) -> Passage:
        """The passage itself."""
        return _PASSAGE.decode(self._stored.passage)

    @staticmethod
    def encode(passage: Passage, analysis: Analysis) -> bytes:
        """Encode a passage for the constructor."""
        raw, (roots, ends, starts, runs) = msgspec.Raw(msgspec.msgpack.encode(passage)), analysis
        return msgspec.msgpack.encode(_Stored(" ".join(roots), ends, starts, "\n".join(runs), raw))
