"""A larger library made of a given one: the same passages, and copies of them with people and places of their own."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.documents.passages import Passage
from engine.text.sentences import sentence_spans

_NAME_WORD = re.compile(r"(?<![^\W_])[^\W\d_a-z][^\W\d_]{3,}")  # capitalised, of four letters or more
_RARE = 0.001  # a capitalised word in a smaller share of the passages is someone's own, and is renamed
_FROM_ELSEWHERE = 0.5  # the share of sentences after the first that come from another passage

_Pieces = list[str]  # a text cut up so that every second piece is a rare name word


def enlarged(passages: Sequence[Passage], count: int, *, seed: int = 0) -> Iterator[Passage]:
    """`count` passages: those given, then renamed copies. The same seed gives the same passages.

    A copy renames the rare capitalised words throughout, titles included, so that the links between its passages
    stay; common words stay too and grow as common as in a larger library. Sentences are shuffled between passages.
    The vocabulary grows with the 0.7th power of the passages, as Heaps' law has it. Ids end in the copy's number.
    """
    yield from passages[:count]
    rare = _rare_words(passages)
    titles = [_cut(passage.title, rare) for passage in passages]
    texts = [[_cut(p.text[a:b], rare) for a, b in sentence_spans(p.text)] for p in passages]
    sentences = [sentence for text in texts for sentence in text]
    for copy in range(1, -(-count // len(passages))):
        renaming = _Renaming(sorted(rare), random.Random(f"{seed} {copy}"))  # noqa: S311 - nothing secret
        for place in range(min(len(passages), count - copy * len(passages))):
            shuffled = [renaming.elsewhere(s, sentences) if k else s for k, s in enumerate(texts[place])]
            text = " ".join(map(renaming.said, shuffled))
            name, title = f"{passages[place].id}-{copy}", renaming.said(titles[place])
            yield replace(passages[place], id=name, source=name, title=title, start=0, end=len(text), text=text)


def _rare_words(passages: Sequence[Passage]) -> set[str]:
    counts = Counter(word for p in passages for word in set(_NAME_WORD.findall(f"{p.title} {p.text}")))
    return {word for word, found in counts.items() if found < max(3, _RARE * len(passages))}


def _cut(text: str, rare: set[str]) -> _Pieces:
    found, last = [], 0
    for match in _NAME_WORD.finditer(text):
        if match[0] in rare:
            found += [text[last : match.start()], match[0]]
            last = match.end()
    return [*found, text[last:]]


class _Renaming:
    """What the rare words are called in one copy: each the beginning of itself with the end of another."""

    def __init__(self, rare: Sequence[str], chance: random.Random) -> None:
        self._rare, self._chance, self._names = rare, chance, dict[str, str]()

    def said(self, pieces: _Pieces) -> str:
        """The text with the copy's names."""
        return "".join(self._name(piece) if k % 2 else piece for k, piece in enumerate(pieces))

    def elsewhere(self, sentence: _Pieces, sentences: Sequence[_Pieces]) -> _Pieces:
        """The sentence, or one of another passage."""
        return self._chance.choice(sentences) if self._chance.random() < _FROM_ELSEWHERE else sentence

    def _name(self, word: str) -> str:
        if word not in self._names:
            other = self._chance.choice(self._rare)
            self._names[word] = word[: (len(word) + 1) // 2] + other[len(other) // 2 :].lower()
        return self._names[word]
