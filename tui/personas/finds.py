"""What a persona found that no other one did: the cited passages to which it alone came, in the latest runs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from engine.errors import PersonaMoeError
from engine.run.state import RunState
from tui.drawing.cells import counted, plain
from tui.run.story import story_of

if TYPE_CHECKING:
    from tui.run.story import CitedPassage
    from tui.session.runs import Runs

LATEST_RUNS = 50


class Finds(NamedTuple):
    """The answered runs in which a persona walked, and of them the questions with passages that it alone found."""

    runs: int
    alone: list[tuple[str, list[CitedPassage]]]


def finds_of(runs: Runs, persona_id: str) -> Finds:
    """Read the latest recorded runs, newest first. Raises StoreError if the history cannot be read."""
    walked = 0
    alone: list[tuple[str, list[CitedPassage]]] = []
    for run in runs.history.recent(LATEST_RUNS, 0):
        with suppress(PersonaMoeError):  # a run whose events are gone
            state = RunState.of(runs.replay(run.run_id), question=run.question)
            row = state.rows.get(persona_id)
            walked += bool(row and row.steps and state.answer)
            if cited := [cited for cited in story_of(state) if cited.personas == (persona_id,)]:
                alone.append((state.question, cited))
    return Finds(walked, alone)


def finds_text(finds: Finds) -> list[Text]:
    """Write what a persona found alone: for each question the passages, with the numbers of their citations."""
    if not finds.runs:
        return [Text("It has not walked in the latest recorded runs.", "dim")]
    walked = f"of {counted(finds.runs, 'answered question')} for which it walked"
    if not finds.alone:
        return [Text(f"Nothing that no other persona found, {walked}.", "dim")]
    lines = [Text(f"Cited passages that no other persona found, in {len(finds.alone)} {walked}:", "dim")]
    for question, cited_passages in finds.alone:
        lines += [Text(), Text(plain(question), "bold")]
        for cited in cited_passages:
            numbers = "".join(f"[{n}]" for n in cited.numbers)
            lines.append(Text.assemble((f"{numbers} ", "bold cyan"), plain(cited.title)))
    return lines
