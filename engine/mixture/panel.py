"""The panel of one question: personas search the same neighbourhood, and their evidence becomes one ranking."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from engine.documents.passages import Passage
from engine.events import GroundedClaim, Mark
from engine.index.retriever import Retriever
from engine.mixture.evidence import COLUMNS, KindsOfEvidence, blend, heard_kinds
from engine.mixture.fusion import HEARD, fuse, supported
from engine.mixture.outputs import Evidence, PersonaOutput
from engine.mixture.relevance_feedback import RelevanceFeedback
from engine.mixture.scoring import DEPTH, credit, lost_without
from engine.personas.persona import Persona
from engine.personas.traits import Kind, WalkParameters, walk_parameters
from engine.question.question import read_question
from engine.text.names import title_keys
from engine.text.words import words
from engine.walk.neighbourhood import Neighbourhood
from engine.walk.traversal import TraitTraversal, Walk

if TYPE_CHECKING:
    from engine.meaning.similarity import SimilarPassages


class Panel:
    """The searches of the personas that were called so far, by persona id. Deterministic: no clock, no chance.

    `factors` say how many times each column of evidence counts (`engine.mixture.learned_factors`), once without any.
    `marks` are quotations that the user has judged at this question; the ranking goes by them.
    `today` is the day on which words such as "yesterday" in the question are read; `similar` are the passages by their
    meaning, if there is an embedding model.
    """

    def __init__(  # noqa: PLR0913 - the question, the library, and what is known besides
        self,
        text: str,
        retriever: Retriever,
        parameters: Callable[[Persona], WalkParameters] = walk_parameters,
        *,
        factors: Sequence[float] = (),
        marks: Sequence[Mark] = (),
        today: date | None = None,
        similar: "SimilarPassages | None" = None,
    ) -> None:
        self.question = read_question(text, retriever, today=today)
        self.neighbourhood = Neighbourhood(self.question, retriever)
        self.marks = tuple(marks)
        self._feedback = RelevanceFeedback(self.neighbourhood, marks) if marks else None
        self._parameters, self._similar = parameters, similar
        self._traversal = TraitTraversal(self.neighbourhood, parameters)
        self._searches: dict[str, WalkParameters] = {}
        self._by_names: dict[str, list[int]] = {}  # rankings of the walks by names alone
        self.walks: dict[str, Walk] = {}
        self.rankings: dict[str, list[int]] = {}
        self.voices: dict[str, float] = {}
        self._factors = tuple(factors) or (1.0,) * len(COLUMNS)
        self._fused: dict[int, float] = {}  # the ranking with these voices, once computed
        self._values: dict[tuple[tuple[str, float], ...], dict[int, list[float]]] = {}  # by the voices
        self._walked: dict[tuple[tuple[str, float], ...], dict[int, float]] = {}  # by the weights of the walks

    def send(self, persona: Persona, voice: float = 1.0) -> Walk:
        """Let a persona search by its kinds of evidence; they count in the ranking with the weight `voice`.

        The scores of the walk are those of all its kinds; the paths are those of the walk by names, if it walks.
        """
        self.send_all([(persona, voice)])
        return self.walks[persona.persona_id]

    def send_all(self, voices: Sequence[tuple[Persona, float]]) -> None:
        """Let several personas search, each as `send` does; their walks go in step."""
        walkers = [persona for persona, _ in voices if self._parameters(persona).names]
        walks = dict(zip((id(walker) for walker in walkers), self._traversal.walks(walkers), strict=True))
        for persona, voice in voices:
            name, search = persona.persona_id, self._parameters(persona)
            kinds, by_names = search.kinds(), walks.get(id(persona), Walk({}, []))
            is_mixed = any(weight for kind, weight in kinds.items() if kind is not Kind.NAMES)
            walk = by_names._replace(scores=self._evidence.scores(kinds, by_names.scores)) if is_mixed else by_names
            self._searches[name], self._by_names[name] = search, by_names.ranking()
            self.walks[name], self.rankings[name], self.voices[name] = walk, walk.ranking(), voice
        self._fused, self._values, self._walked = {}, {}, {}

    def fused(
        self, voices: Mapping[str, float] | None = None, factors: Sequence[float] | None = None
    ) -> dict[int, float]:
        """Return the panel's ranking with scores in [0, 1], best first.

        `voices` replace those of the searches, `factors` those of the panel.

        A kind of evidence is heard as far as personas with a voice go by it (`heard_kinds`); the walks by names are
        fused among themselves. Personas without a voice are ignored.
        """
        if voices is None:
            self._fused = self._fused or self.fused(self.voices)
            return self._fused
        values = self.values(voices)
        gains = self._feedback.gains(values) if self._feedback else None
        return blend(values, factors or self._factors, gains)

    def values(self, voices: Mapping[str, float]) -> dict[int, list[float]]:
        """Return what each column of evidence adds to a passage's value, before the factors."""
        if (key := tuple(voices.items())) not in self._values:
            heard = heard_kinds((voice, self._searches[name].kinds()) for name, voice in voices.items())
            self._values[key] = self._evidence.values(self.walked(voices), heard)
        return self._values[key]

    def walked(self, voices: Mapping[str, float]) -> dict[int, float]:
        """Return the evidence by names with scores in [0, 1], best first: the walks of personas with these voices."""
        rankings = {name: self._by_names[name] for name in voices if self._by_names[name]}
        weights = {name: voices[name] * self._searches[name].names for name in rankings}
        if (key := tuple(weights.items())) not in self._walked:
            self._walked[key] = supported(fuse(rankings, weights), self.neighbourhood.strengths)
        return self._walked[key]

    @cached_property
    def _evidence(self) -> KindsOfEvidence:
        return KindsOfEvidence(self.neighbourhood, self._similar)

    def strongest_kind(self, persona_id: str, number: int) -> Kind:
        """Return the kind of evidence, except names, by which a persona values a passage most."""
        return self._evidence.strongest_kind(self._searches[persona_id].kinds(), number)

    def goes_by(self, persona_id: str, kind: Kind) -> bool:
        """Tell whether a persona goes by a kind of evidence."""
        return self._searches[persona_id].kinds()[kind] > 0

    def hears(self, kind: Kind) -> bool:
        """Tell whether a persona with a voice goes by a kind of evidence."""
        return any(voice and self.goes_by(name, kind) for name, voice in self.voices.items())

    @property
    def plain(self) -> tuple[int, ...]:
        """The first five passages of a plain search."""
        return tuple(number for number, _ in self.neighbourhood.first[:DEPTH])

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

    def credit(self, persona_id: str, cited: Collection[int]) -> float:
        """Return the persona's share in the passages that the answer cites (`engine.mixture.scoring.credit`)."""
        others = {name: voice for name, voice in self.voices.items() if name != persona_id}
        lost = lost_without(self.fused(), self.fused(others)) if cited else ()
        return credit(cited, self.rankings[persona_id][:DEPTH], lost, self.plain)

    def _names_in(self, number: int) -> list[str]:
        """Return the names of the question that a passage has as title or mentions."""
        indexed = self.neighbourhood.open(number).indexed
        asked_names = {name.key for name in self.question.names}
        titles = title_keys(indexed.passage.title, indexed.passage.heading)
        return [key for key in (*titles, *dict(indexed.mentions)) if key in asked_names]
