"""The panel of one question: personas walk the same neighbourhood, and their evidence becomes one ranking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from engine.documents.passages import Passage
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
    """The walks of the personas that were called so far, by persona id. Deterministic: no clock, no chance.

    `today` is the day on which words such as "yesterday" in the question are read.
    """

    def __init__(
        self,
        text: str,
        retriever: Retriever,
        parameters: Callable[[Persona], WalkParameters] = walk_parameters,
        *,
        today: date | None = None,
    ) -> None:
        self.question = read_question(text, retriever, today=today)
        self.neighbourhood = Neighbourhood(self.question, retriever)
        self._traversal = TraitTraversal(self.neighbourhood, parameters)
        self._personas: dict[str, Persona] = {}
        self.walks: dict[str, Walk] = {}
        self.rankings: dict[str, list[int]] = {}
        self.voices: dict[str, float] = {}
        self._fused: dict[int, float] = {}  # the ranking with these voices, once computed

    def send(self, persona: Persona, voice: float = 1.0) -> Walk:
        """Let a persona walk; its evidence counts in the ranking with the weight `voice`."""
        walk = self._traversal.walk(persona)
        self._personas[persona.persona_id] = persona
        self.walks[persona.persona_id] = walk
        self.rankings[persona.persona_id] = walk.ranking()
        self.voices[persona.persona_id] = voice
        self._fused = {}
        return walk

    def fused(self, voices: Mapping[str, float] | None = None) -> dict[int, float]:
        """Return the panel's ranking with scores in [0, 1], best first; `voices` replace those of the walks.

        Personas without a voice are ignored. The control, which is there for comparison, counts only if no other
        persona has found anything.
        """
        if voices is None:
            self._fused = self._fused or self.fused(self.voices)
            return self._fused
        rankings = {name: self.rankings[name] for name in voices if self.rankings[name]}
        walkers = {name: ranking for name, ranking in rankings.items() if not self._personas[name].is_control}
        return supported(fuse(walkers or rankings, voices), self.neighbourhood.strengths)

    def passage(self, number: int) -> Passage:
        """Return the passage with this number."""
        return self.neighbourhood.passage(number)

    def output(self, persona_id: str) -> PersonaOutput:
        """Return the output of a persona."""
        walk, ranking = self.walks[persona_id], self.rankings[persona_id][:HEARD]
        names = {name for number in ranking[:DEPTH] for name in self._names_in(number)}
        evidence = tuple(Evidence(number, walk.scores[number]) for number in ranking)
        return PersonaOutput(persona_id, evidence, self.roots_of(ranking[:DEPTH]), frozenset(names))

    def with_claims(self, output: PersonaOutput, claims: tuple[GroundedClaim, ...]) -> PersonaOutput:
        """Return the output with the claims of its persona; unchanged if there are none."""
        if not claims:
            return output
        text = " ".join(words(" ".join(f"{claim.text} {claim.quote}" for claim in claims)))
        names = frozenset(name.key for name in self.question.names if f" {name.key} " in f" {text} ")
        return replace(output, names=names, text=" ".join(claim.text for claim in claims), claims=claims)

    def roots_of(self, numbers: Sequence[int]) -> frozenset[str]:
        """Return the roots of all words of these passages."""
        return frozenset(root for number in numbers for root in self.neighbourhood.open(number).indexed.roots)

    def coverage(self, numbers: Sequence[int]) -> float:
        """Return the share of the question that these passages hold together, in [0, 1]."""
        return self.question.coverage(self.roots_of(numbers))

    def credit(self, persona_id: str) -> float:
        """Return the share of the weight (1/rank) of the panel's first five that is lost without the persona."""
        others = {name: voice for name, voice in self.voices.items() if name != persona_id}
        return credit(list(self.fused()), list(self.fused(others)))

    def _names_in(self, number: int) -> list[str]:
        """Return the names of the question that a passage has as title or mentions."""
        indexed = self.neighbourhood.open(number).indexed
        asked_names = {name.key for name in self.question.names}
        titles = title_keys(indexed.passage.title, indexed.passage.heading)
        return [key for key in (*titles, *dict(indexed.mentions)) if key in asked_names]
