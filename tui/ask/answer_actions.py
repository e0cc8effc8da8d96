"""What can be done with the answer of a run: copy it, or judge it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.errors import PersonaMoeError
from tui.drawing.cells import plain
from tui.run.judgement_text import feedback_text

if TYPE_CHECKING:
    from engine.events import AnswerWritten, Citation
    from engine.run.state import RunState
    from tui.session.runs import Runs
    from tui.widgets.message_line import MessageLine


def copied_text(answer: AnswerWritten) -> str:
    """Write an answer and its sources as plain text."""
    sources = [f"[{citation.n}] {copied_quotation(citation)}" for citation in answer.citations]
    return "\n".join((answer.answer, "", *sources))


def copied_quotation(citation: Citation) -> str:
    """Write one quotation with its place as plain text: “words” (title, page, file, characters)."""
    place = f"{plain(citation.place)}, " if citation.place else ""
    span = f"{place}{citation.source}, characters {citation.start:,} to {citation.end:,}"
    return f"“{plain(citation.quote)}” ({plain(citation.title)}, {span})"


async def judge_answer(runs: Runs, state: RunState, message: MessageLine, *, liked: bool, citation: int | None) -> None:
    """Judge the answer of a run, or one of its citations, and say what that changed."""
    try:
        feedback = await asyncio.to_thread(runs.judge, state.run_id, liked=liked, citation=citation)
    except PersonaMoeError as error:
        message.complain(str(error))
    else:
        message.say(feedback_text(feedback))
        state.judge({**state.judged, citation: liked})
