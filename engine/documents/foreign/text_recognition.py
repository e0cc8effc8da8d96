"""Recognise the text of pictures with the program `tesseract`, if it is installed."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from itertools import groupby

from engine.documents.foreign.pdf_layout import Line, Word

_WORD = re.compile(r"\W*(?:[^\W\d_]{2,}|\d[\d.,:/-]*)\W*")
SECONDS = 1800.0  # of one file
_SECONDS_A_PAGE = 120.0
_CONFIDENT = 40  # of 100: less sure words are mostly lines and stains
_LEGIBLE = 60  # of 100: the mean of the words of a page that is text at all
_LANGUAGES = 3  # at most; each takes its time

_AWAITED = "to have its text recognised"  # in the reason or the note of a file of which it would read more
_OUT_OF_TIME = "not recognised within"

Progress = Callable[[int, int], None]
"""Called with page and number of pages before a page is recognised."""


class TextRecogniser:
    """Recognises the text of pictures of pages, for at most `seconds` from now on; 0 is the setting not to do it."""

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        progress: Progress = lambda _page, _pages: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program = shutil.which("tesseract") if seconds else None
        self._seconds, self._progress, self._clock = seconds, progress, clock
        self._deadline = clock() + seconds
        self._installed: list[str] = []

    @property
    def hint(self) -> str:
        """What to do if nothing is recognised."""
        if not self._seconds:
            return f"set text_recognition in system.yaml to auto {_AWAITED}"
        if self._program is None:
            return f"install tesseract {_AWAITED}"
        if self._seconds_left <= 0:
            return f"{self._limit}; raise text_recognition_minutes in system.yaml {_AWAITED}"
        return "no text was recognised on it"

    @property
    def is_able(self) -> bool:
        """Whether it can recognise text."""
        return self._program is not None

    def reads_more(self, note: str) -> bool:
        """Tell whether it would read more of a file with this reason or note: it is able now, or has another limit."""
        return self.is_able and _AWAITED in note and self._limit not in note

    @property
    def _limit(self) -> str:
        return f"{_OUT_OF_TIME} {self._seconds / 60:g} minutes"

    @property
    def _seconds_left(self) -> float:
        return self._deadline - self._clock()

    def lines(self, picture: Callable[[], bytes], page: int, pages: int) -> list[Line] | None:
        """Return the lines in a picture of a page; None if nothing can be recognised or the time is over.

        A picture is a file of any format that tesseract reads.
        """
        if self._program is None or self._seconds_left <= 0:
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
        """Return the output of the program for an input; empty if it fails."""
        command, seconds = [str(self._program), *arguments], min(_SECONDS_A_PAGE, max(0.0, self._seconds_left))
        try:
            run = subprocess.run(  # noqa: S603 - the program of this name on the user's path
                command, input=data, capture_output=True, timeout=seconds, check=False, env=_environment()
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return run.stdout.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """Return an environment with one thread a page, so that the result does not depend on the load of the machine."""
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}


def _lines(table: str) -> list[Line]:
    """Return the lines in tesseract's table of words; none if most of it is not text."""
    rows = [row.split("\t") for row in table.splitlines()[1:]]
    rows = [row for row in rows if len(row) == 12]  # noqa: PLR2004 - columns of the table
    whole = next(((float(row[8]), float(row[9])) for row in rows if row[0] == "1"), (1.0, 1.0))
    words = [row for row in rows if row[0] == "5" and row[11].strip() and float(row[10]) >= _CONFIDENT]
    legible = [row for row in words if _WORD.fullmatch(row[11])]
    if sum(float(row[10]) for row in words) < _LEGIBLE * len(words) or 2 * len(legible) < len(words):
        return []
    return [_line(list(group), whole) for _, group in groupby(words, key=lambda row: row[2:5])]


def _line(rows: list[list[str]], whole: tuple[float, float]) -> Line:
    """Return the line of these words of the table; `whole` is the size of the picture."""
    boxes = [[float(value) for value in row[6:10]] for row in rows]
    begin, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    end, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    box = (round(begin / whole[0], 4), round(top / whole[1], 4), round(end / whole[0], 4), round(bottom / whole[1], 4))
    words = [Word(row[11], b[0], b[0] + b[2]) for row, b in zip(rows, boxes, strict=True)]
    block = int(rows[0][2]) * 1000 + int(rows[0][3]) + 1
    return Line(words, top, bottom - top, *whole, block=block, box=box)
