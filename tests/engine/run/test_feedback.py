"""Feedback: who earns what by a judgement, and what is said when there is nothing to judge."""

import pytest

from engine.errors import InputError
from engine.events import (
    AnswerWritten,
    Citation,
    EvidenceRanked,
    OutputProduced,
    QuestionRead,
    RankedPassage,
    RunEvent,
    RunStarted,
)
from engine.personas.experience import MarkedRanking
from engine.run.feedback import judge
from engine.run.state import RunState
from tests.support.scripted_run import state_of


def cited(*passages: str) -> AnswerWritten:
    citations = tuple(Citation(n, "s", "t", 0, 9, "q", passage) for n, passage in enumerate(passages, start=1))
    return AnswerWritten("words", abstained=False, citations=citations, removed=0)


def run(answer: AnswerWritten | None) -> RunState:
    events: list[RunEvent] = [
        RunStarted("run-1", "who?", 0, 9, None),
        QuestionRead((), (), ("who",), (0.5, 1.0)),
        OutputProduced("archivist", ("a", "b", "c", "d", "e", "f"), ""),
        OutputProduced("reader", ("c", "x"), ""),
        OutputProduced("skeptic", (), ""),
    ]
    return state_of([*events, answer] if answer else events)


def test_an_answer_pays_the_share_of_its_passages_among_the_first_five():
    judgement = judge(run(cited("a", "c", "f", "c")), liked=True)
    assert judgement.rewards == pytest.approx({"archivist": 2 / 3, "reader": 1 / 3, "skeptic": 0.0})
    assert (judgement.run_id, judgement.citation, judgement.context) == ("run-1", None, (0.5, 1.0))


def test_a_dislike_pays_what_is_left_of_one():
    judgement = judge(run(cited("a", "c", "f")), liked=False)
    assert judgement.rewards == pytest.approx({"archivist": 1 / 3, "reader": 2 / 3, "skeptic": 1.0})


def test_a_citation_pays_those_that_brought_its_passage():
    liked, disliked = (judge(run(cited("a", "c")), liked=liked, citation=1) for liked in (True, False))
    assert liked.rewards == {"archivist": 1.0, "reader": 0.0, "skeptic": 0.0}
    assert disliked.rewards == {"archivist": 0.0, "reader": 1.0, "skeptic": 1.0}
    assert (liked.citation, liked.subject) == (1, "citation 1")


def test_a_like_keeps_the_ranking_and_a_dislike_does_not():
    ranked = [RankedPassage(name, "s", "t", 1.0, (), (float(n), 0.5)) for n, name in enumerate("xca")]
    state = run(None)
    state.apply(EvidenceRanked(tuple(ranked), 0.5, 1, 1))
    state.apply(cited("a", "c"))
    values = ((0.0, 0.5), (1.0, 0.5), (2.0, 0.5))
    assert judge(state, liked=True).marked == MarkedRanking(values, (1, 2))
    assert judge(state, liked=True, citation=2).marked == MarkedRanking(values, (1,))
    assert judge(state, liked=False).marked is None
    assert judge(run(cited("a")), liked=True).marked is None, "an old run, without values"


@pytest.mark.parametrize(
    ("answer", "citation", "words"),
    [
        (None, None, "run run-1 has no answer"),
        (cited(), None, "run run-1 cites nothing"),
        (cited("a", "b"), 3, r"no citation 3 \(1, 2 are there\)"),
        (cited("a", "b"), 0, "no citation 0"),
        (cited("a", ""), None, "before citations named their passages"),
        (cited("a", ""), 2, "before citations named their passages"),
    ],
)
def test_what_cannot_be_judged_is_told(answer, citation, words):
    with pytest.raises(InputError, match=words):
        judge(run(answer), liked=True, citation=citation)
