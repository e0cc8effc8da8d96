"""Make questions that a library can answer from the titles of its documents, without a model."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from engine.index.catalogue import KnownFile
from engine.text.names import name_key

FEWEST_WORDS, MOST_WORDS = 120, 8
"""Words of a document that has enough to say, and words of a title that is no sentence."""
MOST_FOLDERS, MOST_OF_FOLDER = 20, 10
"""Folders, and documents of each, whose titles are looked up: a look-up takes up to a millisecond."""

_QUESTION_WORDS = frozenset({"how", "what", "when", "where", "which", "who", "why", "can", "is", "are", "does", "do"})

_REPLIES = ("re:", "fwd:", "fw:", "aw:", "wg:", "antw:", "sv:", "vs:", "tr:", "rv:")

Titles = Callable[[str], Sequence[str]]


def questions_about(files: Mapping[str, KnownFile], titles: Titles, count: int) -> list[str]:
    """Return at most `count` questions about documents whose file has their title as its name.

    `titles(key)` gives the titles of the index that begin with `key` (`engine.text.names.name_key`). Each folder gets
    its turn, its longest documents first, and the folder of the longest document is the first. If no file has its
    title as its name, as in a mailbox, the first titles of the index are taken.
    """
    questions: dict[str, None] = {}
    longest = [paths[:MOST_OF_FOLDER] for paths in islice(_by_folder(files), MOST_FOLDERS)]
    folders = [filter(None, (_title_of(path, titles) for path in paths)) for paths in longest]
    while folders and len(questions) < count:
        titled = [(folder, title) for folder in folders if (title := next(folder, ""))]
        folders = [folder for folder, _ in titled]
        questions |= dict.fromkeys(question_about(title) for _, title in titled)
    return (list(questions) or [question_about(title) for title in titles("") if _is_a_subject(title)])[:count]


def question_about(title: str) -> str:
    """Return a title as a question: `Canvas` as `What is Canvas about?`, `How to begin` as `How to begin?`."""
    first = title.split(maxsplit=1)[0].casefold()
    if first in _QUESTION_WORDS:
        return title.rstrip("?.!") + "?"
    return f"What is {title} about?"


def _by_folder(files: Mapping[str, KnownFile]) -> Iterable[list[str]]:
    """Return the paths of the documents of each folder that have enough to say, the longest document first."""
    folders: dict[str, list[str]] = {}
    by_words = [(-file.words, path) for path, file in files.items() if not file.reason and file.words >= FEWEST_WORDS]
    for _, path in sorted(by_words):
        folders.setdefault(path.rpartition(os.sep)[0], []).append(path)
    return folders.values()


def _is_a_subject(title: str) -> bool:
    """Tell whether a title names a subject in few words, and is no reply to a message."""
    words = name_key(title).split()
    is_short = len(words) <= MOST_WORDS and any(len(word) > 2 and word.isalpha() for word in words)  # noqa: PLR2004
    return is_short and title[:1].isupper() and not title.casefold().startswith(_REPLIES)


def _title_of(path: str, titles: Titles) -> str:
    """Return the title of a document that has the name of its file; empty if it has another one or none of words."""
    key = name_key(Path(path).stem.replace("_", " ").replace("-", " "))
    if not any(word.isalpha() for word in key.split()) or len(key.split()) > MOST_WORDS:
        return ""
    return next((title for title in titles(key) if name_key(title) == key and title[0].isupper()), "")
