"""Compose the context from which a model answers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from engine.answer.quotation import Quotation
from engine.mixture.outputs import PersonaOutput
from engine.model.untrusted_text import disarmed


@dataclass(frozen=True, slots=True)
class GraphContext:
    """The passages for the answer, best first: the order of their numbers."""

    passages: tuple[Quotation, ...]


def synthesize_persona_context(
    persona_outputs: Sequence[PersonaOutput], graph_context: GraphContext, *, seed: str = ""
) -> str:
    """Return the text from which a model answers: numbered quotations, then what the personas state.

    Blocks are separated by blank lines, which no block contains, and ordered by importance, so that the last are left
    out if they do not fit. The personas are named by letters, in an order that depends only on `seed`: a model prefers
    what comes first, and names that sound competent.
    """
    numbers = {q.passage.id: n for n, q in enumerate(graph_context.passages, 1)}
    quoted = [
        f"[{n}] {disarmed(q.passage.title)}: {disarmed(q.led_text)}" for n, q in enumerate(graph_context.passages, 1)
    ]
    statements = [statement for output in persona_outputs if (statement := _statement(output, numbers))]
    random.Random(seed).shuffle(statements)  # noqa: S311 - an order, no secret
    readers = [f"Reader {ascii_uppercase[n % 26]} says: {statement}" for n, statement in enumerate(statements)]
    return "\n\n".join([*quoted, *readers])


def _statement(output: PersonaOutput, numbers: dict[str, int]) -> str:
    """Return a persona's claims, each with the number of its quotation if it has one; without claims, its text."""
    if not output.claims:
        return disarmed(output.text)
    marks = (f" [{numbers[claim.passage]}]" if claim.passage in numbers else "" for claim in output.claims)
    return " ".join(
        f"{disarmed(claim.text).rstrip('.')}{mark}." for claim, mark in zip(output.claims, marks, strict=True)
    )
