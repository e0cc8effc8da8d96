"""Makes a larger library of a given one: its passages, and copies of them in which the rare names are replaced."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.documents.passages import Passage
from engine.text.sentences import sentence_spans

_NAME_WORD = re.compile(r"(?<![^\W_])[^\W\d_a-z][^\W\d_]{3,}")  # capitalised, of four letters or more
_RARE = 0.001  # a capitalised word in a smaller share of the passages is replaced in the copies
_EXCHANGED = 0.5  # the share of sentences after the first that come from another passage

_Pieces = list[str]  # a text, split so that every second piece is a rare name word


def enlarged(passages: Sequence[Passage], count: int, *, seed: int = 0) -> Iterator[Passage]:
    """Yield `count` passages: the given ones, then copies of them. The same seed gives the same passages.

    A copy replaces each rare capitalised word by the same new word everywhere, in titles too, so the links between
    its passages stay. Common words stay. Sentences are exchanged between passages. The vocabulary grows with the
    0.7th power of the number of passages (Heaps' law). The id of a copied passage ends in the number of the copy.
    """
    yield from passages[:count]
    rare = _rare_words(passages)
    titles = [_split(passage.title, rare) for passage in passages]
    texts = [[_split(p.text[a:b], rare) for a, b in sentence_spans(p.text)] for p in passages]
    sentences = [sentence for text in texts for sentence in text]
    for copy in range(1, -(-count // len(passages))):
        renaming = _Renaming(sorted(rare), random.Random(f"{seed} {copy}"))  # noqa: S311 - nothing secret
        for index in range(min(len(passages), count - copy * len(passages))):
            mixed = [renaming.exchanged(s, sentences) if k else s for k, s in enumerate(texts[index])]
            text = " ".join(map(renaming.renamed, mixed))
            name, title = f"{passages[index].id}-{copy}", renaming.renamed(titles[index])
            yield replace(passages[index], id=name, source=name, title=title, start=0, end=len(text), text=text)


def _rare_words(passages: Sequence[Passage]) -> set[str]:
    counts = Counter(word for p in passages for word in set(_NAME_WORD.findall(f"{p.title} {p.text}")))
    return {word for word, count in counts.items() if count < max(3, _RARE * len(passages))}


def _split(text: str, rare: set[str]) -> _Pieces:
    pieces, end = [], 0
    for match in _NAME_WORD.finditer(text):
        if match[0] in rare:
            pieces += [text[end : match.start()], match[0]]
            end = match.end()
    return [*pieces, text[end:]]


class _Renaming:
    """The new words of one copy: each is the beginning of a rare word with the end of another."""

    def __init__(self, rare: Sequence[str], generator: random.Random) -> None:
        self._rare, self._random, self._names = rare, generator, dict[str, str]()

    def renamed(self, pieces: _Pieces) -> str:
        """Return the text with the new words."""
        return "".join(self._name(piece) if k % 2 else piece for k, piece in enumerate(pieces))

    def exchanged(self, sentence: _Pieces, sentences: Sequence[_Pieces]) -> _Pieces:
        """Return the sentence, or at random one of another passage."""
        return self._random.choice(sentences) if self._random.random() < _EXCHANGED else sentence

    def _name(self, word: str) -> str:
        if word not in self._names:
            other = self._random.choice(self._rare)
            self._names[word] = word[: (len(word) + 1) // 2] + other[len(other) // 2 :].lower()
        return self._names[word]
