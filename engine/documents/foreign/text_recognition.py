"""Recognise the text of pictures with the program `tesseract`, where it is installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import groupby

from engine.documents.foreign.pdf_layout import Line, Word

_WORD = re.compile(r"\W*(?:[^\W\d_]{2,}|\d[\d.,:/-]*)\W*")
SECONDS = 120  # of one page
_CONFIDENT = 40  # of 100: less sure words are mostly lines and stains
_LEGIBLE = 60  # of 100: the mean of the words of a page that is text at all
_LANGUAGES = 3  # at most; each takes its time

AWAITED = "to have its text recognised"
"""Stands in the reason or the note of a file of which text recognition would read more."""

Progress = Callable[[int, int], None]
"""Tells the page that is being read, and how many there are."""


class TextRecogniser:
    """Reads pictures of pages; `is_wanted` is the setting `text_recognition`."""

    def __init__(self, *, is_wanted: bool = True, progress: Progress = lambda _page, _pages: None) -> None:
        self._program = shutil.which("tesseract") if is_wanted else None
        self._is_wanted, self._progress = is_wanted, progress
        self._installed: list[str] = []

    @property
    def hint(self) -> str:
        """What to do where nothing is recognised."""
        if not self._is_wanted:
            return f"set text_recognition in system.yaml to auto {AWAITED}"
        return "no text was recognised on it" if self._program else f"install tesseract {AWAITED}"

    @property
    def is_able(self) -> bool:
        """Can it recognise anything?"""
        return self._program is not None

    def lines(self, picture: Callable[[], bytes], page: int, pages: int) -> list[Line] | None:
        """The lines in a picture of a page; None where nothing can be recognised.

        A picture is a file of any format that tesseract reads.
        """
        if self._program is None:
            return None
        self._progress(page, pages)
        table = self._run(["-", "-", "-l", self._languages(), "tsv"], picture())
        return _lines(table) or None

    def _languages(self) -> str:
        if not self._installed:
            names = [name.strip() for name in self._run(["--list-langs"], b"").splitlines()[1:]]
            self._installed = [n for n in names if n and n != "osd" and "/" not in n][:_LANGUAGES] or ["eng"]
        return "+".join(self._installed)

    def _run(self, arguments: list[str], data: bytes) -> str:
        """What the program prints when it is given data; nothing when it fails."""
        command = [str(self._program), *arguments]
        try:
            run = subprocess.run(  # noqa: S603 - the program of this name on the user's path
                command, input=data, capture_output=True, timeout=SECONDS, check=False, env=_environment()
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return run.stdout.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """One thread a page: what is recognised should not depend on how busy the machine is."""
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def _lines(table: str) -> list[Line]:
    """The lines in tesseract's table of words."""
    rows = [row.split("\t") for row in table.splitlines()[1:]]
    rows = [row for row in rows if len(row) == 12]  # noqa: PLR2004 - columns of the table
    whole = next(((float(row[8]), float(row[9])) for row in rows if row[0] == "1"), (1.0, 1.0))
    words = [row for row in rows if row[0] == "5" and row[11].strip() and float(row[10]) >= _CONFIDENT]
    legible = [row for row in words if _WORD.fullmatch(row[11])]
    if sum(float(row[10]) for row in words) < _LEGIBLE * len(words) or 2 * len(legible) < len(words):
        return []
    found = []
    for _, group in groupby(words, key=lambda row: row[2:5]):
        line = list(group)
        boxes = [[float(value) for value in row[6:10]] for row in line]
        left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
        right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
        box = (
            round(left / whole[0], 4), round(top / whole[1], 4), round(right / whole[0], 4), round(bottom / whole[1], 4)
        )  # fmt: skip
        parts = [Word(row[11], b[0], b[0] + b[2]) for row, b in zip(line, boxes, strict=True)]
        block = int(line[0][2]) * 1000 + int(line[0][3]) + 1
        found.append(Line(parts, top, bottom - top, *whole, block=block, box=box))
    return found
