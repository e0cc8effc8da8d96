"""A panel at one question: personas walk the same neighbourhood, and their evidence becomes one ranking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from engine.events import GroundedClaim
from engine.index.retriever import Retriever
from engine.mixture.fusion import HEARD, fuse, supported
from engine.mixture.outputs import Evidence, PersonaOutput
from engine.mixture.scoring import DEPTH, credit
from engine.personas.persona import Persona
from engine.personas.traits import WalkParameters, walk_parameters
from engine.question.question import read_question
from engine.text.names import title_keys
from engine.text.words import words
from engine.walk.neighbourhood import Neighbourhood
from engine.walk.traversal import TraitTraversal, Walk


class Panel:
    """What the personas that were called have found so far. Deterministic: no clock, no chance."""

    def __init__(
        self, text: str, retriever: Retriever, parameters: Callable[[Persona], WalkParameters] = walk_parameters
    ) -> None:
        self.question = read_question(text, retriever)
        self.neighbourhood = Neighbourhood(self.question, retriever)
        self._traversal = TraitTraversal(self.neighbourhood, parameters)
        self._personas: dict[str, Persona] = {}
        self.walks: dict[str, Walk] = {}
        self.rankings: dict[str, list[int]] = {}
        self.voices: dict[str, float] = {}
        self._fused: dict[int, float] = {}  # with these voices, once it was asked for

    def send(self, persona: Persona, voice: float = 1.0) -> Walk:
        """Let a persona walk; its evidence joins the ranking and counts there with this `voice`."""
        walk = self._traversal.walk(persona)
        self._personas[persona.persona_id] = persona
        self.walks[persona.persona_id] = walk
        self.rankings[persona.persona_id] = walk.ranking()
        self.voices[persona.persona_id] = voice
        self._fused = {}
        return walk

    def fused(self, voices: Mapping[str, float] | None = None) -> dict[int, float]:
        """The panel's ranking with scores in [0, 1], best first; `voices` are other ones than those it was sent with.

        Who has no voice is not heard. The control is heard only when no one else has found anything: it is there
        to be compared with.
        """
        if voices is None:
            self._fused = self._fused or self.fused(self.voices)
            return self._fused
        found = {name: self.rankings[name] for name in voices if self.rankings[name]}
        walkers = {name: ranking for name, ranking in found.items() if not self._personas[name].is_control}
        return supported(fuse(walkers or found, voices), self.neighbourhood.strengths)

    def output(self, persona_id: str) -> PersonaOutput:
        """What a persona brought back, with what its first passages hold."""
        walk, ranking = self.walks[persona_id], self.rankings[persona_id][:HEARD]
        names = {name for number in ranking[:DEPTH] for name in self._names_in(number)}
        evidence = tuple(Evidence(number, walk.scores[number]) for number in ranking)
        return PersonaOutput(persona_id, evidence, self.roots_of(ranking[:DEPTH]), frozenset(names))

    def with_claims(self, output: PersonaOutput, claims: tuple[GroundedClaim, ...]) -> PersonaOutput:
        """The output with what its persona stated: its names are then those that the claims and their sources name.

        Without a claim it stays what was found.
        """
        if not claims:
            return output
        told = " ".join(words(" ".join(f"{claim.text} {claim.quote}" for claim in claims)))
        names = frozenset(name.key for name in self.question.names if f" {name.key} " in f" {told} ")
        return replace(output, names=names, text=" ".join(claim.text for claim in claims), claims=claims)

    def roots_of(self, numbers: Sequence[int]) -> frozenset[str]:
        """The roots of all words of these passages."""
        return frozenset(root for number in numbers for root in self.neighbourhood.open(number).stored.roots)

    def coverage(self, numbers: Sequence[int]) -> float:
        """The share of the question that these passages hold together, in [0, 1]."""
        return self.question.coverage(self.roots_of(numbers))

    def credit(self, persona_id: str) -> float:
        """What the panel's first five lose without the persona: the share of their weight, 1/rank, that leaves."""
        others = {name: voice for name, voice in self.voices.items() if name != persona_id}
        return credit(list(self.fused()), list(self.fused(others)))

    def _names_in(self, number: int) -> list[str]:
        """The names of the question that a passage is about or mentions."""
        stored = self.neighbourhood.open(number).stored
        wanted = {name.key for name in self.question.names}
        passage = stored.passage
        return [key for key in (*title_keys(passage.title, passage.heading), *dict(stored.mentions)) if key in wanted]
