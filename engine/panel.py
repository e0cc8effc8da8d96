"""A panel at one question: personas walk the same neighbourhood, and their evidence becomes one ranking."""

from collections.abc import Sequence

from engine.entities import title_keys
from engine.experts import Evidence, PersonaOutput
from engine.fusion import fuse
from engine.neighbourhood import Neighbourhood
from engine.persona import Persona
from engine.question import read_question
from engine.scoring import DEPTH
from engine.search import Retriever
from engine.traversal import TraitTraversal, Walk

_EVIDENCE = 20  # passages that a persona brings back


class Panel:
    """What the personas that were called have found so far. Deterministic: no clock, no chance."""

    def __init__(self, text: str, retriever: Retriever) -> None:
        self.question = read_question(text, retriever)
        self.neighbourhood = Neighbourhood(self.question, retriever)
        self._traversal = TraitTraversal(self.neighbourhood)
        self._personas: dict[str, Persona] = {}
        self.walks: dict[str, Walk] = {}
        self.rankings: dict[str, list[int]] = {}

    def send(self, persona: Persona) -> Walk:
        """Let a persona walk; its evidence joins the ranking."""
        walk = self._traversal.walk(persona)
        self._personas[persona.persona_id] = persona
        self.walks[persona.persona_id] = walk
        self.rankings[persona.persona_id] = walk.ranking()
        return walk

    def fused(self, *, without: str = "") -> dict[int, float]:
        """The panel's ranking with scores in [0, 1], best first; `without` leaves one persona out.

        The control votes only when no one else has found anything: it is there to be compared with.
        """
        heard = {name: ranking for name, ranking in self.rankings.items() if name != without and ranking}
        walkers = {name: ranking for name, ranking in heard.items() if not self._personas[name].is_control}
        return fuse(walkers or heard, {})

    def output(self, persona_id: str) -> PersonaOutput:
        """What a persona brought back, with what its first passages hold."""
        walk, ranking = self.walks[persona_id], self.rankings[persona_id][:_EVIDENCE]
        names = {name for number in ranking[:DEPTH] for name in self._names_in(number)}
        evidence = tuple(Evidence(number, walk.scores[number]) for number in ranking)
        return PersonaOutput(persona_id, evidence, self.roots_of(ranking[:DEPTH]), frozenset(names))

    def roots_of(self, numbers: Sequence[int]) -> frozenset[str]:
        """The roots of all words of these passages."""
        return frozenset(root for number in numbers for root in self.neighbourhood.open(number).stored.roots)

    def coverage(self, numbers: Sequence[int]) -> float:
        """The share of the question that these passages hold together, in [0, 1]."""
        return self.question.coverage(self.roots_of(numbers))

    def credit(self, persona_id: str) -> float:
        """What the panel's first five lose without the persona: the share of their weight, 1/rank, that leaves."""
        full = list(self.fused())[:DEPTH]
        rest = set(list(self.fused(without=persona_id))[:DEPTH])
        weight = {number: 1 / place for place, number in enumerate(full, start=1)}
        lost = sum(weight[number] for number in full if number not in rest)
        return lost / sum(weight.values()) if weight else 0.0

    def _names_in(self, number: int) -> list[str]:
        """The names of the question that a passage is about or mentions."""
        stored = self.neighbourhood.open(number).stored
        wanted = {name.key for name in self.question.names}
        passage = stored.passage
        return [key for key in (*title_keys(passage.title, passage.heading), *dict(stored.mentions)) if key in wanted]
