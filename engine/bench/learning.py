"""Measures whether the panel learns: it is asked a stream of questions, and tested now and then on held-out ones."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.bench.dataset import Dataset, indexed
from engine.bench.memory_roster import MemoryRoster
from engine.bench.question_cache import CachedQuestion, cached_questions
from engine.bench.recall import SEEDS, RandomGate
from engine.bench.statistics import Interval, paired_bootstrap
from engine.events import GateReceipt
from engine.index.catalogue import Progress
from engine.mixture.gate import BanditGate, Gate
from engine.mixture.learned_factors import learned_factors
from engine.mixture.scoring import DEPTH, reward_of
from engine.personas.evolution import evolve
from engine.personas.lifecycle import review
from engine.personas.metrics import calculate_weighted_score
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.traits import TRAITS
from engine.run.feedback import WEIGHT
from engine.settings.settings import Settings

EVERY = 25  # questions between two tests
_NEWCOMERS = 12  # personas of a random roster

Start = Literal["shipped", "random"]
Learner = Literal["frozen", "random gate", "shuffled", "scores", "feedback"]
STARTS: tuple[Start, ...] = ("shipped", "random")
LEARNERS: tuple[Learner, ...] = ("frozen", "random gate", "shuffled", "scores", "feedback")


@dataclass(frozen=True, slots=True)
class LearningRow:
    """One learner: its mean recall@5 in percent on the held-out questions, after `asked` questions each.

    `gain` is its last test less that of the frozen panel, in points, with the 95 % interval over questions.
    """

    dataset: str
    start: Start
    learner: Learner
    questions: int
    asked: tuple[int, ...]
    recall: tuple[float, ...]
    gain: Interval


@dataclass(frozen=True, slots=True)
class _Curve:
    """The recalls of one learner over all seeds: for each test, those of each question that was held out."""

    sizes: tuple[int, ...]
    tests: tuple[dict[str, list[float]], ...]

    def mean(self, test: int) -> dict[str, float]:
        return {name: sum(values) / len(values) for name, values in self.tests[test].items()}


def measure_learning(
    datasets: Sequence[Dataset],
    entries: Sequence[RosterEntry],
    settings: Settings,
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[LearningRow]:
    """Return a row for each data set, start and learner, and a row over all data sets.

    Half of the questions, picked by seed, are the stream, the other half is held out; five seeds. `frozen` never
    learns, `random gate` activates at random. `scores` learns from the rewards of a run, `feedback` also from the known
    passages among the first five, as if a user had liked them. `shuffled` learns from rewards picked at random from all
    so far, and likes one of the first five at random. The start is the given roster, or personas with random traits.
    """
    rows: list[LearningRow] = []
    pooled: dict[tuple[Start, Learner], dict[str, float]] = {}
    for done, dataset in enumerate(datasets):
        with indexed(dataset) as library:
            questions = list(cached_questions(library))
            for start in STARTS:
                curves: dict[Learner, _Curve] = {}
                for learner in LEARNERS:
                    progress(done, len(datasets), f"{dataset.name} {start} {learner}")
                    curves[learner] = _curve(questions, start, learner, entries, settings)
                    rows.append(_row(dataset.name, start, learner, curves[learner], curves["frozen"]))
                    last = {f"{done} {name}": value for name, value in curves[learner].mean(-1).items()}
                    pooled.setdefault((start, learner), {}).update(last)
    return rows + (_pooled(pooled) if len(datasets) > 1 else [])


def _row(dataset: str, start: Start, learner: Learner, curve: _Curve, frozen: _Curve) -> LearningRow:
    means = [curve.mean(test) for test in range(len(curve.tests))]
    recall = tuple(round(100 * sum(mean.values()) / len(mean), 2) for mean in means)
    return LearningRow(dataset, start, learner, len(means[-1]), curve.sizes, recall, _gain(means[-1], frozen.mean(-1)))


def _pooled(lasts: Mapping[tuple[Start, Learner], Mapping[str, float]]) -> list[LearningRow]:
    """Return the rows over the last tests of all data sets."""
    rows = []
    for (start, learner), last in lasts.items():
        recall = round(100 * sum(last.values()) / len(last), 2)
        rows.append(LearningRow("all", start, learner, len(last), (), (recall,), _gain(last, lasts[start, "frozen"])))
    return rows


def _gain(recalls: Mapping[str, float], frozen: Mapping[str, float]) -> Interval:
    names = sorted(recalls)
    return paired_bootstrap([recalls[name] for name in names], [frozen[name] for name in names]).in_points()


def _curve(
    questions: Sequence[CachedQuestion],
    start: Start,
    learner: Learner,
    entries: Sequence[RosterEntry],
    settings: Settings,
) -> _Curve:
    half = len(questions) // 2
    sizes = (*range(0, half, EVERY), half)
    tests: tuple[dict[str, list[float]], ...] = tuple({} for _ in sizes)
    for seed in SEEDS:
        order = list(questions)
        random.Random(seed).shuffle(order)  # noqa: S311 - nothing secret
        stream, held_out = order[:half], order[half:]
        roster = list(entries) if start == "shipped" else newcomers(seed)
        student = _Student(learner, roster, settings, seed)
        for test, size in enumerate(sizes):
            for number in range(sizes[test - 1] if test else 0, size):
                student.ask(stream[number], f"{seed}-{number}")
            for question in held_out:
                tests[test].setdefault(question.id, []).append(question.recall(student.ranking(question)))
    return _Curve(sizes, tests)


def newcomers(seed: int) -> list[RosterEntry]:
    """Return a roster of active personas with random traits."""
    generator = random.Random(f"newcomers {seed}")  # noqa: S311 - nothing secret
    personas = [
        Persona(f"newcomer-{number:02}", {trait: generator.randint(1, 9) for trait in TRAITS})
        for number in range(1, _NEWCOMERS + 1)
    ]
    return [RosterEntry(persona, PersonaState.ACTIVE) for persona in personas]


class _Student:
    """A panel that learns from the questions of the stream, as its learner does."""

    def __init__(self, learner: Learner, entries: Sequence[RosterEntry], settings: Settings, seed: int) -> None:
        self._learner, self._settings, self._seed = learner, settings, seed
        self._roster = MemoryRoster(
            [replace(e, persona=replace(e.persona, historical_performance={})) for e in entries]
        )
        self._random = random.Random(f"shuffled {seed}")  # noqa: S311 - nothing secret
        self._all_rewards: list[float] = []
        self._gate: Gate | None = None  # made again after each question of the stream
        self._factors: tuple[float, ...] = ()

    def ranking(self, question: CachedQuestion) -> dict[int, float]:
        """Rank the passages as the panel does now."""
        voices = {receipt.persona_id: receipt.voice for receipt in self._called(question)}
        return question.fused(voices, self._personas(), self._factors)

    def ask(self, question: CachedQuestion, run_id: str) -> None:
        """Answer a question of the stream and learn from it."""
        if self._learner in {"frozen", "random gate"}:
            return
        personas = self._personas()
        voices = {receipt.persona_id: receipt.voice for receipt in self._called(question)}
        called = [personas[name] for name in voices]
        rewards = self._rewards(question, called, voices)
        if self._learner == "shuffled":
            self._all_rewards += rewards.values()
            rewards = {name: self._random.choice(self._all_rewards) for name in rewards}
        self._roster.record_rewards(run_id, rewards, question.features)
        ranking = list(question.fused(voices, personas, self._factors))
        if self._learner == "feedback" and (right := question.right_in(ranking)):
            marked = question.marked(voices, personas, ranking, right)
            rewards = {p.persona_id: question.recall(question.output(p).first()) for p in called}
            self._roster.record_rewards(run_id, rewards, question.features, weight=WEIGHT, marked=marked)
        if self._learner == "shuffled":
            marked = question.marked(voices, personas, ranking, [self._random.choice(ranking[:DEPTH])])
            self._roster.record_rewards(run_id, {}, question.features, marked=marked)
        review(self._roster, rewards, self._settings.thresholds, decided_by=run_id)
        evolve(self._roster, self._settings.thresholds, seed=self._seed, decided_by=run_id)
        self._gate = None
        self._factors = learned_factors(self._roster.experiences())

    def _rewards(
        self, question: CachedQuestion, called: Sequence[Persona], voices: Mapping[str, float]
    ) -> dict[str, float]:
        personas, weights = {persona.persona_id: persona for persona in called}, self._settings.scoring.weights
        return {
            name: reward_of(calculate_weighted_score(question.scores(personas[name], called), weights), credit)
            for name, credit in question.credits(voices, personas).items()
        }

    def _called(self, question: CachedQuestion) -> list[GateReceipt]:
        entries = self._roster.entries()
        receipts = self._current_gate().choose(question.question, question.features, entries, cycle=1)
        return [receipt for receipt in receipts if receipt.activated]

    def _current_gate(self) -> Gate:
        if self._gate is None:
            seats, threshold = self._settings.system.batch_size, self._settings.thresholds.activation_threshold
            self._gate = BanditGate(threshold, seats, self._roster.experiences())
            if self._learner == "random gate":
                self._gate = RandomGate(seats, self._seed)
        return self._gate

    def _personas(self) -> dict[str, Persona]:
        return {entry.persona.persona_id: entry.persona for entry in self._roster.entries()}
