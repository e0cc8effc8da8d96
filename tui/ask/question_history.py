"""The questions that were asked before, as a shell has its commands: walked through, or searched backwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.errors import PersonaMoeError
from engine.text.safe import one_line

if TYPE_CHECKING:
    from db.runs.summary import RunSummary
    from tui.session.runs import Runs

PAGE = 500
DRAFT = -1
"""The position of what is being typed: one newer than the newest question."""


class QuestionHistory:
    """Each question once, newest first, read a page at a time; `position` is the one that is shown.

    `older` and `find` read the disk: call them in a thread. Both raise StoreError.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._runs_of: dict[str, RunSummary | None] = {}  # by question as the history has it; None: asked just now
        self._questions: list[str] = []
        self._read = 0
        self._complete = False
        self._draft = ""
        self.position = DRAFT

    def note(self, question: str) -> None:
        """A question was asked: it is the newest one, and the next walk begins there."""
        self.position = DRAFT
        with self._lock:
            if question in self._runs_of:
                self._questions.remove(question)
            self._runs_of[question] = None
            self._questions.insert(0, question)

    def older(self, typed: str) -> str | None:
        """The question before the one that is shown, None if there is none; what was `typed` is kept."""
        if self.position == DRAFT:
            self._draft = typed
        question = self._at(self.position + 1)
        if question is not None:
            self.position += 1
        return question

    def newer(self) -> str | None:
        """The question after the one that is shown, at last what was being typed; None there."""
        if self.position == DRAFT:
            return None
        self.position -= 1
        return self._draft if self.position == DRAFT else self._at(self.position)

    def find(self, words: str, start: int = 0) -> tuple[int, str] | None:
        """The newest question from position `start` on that holds `words`, whatever their case, and its position."""
        folded, position = words.casefold(), start
        while words and (question := self._listed(position)) is not None:
            if folded in question.casefold():
                return position, self._whole(question)
            position += 1
        return None

    def _at(self, position: int) -> str | None:
        question = self._listed(position)
        return None if question is None else self._whole(question)

    def _listed(self, position: int) -> str | None:
        """The question at this position as the history has it, read if need be."""
        with self._lock:
            while position >= len(self._questions) and not self._complete:
                self._read_on()
            return self._questions[position] if position < len(self._questions) else None

    def _read_on(self) -> None:
        page = self._runs.history.recent(PAGE, self._read)
        self._read += len(page)
        self._complete = len(page) < PAGE
        for run in page:
            question = one_line(run.question)
            if question and question not in self._runs_of:
                self._runs_of[question] = run
                self._questions.append(question)

    def _whole(self, question: str) -> str:
        """Return the question as it was asked: of a long one the history has the beginning."""
        run = self._runs_of[question]
        try:
            return question if run is None else one_line(self._runs.question_of(run))
        except PersonaMoeError:
            return question
