"""What a persona brings back from its walk: evidence, and the words it makes of it."""

from dataclasses import dataclass

from engine.events import GroundedClaim


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that a persona found, by number, with the score of its best path there."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class PersonaOutput:
    """A persona's evidence, best first, and what it holds: stems and names of its first five passages.

    With a language model it may have stated `claims`, each with the words of a source that carry it; then `text` is
    their words, and `names` are those that they name.
    """

    persona_id: str
    evidence: tuple[Evidence, ...]
    stems: frozenset[str]
    names: frozenset[str]
    text: str = ""
    claims: tuple[GroundedClaim, ...] = ()

    def first(self, count: int = 5) -> tuple[int, ...]:
        """The numbers of its best passages."""
        return tuple(found.number for found in self.evidence[:count])
