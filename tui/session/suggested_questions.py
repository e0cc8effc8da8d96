"""Make questions that a library can answer from the titles of its documents, without a model."""

import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from engine.index.catalogue import KnownFile
from engine.text.names import name_key
from engine.text.words import is_unspaced

FEWEST_WORDS, MOST_WORDS, MOST_UNSPACED = 120, 8, 24
"""Words of a document that has enough to say, and words, or characters without blanks, of a title that is no sentence.
"""
MOST_FOLDERS, MOST_OF_FOLDER = 20, 10
"""Folders, and documents of each, whose titles are looked up: a look-up takes up to a millisecond."""

_QUESTION_WORDS = frozenset({"how", "what", "when", "where", "which", "who", "why", "can", "is", "are", "does", "do"})

_REPLIES = (
    "re:", "fwd:", "fw:", "aw:", "wg:", "antw:", "sv:", "vs:", "tr:", "rv:", "回复:", "答复:", "回覆:", "转发:",
    "轉寄:", "返信:", "転送:", "회신:", "답장:", "전달:",
)  # fmt: skip
_CAPITAL_LETTERS = frozenset({"Lu", "Lt", "Lo"})  # `Lo` are the letters of scripts without capital letters
_FULL_WIDTH_COLON = "\uff1a"
_QUESTION_MARKS = {"ARABIC": "\u061f", "CJK": "\uff1f", "HIRAGANA": "\uff1f", "KATAKANA": "\uff1f"}

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
    """Return a title as a question: `Canvas` as `What is Canvas about?`, `How to begin` as `How to begin?`.

    A title in a script without capital letters is a question by its mark alone: English words would not fit to it.
    """
    first = title.split(maxsplit=1)[0].casefold()
    if unicodedata.category(title[0]) == "Lo":
        script = unicodedata.name(title[0], "").partition(" ")[0]
        return title.rstrip("?.!\uff1f\u061f\u3002") + _QUESTION_MARKS.get(script, "?")
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
    has_words = is_unspaced(title) or any(len(word) > 2 and word.isalpha() for word in words)  # noqa: PLR2004
    is_reply = title.casefold().replace(_FULL_WIDTH_COLON, ":").startswith(_REPLIES)
    return has_words and _is_short(title) and _begins_with_a_capital(title) and not is_reply


def _is_short(title: str) -> bool:
    """Tell whether a title has few words, in a script without blanks few characters."""
    return len(title) <= MOST_UNSPACED if is_unspaced(title) else len(name_key(title).split()) <= MOST_WORDS


def _begins_with_a_capital(title: str) -> bool:
    """Tell whether a title begins with a capital letter, or a letter of a script that has none."""
    return bool(title) and unicodedata.category(title[0]) in _CAPITAL_LETTERS


def _title_of(path: str, titles: Titles) -> str:
    """Return the title of a document that has the name of its file; empty if it has another one or none of words."""
    key = name_key(Path(path).stem.replace("_", " ").replace("-", " "))
    if not any(word.isalpha() for word in key.split()) or not _is_short(Path(path).stem):
        return ""
    return next((title for title in titles(key) if name_key(title) == key and _begins_with_a_capital(title)), "")
