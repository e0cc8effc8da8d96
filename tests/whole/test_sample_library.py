"""The sample library: every question that comes with it is answered from the documents that hold the answer."""

import json
import shutil
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.events import AnswerWritten, EvidenceRanked, RunEvent
from engine.shipped import shipped
from tui.session.library import sample_library
from tui.session.session import Session, open_session

QUESTIONS = json.loads(shipped("db/sample_questions.json").read_bytes())
ANSWERED = [entry for entry in QUESTIONS if entry["answer"] is not None]
UNANSWERED = [entry["question"] for entry in QUESTIONS if entry["answer"] is None]


async def events_of(session: Session, question: str) -> list[RunEvent]:
    async with aclosing(session.runs.ask(question)) as stream:
        return [recorded.event async for recorded in stream]


async def answer_of(session: Session, question: str) -> AnswerWritten:
    (answer,) = [event for event in await events_of(session, question) if isinstance(event, AnswerWritten)]
    return answer


def text_of(source: str) -> str:
    """A text file as it is, or the text of one record of JSON lines."""
    path, _, identity = source.partition("#")
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - just as a script would
        text = file.read()
    if not identity:
        return text
    return next(str(record["text"]) for line in text.splitlines() if (record := json.loads(line))["id"] == identity)


def test_there_are_questions_of_every_kind():
    assert len(ANSWERED) >= 12
    assert len(UNANSWERED) >= 2
    assert {entry["hops"] for entry in ANSWERED} == {1, 2, 3, "comparison"}
    documents = {name for entry in ANSWERED for name in entry["documents"]}
    assert all((sample_library() / name).is_file() for name in documents)


@pytest.mark.parametrize("entry", ANSWERED, ids=lambda entry: entry["answer"])
async def test_a_question_is_answered_and_every_quote_stands_in_its_file(session, entry):
    events = await events_of(session, entry["question"])
    (answer,) = [event for event in events if isinstance(event, AnswerWritten)]
    assert entry["answer"].casefold() in answer.answer.casefold()
    assert not answer.abstained
    assert answer.removed == 0
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        assert citation.source.endswith((".md", ".txt", ".rst")) or ".jsonl#" in citation.source
        assert text_of(citation.source)[citation.start : citation.end] == citation.quote
        assert citation.quote.strip() == citation.quote != ""
    documents = {str(sample_library() / name) for name in entry["documents"]}
    ranked = next(event for event in reversed(events) if isinstance(event, EvidenceRanked))
    assert documents <= {passage.source for passage in ranked.passages}
    assert documents & {citation.source for citation in answer.citations}


@pytest.mark.parametrize("question", UNANSWERED)
async def test_a_question_that_the_library_does_not_answer_is_not_answered(session, question):
    answer = await answer_of(session, question)
    assert (answer.answer, answer.abstained, answer.citations) == ("Your library does not say.", True, ())


async def test_questions_from_elsewhere_are_not_answered(session):
    for question in ("What is the capital of France?", "Who wrote Hamlet?", "42?", "?"):
        assert (await answer_of(session, question)).abstained, question


async def test_what_was_learned_from_the_runs_before_loses_no_answer(session):
    for entry in [*ANSWERED, *ANSWERED]:
        await answer_of(session, entry["question"])
    for entry in ANSWERED:
        answer = await answer_of(session, entry["question"])
        assert entry["answer"].casefold() in answer.answer.casefold(), entry["question"]
    for question in UNANSWERED:
        assert (await answer_of(session, question)).abstained, question


async def test_an_answer_depends_on_the_runs_before_by_the_ledger_alone(workspace, tmp_path):
    copy = Path(shutil.copytree(workspace, tmp_path / "copy"))
    lasting = open_session(workspace, model="none")
    for entry in ANSWERED:
        told = await answer_of(lasting, entry["question"])
        new = open_session(copy, model="none")  # nothing is left in memory of the runs before
        assert await answer_of(new, entry["question"]) == told
        await new.close()
    await lasting.close()


def test_the_suggestions_of_the_empty_screen_are_questions_with_answers(session):
    suggested = session.library.suggestions()
    assert len(suggested) == 8
    assert set(suggested) <= {entry["question"] for entry in ANSWERED}
