"""From evidence to one answer in which every sentence resolves to the exact words of a source."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from engine.answer.quotation import Quotation
from engine.mixture.outputs import PersonaOutput
from engine.model.untrusted_text import disarmed


@dataclass(frozen=True, slots=True)
class GraphContext:
    """What the walk left for the answer: passages by citation number, and which leads to which by what name."""

    passages: tuple[Quotation, ...]
    links: tuple[tuple[str, str, str], ...] = ()


def synthesize_persona_context(
    persona_outputs: Sequence[PersonaOutput], graph_context: GraphContext, *, seed: str = ""
) -> str:
    """The text that a model answers from: numbered quotations, how they hang together, what the personas say.

    Blocks are parted by blank lines, which no text in them can hold, and ordered by worth, so that whatever does not
    fit is cut from the end. The personas have letters for names and come in an order that depends on `seed` alone:
    a model favours what comes first, and names that sound sure.
    """
    numbers = {q.passage.id: n for n, q in enumerate(graph_context.passages, 1)}
    quoted = [f"[{n}] {disarmed(q.passage.title)}: {disarmed(q.text)}" for n, q in enumerate(graph_context.passages, 1)]
    links = [f"{disarmed(a)} leads to {disarmed(b)} by {disarmed(name)}." for a, b, name in graph_context.links]
    said = [words for output in persona_outputs if (words := _said(output, numbers))]
    random.Random(seed).shuffle(said)  # noqa: S311 - an order, no secret
    voices = [f"Reader {ascii_uppercase[n % 26]} says: {words}" for n, words in enumerate(said)]
    return "\n\n".join([*quoted, *([" ".join(links)] if links else []), *voices])


def _said(output: PersonaOutput, numbers: dict[str, int]) -> str:
    """A persona's claims, each with the number of its quotation if that is among them; else its text."""
    if not output.claims:
        return disarmed(output.text)
    marks = (f" [{numbers[claim.passage]}]" if claim.passage in numbers else "" for claim in output.claims)
    return " ".join(
        f"{disarmed(claim.text).rstrip('.')}{mark}." for claim, mark in zip(output.claims, marks, strict=True)
    )
