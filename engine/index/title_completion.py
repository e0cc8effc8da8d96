"""Complete the last words of a question to a title of the library."""

import re
from collections.abc import Callable, Iterator, Sequence

from engine.text.words import STOP_WORDS, words

_MOST_WORDS = 6  # of a title that are typed
_FEWEST = 3  # typed letters; too many titles begin with fewer
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_WORD_START = re.compile(r"(?<!\S)\S")

Titles = Callable[[str], Sequence[str]]


def complete(text: str, titles: Titles) -> str:
    """Return `text` with its last words completed to a title as it is written; empty if no title begins with them.

    `titles(key)` gives titles whose key (`engine.text.names.name_key`) begins with `key`. The longest run of last
    words wins, then the shortest title. Letter case and accents do not matter.
    """
    for fragment in _fragments(text):
        typed = words(fragment)
        key = " ".join(typed) + " " * fragment[-1:].isspace()
        candidates = (_ARTICLE.sub("", title) for title in titles(key))
        # Only equally long beginnings are compared: a title does not fit if one of its signs was left out.
        fitting = (t for t in candidates if len(t) > len(fragment) and words(t[: len(fragment)]) == typed)
        if best := min(fitting, key=lambda title: (len(title), title), default=""):
            return text[: len(text) - len(fragment)] + best
    return ""


def _fragments(text: str) -> Iterator[str]:
    """Yield the ends of `text` that begin with a word, the longest first."""
    for match in list(_WORD_START.finditer(text))[-_MOST_WORDS:]:
        fragment = text[match.start() :]
        typed = words(fragment)
        if len("".join(typed)) >= _FEWEST and not set(typed) <= STOP_WORDS:
            yield fragment
