"""What the question's line offers by itself: earlier questions, walked through or searched, and titles."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from engine.errors import PersonaMoeError
from tui.ask.question_history import DRAFT, QuestionHistory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.ask.ask_input import AskInput
    from tui.session.library import ScopedLibrary
    from tui.session.runs import Runs


_Found = TypeVar("_Found")

LONGEST_COMPLETED = 300
"""Characters of a question up to which a title is offered: it costs a look at the index for each key."""


class Recall:
    """Keeps an input and the history of questions in step; the disk is read in threads.

    `complain` is told what could not be done.
    """

    def __init__(self, runs: Runs, library: ScopedLibrary, line: AskInput, complain: Callable[[str], None]) -> None:
        self.history = QuestionHistory(runs)
        self._library, self._line, self._complain = library, line, complain
        self._turn = asyncio.Lock()  # keys come faster than the disk answers
        self._draft = self._shown = ""
        self._failed = False
        self._found: tuple[int, str] | None = None

    async def older(self) -> None:
        """Show the question before the one that is shown."""
        async with self._turn:
            question = await self._read(self.history.older, self._line.value)
            if question is not None:
                self._show(question)
            elif not self._failed:
                self._complain("there is no older question")

    async def newer(self) -> bool:
        """Show the question after the one that is shown; False at what is being typed, which is the newest."""
        async with self._turn:
            question = await self._read(self.history.newer)
            if question is not None:
                self._show(question)
            return question is not None

    @property
    def has_found(self) -> bool:
        """Whether a search found a question."""
        return self._found is not None

    def is_new(self, text: str) -> bool:
        """Whether `text` was typed: then it is the newest question again, and nothing of it gets lost."""
        if text == self._shown and text:
            return False
        self.history.position = DRAFT
        return True

    def _show(self, question: str) -> None:
        self._shown = question
        self._line.offer("")
        self._line.value = question
        self._line.cursor_position = len(question)

    async def complete(self) -> None:
        """Offer a title that the last words begin; what was typed meanwhile gets no old offer."""
        typed = self._line.value
        if 0 < len(typed) <= LONGEST_COMPLETED and self._line.cursor_at_end and not self._line.is_completed:
            completed = await self._read(self._library.complete, typed)
            if self._line.value == typed and not self._line.searching:
                self._line.offer(completed or "")

    # -- the search backwards ---------------------------------------------------------------------------------

    async def search(self) -> None:
        """Begin it; once it goes, go on to the next older question that matches."""
        if not self._line.searching:
            self._draft, self._found = self._line.value, None
            self._line.search(True)
        elif self._found is not None:
            await self._find(self._found[0] + 1)

    async def look_up(self) -> None:
        """What is looked for has changed."""
        self._found = None
        await self._find(0)

    async def _find(self, start: int) -> None:
        words = self._line.value
        match = await self._read(self.history.find, words, start)
        if self._line.value == words and self._line.searching:
            if match is None and self._found is not None:
                self._complain("there is no older question with these words")
                return
            self._found = match
            self._line.show_found(match[1] if match else None)

    def leave_search(self, *, taking: bool) -> str:
        """End it with the question that was found, else with what was typed before it; returns that."""
        text = self._found[1] if taking and self._found is not None else self._draft
        self._found = None
        self._line.search(False, text)
        return text

    async def _read(self, look: Callable[..., _Found | None], *arguments: object) -> _Found | None:
        try:
            match = await asyncio.to_thread(look, *arguments)
        except PersonaMoeError as error:
            self._failed = True
            self._complain(str(error))
            return None
        self._failed = False
        return match
