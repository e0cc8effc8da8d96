"""What a persona brings back from its walk: evidence, and the words it makes of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that a persona found, by number, with the score of its best path there."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class PersonaOutput:
    """A persona's evidence, best first, and what it holds: stems and names of its first five passages.

    `text` is quotations when there is no language model, else the persona's own words.
    """

    persona_id: str
    evidence: tuple[Evidence, ...]
    stems: frozenset[str]
    names: frozenset[str]
    text: str = ""

    def first(self, count: int = 5) -> tuple[int, ...]:
        """The numbers of its best passages."""
        return tuple(found.number for found in self.evidence[:count])
