"""What can be done with the answer of a run: copy it, or judge it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.run.judgement_text import feedback_text
from tui.source.copied import copied_quotation, copied_text, copy_text

if TYPE_CHECKING:
    from textual.app import App

    from engine.events import AnswerWritten, Citation
    from engine.run.state import RunState
    from tui.session.runs import Runs
    from tui.widgets.message_line import MessageLine


def copy_answer(app: App[None], answer: AnswerWritten, chosen: Citation | None, message: MessageLine) -> None:
    """Copy the chosen quotation with its place, or else the answer with its sources, and say which."""
    hint = copy_text(app, copied_text(answer) if chosen is None else copied_quotation(chosen))
    words = "Answer and sources copied" if chosen is None else f"Quotation [{chosen.n}] copied"
    message.say(f"{words}{hint}")


async def judge_answer(runs: Runs, state: RunState, *, liked: bool, citation: int | None) -> str:
    """Judge the answer of a run, or one of its citations, and return what that changed. Raises PersonaMoeError."""
    feedback = await asyncio.to_thread(runs.judge, state.run_id, liked=liked, citation=citation)
    state.judge({**state.judged, citation: liked})
    return feedback_text(feedback)
