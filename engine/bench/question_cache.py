"""Keeps the walks of a question, so that many panels can be measured on it without walking again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from engine.answer.extract import quote_if_answerable
from engine.answer.sentence_ranking import SentenceRanker
from engine.bench.dataset import Dataset, Indexed, Query, indexed
from engine.index.catalogue import Progress
from engine.index.retriever import Retriever
from engine.mixture.outputs import PersonaOutput
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.mixture.scoring import DEPTH, credit, lost_without, score_output
from engine.personas.experience import RANKED, MarkedRanking
from engine.personas.persona import Persona
from engine.personas.traits import WalkParameters, walk_parameters


class CachedQuestion:
    """A question whose walks are kept by their parameters; `features` are its features for a gate."""

    def __init__(self, query: Query, library: Retriever) -> None:
        self.id, self._gold = query.id, frozenset(query.gold)
        self.gold_count = len(self._gold)
        self._panel = Panel(query.question, library)
        self.question = self._panel.question
        self.features = question_features(self._panel.neighbourhood)
        self.plain = self._panel.plain
        self._sent: dict[WalkParameters, str] = {}  # the persona that was sent with these parameters
        self._outputs: dict[str, PersonaOutput] = {}
        self._ids: dict[int, str] = {}
        self._ranker = SentenceRanker(self._panel)

    def output(self, persona: Persona) -> PersonaOutput:
        """Return the output of a persona's search."""
        return self._outputs[self._send(persona)]

    def _send(self, persona: Persona) -> str:
        """Return the name under which the panel knows a persona's search."""
        parameters = walk_parameters(persona)
        if parameters not in self._sent:
            name = self._sent[parameters] = str(len(self._sent))
            self._panel.send(replace(persona, persona_id=name))
            self._outputs[name] = replace(self._panel.output(name), persona_id=persona.persona_id)
            del self._panel.walks[name]  # its paths are heavy
        return self._sent[parameters]

    def fused(
        self, voices: Mapping[str, float], personas: Mapping[str, Persona], factors: Sequence[float] = ()
    ) -> dict[int, float]:
        """Rank the passages as a panel with these voices and factors does (`Panel.fused`)."""
        return self._panel.fused(self._sums(voices, personas), factors)

    def marked(
        self, voices: Mapping[str, float], personas: Mapping[str, Persona], ranking: Iterable[int], liked: Iterable[int]
    ) -> MarkedRanking:
        """Return a ranking of a panel with these voices, in which passages are liked."""
        values, ranked = self._panel.values(self._sums(voices, personas)), [*islice(ranking, RANKED)]
        return MarkedRanking(tuple(tuple(values[n]) for n in ranked), tuple(map(ranked.index, liked)))

    def _sums(self, voices: Mapping[str, float], personas: Mapping[str, Persona]) -> dict[str, float]:
        """Return the voices by the names of the searches; personas with equal traits share one."""
        sums: dict[str, float] = defaultdict(float)
        for name, voice in voices.items():
            sums[self._send(personas[name])] += voice
        return sums

    def credits(self, voices: Mapping[str, float], personas: Mapping[str, Persona]) -> dict[str, float]:
        """Return the credit of each persona with a voice; nothing if the panel does not answer the question."""
        ranking = self.fused(voices, personas)
        cited = {quoted.number for quoted in quote_if_answerable(self._ranker, ranking)}
        shares = {}
        for name in voices if cited else ():
            others = self.fused({other: voice for other, voice in voices.items() if other != name}, personas)
            lost = lost_without(ranking, others)
            shares[name] = credit(cited, self.output(personas[name]).first(), lost, self.plain)
        return shares

    def scores(self, persona: Persona, walkers: Sequence[Persona]) -> dict[str, float]:
        """Return the four scores of a persona's output among the outputs of `walkers`."""
        outputs = {other.persona_id: self.output(other) for other in walkers}
        named = [_renamed(output, name) for name, output in outputs.items()]
        return score_output(_renamed(self.output(persona), persona.persona_id), named, self.question, self.plain)

    def recall(self, ranking: Iterable[int], cut: int = DEPTH) -> float:
        """Return the share of the known passages that is among the first `cut`, in [0, 1]."""
        return len(self.gold_in(ranking, cut)) / self.gold_count

    def gold_in(self, ranking: Iterable[int], cut: int = DEPTH) -> frozenset[str]:
        """Return the ids of the known passages among the first `cut`."""
        return frozenset(map(self._id, self.right_in(ranking, cut)))

    def right_in(self, ranking: Iterable[int], cut: int = DEPTH) -> tuple[int, ...]:
        """Return the known passages among the first `cut`."""
        return tuple(number for number in islice(ranking, cut) if self._id(number) in self._gold)

    def _id(self, number: int) -> str:
        if number not in self._ids:
            self._ids[number] = self._panel.passage(number).id
        return self._ids[number]


def cached_questions(library: Indexed) -> Iterator[CachedQuestion]:
    """Yield every question of a data set."""
    for query in library.dataset.queries:
        yield CachedQuestion(query, library.library(query))


def cached_datasets(
    datasets: Sequence[Dataset], progress: Progress
) -> Iterator[tuple[Dataset, Iterator[CachedQuestion]]]:
    """Yield each data set with its questions; they can be used until the next data set is taken."""
    for done, dataset in enumerate(datasets):
        progress(done, len(datasets), dataset.name)
        with indexed(dataset) as library:
            yield dataset, cached_questions(library)


def _renamed(output: PersonaOutput, name: str) -> PersonaOutput:
    """Return the output with another persona's id: personas with equal traits share one output."""
    return PersonaOutput(name, output.evidence, output.roots, output.names)
