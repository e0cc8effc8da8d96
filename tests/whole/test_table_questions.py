"""Forty questions whose answer stands only in a cell of a table or in a recognised picture, with the cell or box cited.

Without the cells and the pictures none is answered; without a persona that goes by amounts nothing is computed.
"""

import asyncio
import shutil
import sys
import tempfile
import threading
from collections import Counter
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest

from engine.events import AnswerWritten, Citation
from engine.personas.roster import Verdict
from engine.run.state import RunState
from engine.text.amounts import read_amounts
from engine.text.safe import one_line
from tests.support.table_library import QUESTIONS, UNCOMPUTED, Asked, write_table_library
from tui.session.session import open_session

_RECOGNISED = (".png", "scan-survey.pdf")
NEEDS_TESSERACT = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
QUESTIONS_OF_TABLES = tuple(asked for asked in QUESTIONS if not asked.file.endswith(_RECOGNISED))
QUESTIONS_OF_PICTURES = tuple(asked for asked in QUESTIONS if asked.file.endswith(_RECOGNISED))


async def answers_of(
    questions: list[str], folder: Path, *, with_cells: bool = True, without: tuple[str, ...] = ()
) -> list[AnswerWritten]:
    """Write the library, ask the questions without a language model and without these personas."""
    write_table_library(folder / "library", with_cells=with_cells)
    session = open_session(folder / "workspace", paths=[folder / "library"], model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    for persona in without:
        session.personas.roster.change(persona, Verdict.PRUNE, rule="by hand", decided_by="test")
    answers = []
    for question in questions:
        state = RunState()
        async with aclosing(session.runs.ask(question)) as events:
            async for recorded in events:
                state.apply(recorded.event)
        assert state.answer is not None
        answers.append(state.answer)
    await session.close()
    return answers


def is_right(asked: Asked, answer: AnswerWritten) -> bool:
    """The first citation is of the file; its marked cells and those after it, or the computed value, are the answer.

    Of text in sentences the first quotation has it.
    """
    if not answer.citations or Path(answer.citations[0].source).name != asked.file:
        return False
    first = answer.citations[0]
    if asked.is_computed:
        return all(one_line(words) in one_line(first.computed) for words in asked.answers)
    cited = [citation for citation in answer.citations if Path(citation.source).name == asked.file]
    has_cells = "column" in asked.place or "sheet" in asked.place
    cells = one_line(" ".join(words for citation in cited for words in marked(citation)))
    return all(words in (cells if has_cells else one_line(first.quote)) for words in asked.answers)


def marked(citation: Citation) -> list[str]:
    return [citation.quote[start:end] for start, end in citation.marks]


def report(name: str, questions: tuple[Asked, ...], answers: list[AnswerWritten]) -> Counter[str]:
    right = Counter(asked.file for asked, answer in zip(questions, answers, strict=True) if is_right(asked, answer))
    counts = Counter(asked.file for asked in questions)
    sys.stdout.write(f"{name}: {', '.join(f'{file} {right[file]}/{count}' for file, count in counts.items())}\n")
    return right


def check_places(questions: tuple[Asked, ...], answers: list[AnswerWritten]) -> None:
    for asked, answer in zip(questions, answers, strict=True):
        if is_right(asked, answer):
            assert answer.citations[0].place.startswith(asked.place), asked.question


def check_arithmetic(answers: list[AnswerWritten]) -> None:
    """What is said to be a sum is that of the marked cells, and each quote stands in its source."""
    sums = 0
    for answer in answers:
        if answer.citations and answer.citations[0].computed.startswith("Sum of"):
            sums += 1
            cells = [cell for citation in answer.citations for cell in marked(citation)]
            read = read_amounts(cells)
            assert read is not None
            amounts, spelling = read
            total = spelling.write(sum((amount.value for amount in amounts), Decimal(0)))
            assert f": {total}" in answer.citations[0].computed
    assert sums


async def test_questions_to_tables_are_answered_by_cells(tmp_path):
    answers = await answers_of([asked.question for asked in QUESTIONS_OF_TABLES], tmp_path)
    right = report("tables", QUESTIONS_OF_TABLES, answers)
    assert right.total() >= 0.95 * len(QUESTIONS_OF_TABLES)
    check_places(QUESTIONS_OF_TABLES, answers)
    check_arithmetic(answers)


@NEEDS_TESSERACT
async def test_questions_to_pictures_are_answered_by_recognised_text(tmp_path):
    answers = await answers_of([asked.question for asked in QUESTIONS_OF_PICTURES], tmp_path)
    right = report("pictures", QUESTIONS_OF_PICTURES, answers)
    assert right.total() >= 0.8 * len(QUESTIONS_OF_PICTURES)
    check_places(QUESTIONS_OF_PICTURES, answers)
    assert all(answer.citations[0].box for answer in answers if answer.citations)


async def test_without_cells_and_pictures_none_is_answered(tmp_path):
    """The header, title and text around each table are still there, and notes about the same things."""
    answers = await answers_of([asked.question for asked in QUESTIONS], tmp_path, with_cells=False)
    assert report("without cells", QUESTIONS, answers).total() == 0
    assert not any(citation.computed for answer in answers for citation in answer.citations)


async def test_without_a_persona_that_goes_by_amounts_nothing_is_computed(tmp_path):
    questions = [asked.question for asked in QUESTIONS_OF_TABLES]
    answers = await answers_of(questions, tmp_path, without=("analyst",))
    right = report("without the analyst", QUESTIONS_OF_TABLES, answers)
    assert not any(citation.computed for answer in answers for citation in answer.citations)
    assert right.total() < 0.4 * len(QUESTIONS_OF_TABLES)


async def test_nothing_is_computed_from_what_the_table_has_not(tmp_path):
    answers = await answers_of(list(UNCOMPUTED), tmp_path)
    assert not any(citation.computed for answer in answers for citation in answer.citations)


async def _print() -> None:
    with tempfile.TemporaryDirectory() as folder:
        answers = await answers_of([asked.question for asked in QUESTIONS], Path(folder))
    report("all", QUESTIONS, answers)
    for asked, answer in zip(QUESTIONS, answers, strict=True):
        if not is_right(asked, answer):
            sys.stdout.write(f"  {asked.question} {asked.answers}\n      {answer.answer[:200]}\n")


if __name__ == "__main__":
    asyncio.run(_print())
