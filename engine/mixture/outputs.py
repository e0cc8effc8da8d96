"""The output of a persona: the evidence of its walk, and its text."""

from dataclasses import dataclass

from engine.events import GroundedClaim


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that a persona found, by number, with its score in the walk."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class PersonaOutput:
    """A persona's evidence, best first, with the roots and the names of the question in its first five passages.

    With a language model it may have `claims`, each grounded in a source; then `text` is their text, and `names` are
    the names of the question in the claims and their quotes.
    """

    persona_id: str
    evidence: tuple[Evidence, ...]
    roots: frozenset[str]
    names: frozenset[str]
    text: str = ""
    claims: tuple[GroundedClaim, ...] = ()

    def first(self, count: int = 5) -> tuple[int, ...]:
        """Return the numbers of its best passages."""
        return tuple(evidence.number for evidence in self.evidence[:count])
