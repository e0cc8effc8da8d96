"""Compose the context from which a model answers."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from engine.answer.persona_statements import groups_of
from engine.answer.quotation import Quotation
from engine.events import GroundedClaim
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

    A statement says which personas rest on the same words, or that one is alone with it. Blocks are separated by blank
    lines, which no block contains, and ordered by importance, so that the last are left out if they do not fit. The
    personas are named by letters, in an order that depends only on `seed`: a model prefers what comes first, and names
    that sound competent.
    """
    numbers = {q.passage.id: n for n, q in enumerate(graph_context.passages, 1)}
    quoted = [
        f"[{n}] {disarmed(q.passage.title)}: {disarmed(q.led_text)}" for n, q in enumerate(graph_context.passages, 1)
    ]
    speakers = [output for output in persona_outputs if output.claims or output.text]
    random.Random(seed).shuffle(speakers)  # noqa: S311 - an order, no secret
    letters = {output.persona_id: ascii_uppercase[n % 26] for n, output in enumerate(speakers)}
    groups = groups_of({output.persona_id: output.claims for output in speakers})
    stated = [([letters[name] for name in names], _marked(claim, numbers)) for names, claim in groups]
    stated += [([letters[output.persona_id]], disarmed(output.text)) for output in speakers if not output.claims]
    return "\n\n".join([*quoted, *(_said(names, text) for names, text in stated)])


def _said(letters: Sequence[str], text: str) -> str:
    if len(letters) == 1:
        return f"Reader {letters[0]} alone says: {text}"
    return f"Readers {', '.join(letters)} agree: {text}"


def _marked(claim: GroundedClaim, numbers: Mapping[str, int]) -> str:
    """Return a claim with the number of its quotation, if that is among the quotations."""
    mark = f" [{numbers[claim.passage]}]" if claim.passage in numbers else ""
    return f"{disarmed(claim.text).rstrip('.')}{mark}."
