"""Sixty questions about libraries as people have them: how many are answered, and how many in the first quotation.

`python -m tests.whole.test_own_questions` prints each question that is not answered first.
"""

import asyncio
import sys
import tempfile
import threading
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.events import AnswerWritten
from engine.run.state import RunState
from engine.text.safe import one_line
from tests.support.question_libraries import QUESTIONS, Asked, write_library
from tui.session.session import open_session


class Counts(NamedTuple):
    """Questions with the answer in the first quotation, with it in any, and without an answer and abstained from."""

    first: int
    shown: int
    abstained: int


LEAST = {"notes": Counts(17, 17, 1), "code": Counts(12, 14, 2), "pdf": Counts(17, 18, 0)}
"""What is reached, of 18 questions with an answer and 2 without one in each library."""


async def answers_of(kind: str, folder: Path) -> list[AnswerWritten]:
    """Write a library into a folder, and ask its questions without a language model."""
    write_library(kind, folder / "library")
    session = open_session(folder / "workspace", paths=[folder / "library"], model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    answers = []
    for asked in QUESTIONS[kind]:
        state = RunState()
        async with aclosing(session.runs.ask(asked.question)) as events:
            async for recorded in events:
                state.apply(recorded.event)
        assert state.answer is not None
        answers.append(state.answer)
    await session.close()
    return answers


def holds(text: str, asked: Asked) -> bool:
    return any(answer in one_line(text) for answer in asked.answers)


def is_first(asked: Asked, answer: AnswerWritten) -> bool:
    return bool(answer.citations) and holds(answer.citations[0].quote, asked)


def counts_of(pairs: list[tuple[Asked, AnswerWritten]]) -> Counts:
    answerable = [(asked, answer) for asked, answer in pairs if asked.answers]
    return Counts(
        sum(is_first(*pair) for pair in answerable),
        sum(holds(answer.answer, asked) for asked, answer in answerable),
        sum(answer.abstained for asked, answer in pairs if not asked.answers),
    )


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_most_questions_are_answered_in_the_first_quotation(kind, tmp_path):
    assert len(QUESTIONS[kind]) == 20
    counts = counts_of(list(zip(QUESTIONS[kind], await answers_of(kind, tmp_path), strict=True)))
    unanswerable = sum(not asked.answers for asked in QUESTIONS[kind])
    sys.stdout.write(f"{kind}: {counts.first} first, {counts.shown} shown of {20 - unanswerable}; abstained at ")
    sys.stdout.write(f"{counts.abstained} of {unanswerable} without an answer\n")
    assert all(count >= least for count, least in zip(counts, LEAST[kind], strict=True))


async def _print() -> None:
    for kind, questions in QUESTIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            pairs = list(zip(questions, await answers_of(kind, Path(folder)), strict=True))
        sys.stdout.write(f"{kind}: {counts_of(pairs)}\n")
        for asked, answer in pairs:
            if not (is_first(asked, answer) if asked.answers else answer.abstained):
                quotes = [one_line(citation.quote)[:150] for citation in answer.citations]
                sys.stdout.write(f"  {asked.question} {asked.answers}\n" + "".join(f"      {q}\n" for q in quotes[:4]))


if __name__ == "__main__":
    asyncio.run(_print())
