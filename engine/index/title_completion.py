"""What a question's last words may be the beginning of: a title of the library."""

import re
from collections.abc import Callable, Iterator, Sequence

from engine.text.words import STOP_WORDS, words

_MOST_WORDS = 6  # of a title that were typed already
_FEWEST = 3  # letters: fewer begin too many titles
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_WORD_START = re.compile(r"(?<!\S)\S")

Titles = Callable[[str], Sequence[str]]


def complete(text: str, titles: Titles) -> str:
    """`text` with its last words completed to a title, as that is written; empty if they begin none.

    `titles(key)` gives titles whose key (`engine.text.names.name_key`) begins with `key`. The longest run of last
    words that begins a title counts, and of several titles the shortest. Letter case and accents do not matter.
    """
    for fragment in _fragments(text):
        typed = words(fragment)
        key = " ".join(typed) + " " * fragment[-1:].isspace()
        found = (_ARTICLE.sub("", title) for title in titles(key))
        # Where a sign of the title was left out, what was typed does not stand over its beginning.
        fitting = (t for t in found if len(t) > len(fragment) and words(t[: len(fragment)]) == typed)
        if best := min(fitting, key=lambda title: (len(title), title), default=""):
            return text[: len(text) - len(fragment)] + best
    return ""


def _fragments(text: str) -> Iterator[str]:
    """The ends of `text` that begin with a word, the longest first."""
    for match in list(_WORD_START.finditer(text))[-_MOST_WORDS:]:
        fragment = text[match.start() :]
        typed = words(fragment)
        if len("".join(typed)) >= _FEWEST and not set(typed) <= STOP_WORDS:
            yield fragment
