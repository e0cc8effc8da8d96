"""What a persona found in the latest runs: cited passages to which it alone came, and sources that the user liked."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from engine.errors import PersonaMoeError
from engine.mixture.scoring import DEPTH
from engine.run.state import RunState
from tui.drawing.cells import counted, plain
from tui.run.story import story_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.run.state import Judgements
    from tui.run.story import CitedPassage
    from tui.session.runs import Runs

LATEST_RUNS = 50
KNOWN = 5  # documents that are named


class Finds(NamedTuple):
    """The answered runs in which a persona walked, and of them the questions with passages that it alone found.

    `liked` counts by title how often the user liked a source that it had among its first five passages.
    """

    runs: int
    alone: list[tuple[str, list[CitedPassage]]]
    liked: Counter[str]


def finds_of(runs: Runs, persona_id: str) -> Finds:
    """Read the latest recorded runs, newest first. Raises StoreError if the history cannot be read."""
    walked = 0
    alone: list[tuple[str, list[CitedPassage]]] = []
    liked, judgements = Counter[str](), runs.judgements()
    for run in runs.history.recent(LATEST_RUNS, 0):
        with suppress(PersonaMoeError):  # a run whose events are gone
            state = RunState.of(runs.replay(run.run_id), question=run.question)
            row = state.rows.get(persona_id)
            walked += bool(row and row.steps and state.answer)
            if cited := [cited for cited in story_of(state) if cited.personas == (persona_id,)]:
                alone.append((state.question, cited))
            liked.update(_liked_titles(state, persona_id, judgements.get(run.run_id, {})))
    return Finds(walked, alone, liked)


def _liked_titles(state: RunState, persona_id: str, judged: Judgements) -> Iterator[str]:
    """Yield the titles of the sources that the user liked, of those among the first five passages of a persona."""
    row = state.rows.get(persona_id)
    first = row.output.passages[:DEPTH] if row and row.output else ()
    for citation in state.answer.citations if state.answer else ():
        if judged.get(citation.n, judged.get(None)) and citation.passage in first:
            yield citation.title


def finds_text(finds: Finds) -> list[Text]:
    """Write what a persona found alone: for each question the passages, with the numbers of their citations."""
    if not finds.runs:
        return [Text("It has not walked in the latest recorded runs.", "dim")]
    walked = f"of {counted(finds.runs, 'answered question')} for which it walked"
    known = ", ".join(f"{plain(title)} ({counted(marks, 'mark')})" for title, marks in finds.liked.most_common(KNOWN))
    lines = [Text(f"Knows {known}: you liked what it found there."), Text()] if known else []
    if not finds.alone:
        return [*lines, Text("No cited passage was found by it alone.", "dim")]
    lines.append(Text(f"Cited passages that no other persona found, in {len(finds.alone)} {walked}:", "dim"))
    for question, cited_passages in finds.alone:
        lines += [Text(), Text(plain(question), "bold")]
        for cited in cited_passages:
            numbers = "".join(f"[{n}]" for n in cited.numbers)
            lines.append(Text.assemble((f"{numbers} ", "bold cyan"), plain(cited.title)))
    return lines
