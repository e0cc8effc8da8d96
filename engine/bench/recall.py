"""Measures recall and time on questions with known passages: the panel, plain search, and parts of the panel."""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from engine.bench.dataset import CUTS, Dataset, Indexed, indexed, recalls
from engine.bench.meaning import FindSimilar
from engine.bench.statistics import Interval, median_and_p95, paired_bootstrap
from engine.errors import InputError
from engine.events import GateReceipt
from engine.index.catalogue import Progress
from engine.index.retriever import Retriever
from engine.mixture.fusion import fuse
from engine.mixture.gate import Gate
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.traits import WalkParameters, walk_parameters
from engine.question.question import Question, read_question

ALWAYS = ("bm25", "panel")
HINDSIGHT = ("best-single", "oracle")  # the best persona, chosen after its recall is known
SEEDS = range(5)  # of the gates that pick at random
_AT_5 = CUTS.index(5)

# The parameters that `--ablate` switches off in every walk, one row each.
ABLATIONS: Mapping[str, Mapping[str, float]] = {
    "walk": {"hops": 0},
    "links": {"link_weight": 0.0},
    "shared names": {"shared": 0.0},
    "rarity": {"rarity": 0.0},
    "relation words": {"relation_weight": 0.0},
    "new terms": {"gain_weight": 0.0},
    "focus": {"focus": 0.0},
    "titles": {"title_bonus": 0.0},
    "anchor": {"anchor": 0.0},
    "corroboration": {"corroboration": 0.0},
}

Rank = Callable[[str, Retriever], Sequence[int]]


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """One method on one data set: recall in percent, times in milliseconds a question and seconds to index.

    `p50_ms` and `p95_ms` are wall times, `cpu_p50_ms` and `cpu_p95_ms` times of the processor.

    `lead` is the panel's recall@5 less that of the method, in points, with the 95 % interval. `persona` is the
    persona of `best-single`; the times of `oracle` are 0.
    """

    dataset: str
    method: str
    persona: str
    passages: int
    questions: int
    recall: dict[str, float]
    all_at_5: float
    lead: Interval
    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    cpu_p95_ms: float
    index_s: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """The figures of each question: recall at each cut and all@5, in [0, 1], and milliseconds, of processor too."""

    recalls: list[list[float]]
    times: list[float]
    cpu_times: list[float]
    persona: str = ""

    def at_5(self) -> list[float]:
        return [cuts[_AT_5] for cuts in self.recalls]


class RandomGate:
    """Baseline gate: activates as many personas as there are seats, at random but the same for the same seed."""

    def __init__(self, batch_size: int, seed: int) -> None:
        self._batch_size, self._seed = batch_size, seed

    def choose(
        self,
        question: Question,
        features: tuple[float, ...],  # noqa: ARG002 - chance needs none
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """See `engine.mixture.gate.Gate.choose`."""
        free = [e.persona.persona_id for e in active_walkers(entries) if e.persona.persona_id not in called]
        generator = random.Random(f"{self._seed} {question.text}")  # noqa: S311 - nothing secret
        picked = set(generator.sample(free, min(self._batch_size, len(free))))
        return [
            GateReceipt(
                e.persona.persona_id, e.state, cycle, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, voice=1.0,
                activated=e.persona.persona_id in picked, reason="at random",
            )
            for e in entries
        ]  # fmt: skip


def active_walkers(entries: Sequence[RosterEntry]) -> list[RosterEntry]:
    """Return the personas that walk and are not archived."""
    return [e for e in entries if e.state is not PersonaState.PRUNED and not e.persona.is_control]


def run_benchmark(  # noqa: PLR0913 - what to measure, the panel, and how to report progress
    dataset: Dataset,
    methods: Sequence[str],
    entries: Sequence[RosterEntry],
    gate: Gate,
    *,
    batch_size: int,
    ablate: bool = False,
    embed: Callable[[Indexed], FindSimilar] = lambda _library: _no_vectors,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[BenchmarkRow]:
    """Return a row for each method on a new index, first `bm25` and `panel`. Raises InputError for an unknown method.

    `rrf` fuses the same walks by rank alone; `best-single` is the persona with the highest recall on this data set,
    `oracle` the best persona for each question; `random-gate` is the mean of five random gates. Other methods are
    ids of personas. `embed` gives what compares questions and passages by meaning. `ablate` adds a row for the
    panel without each part of the walk and without each persona.
    """
    measure = _Methods(entries, gate, batch_size)
    names = list(dict.fromkeys((*ALWAYS, *methods)))
    for name in names:
        measure.require(name)
    without = [f"without {part}" for part in (*ABLATIONS, *measure.walkers)] if ablate else []
    rows: list[BenchmarkRow] = []
    with indexed(dataset) as library:
        measure.similar = embed(library)
        for name in [*names, *without]:
            progress(len(rows), len(names) + len(without), f"{dataset.name} {name}")
            rows.append(_row(dataset, name, measure.run(name, library), measure.run("panel", library), library))
    return rows


def ranks_of(names: Sequence[str], entries: Sequence[RosterEntry], gate: Gate, batch_size: int) -> dict[str, Rank]:
    """Return the ranking function of each method."""
    methods = _Methods(entries, gate, batch_size)
    return {name: methods.rank(name) for name in names}


def _row(dataset: Dataset, name: str, figures: _Measured, panel: _Measured, library: Indexed) -> BenchmarkRow:
    means = [round(100 * sum(column) / len(column), 2) for column in zip(*figures.recalls, strict=True)]
    lead = paired_bootstrap(panel.at_5(), figures.at_5())
    (p50, p95), (cpu_p50, cpu_p95) = median_and_p95(figures.times), median_and_p95(figures.cpu_times)
    return BenchmarkRow(
        dataset=dataset.name,
        method=name,
        persona=figures.persona,
        passages=len(dataset.passages),
        questions=len(dataset.queries),
        recall={str(cut): mean for cut, mean in zip(CUTS, means, strict=False)},
        all_at_5=means[-1],
        lead=lead.in_points(),
        p50_ms=round(p50, 3),
        p95_ms=round(p95, 3),
        cpu_p50_ms=round(cpu_p50, 3),
        cpu_p95_ms=round(cpu_p95, 3),
        index_s=round(library.index_s, 3),
    )


class _Methods:
    """Measures each method once, by name."""

    def __init__(self, entries: Sequence[RosterEntry], gate: Gate, batch_size: int) -> None:
        self._entries, self._gate, self._batch_size = entries, gate, batch_size
        self._personas = {entry.persona.persona_id: entry.persona for entry in entries}
        self.walkers = [entry.persona.persona_id for entry in active_walkers(entries)]
        self._measured: dict[str, _Measured] = {}
        self.similar: FindSimilar = _no_vectors

    def require(self, name: str) -> None:
        valid = (*ALWAYS, "rrf", *HINDSIGHT, "random-gate", *self._personas)
        if name not in valid:
            raise InputError(f"unknown method {name!r}", hint=f"{', '.join(valid)} are valid")
        if name in HINDSIGHT and not self.walkers:
            raise InputError(f"{name}: no persona walks", hint="restore one: `persona-moe personas --help`")

    def run(self, name: str, library: Indexed) -> _Measured:
        if name not in self._measured:
            self._measured[name] = self._run(name, library)
        return self._measured[name]

    def _run(self, name: str, library: Indexed) -> _Measured:
        if name in HINDSIGHT:
            singles = {walker: self.run(walker, library) for walker in self.walkers}
            if name == "oracle":
                questions = zip(*(single.recalls for single in singles.values()), strict=True)
                return _Measured([[max(cut) for cut in zip(*recalls, strict=True)] for recalls in questions], [], [])
            best = max(singles, key=lambda walker: (sum(singles[walker].at_5()), walker))
            return replace(singles[best], persona=best)
        if name == "random-gate":
            runs = [_measure(self._panel(RandomGate(self._batch_size, seed)), library) for seed in SEEDS]
            questions = zip(*(run.recalls for run in runs), strict=True)
            means = [[sum(cut) / len(cut) for cut in zip(*recalls, strict=True)] for recalls in questions]
            times = [time for run in runs for time in run.times]
            return _Measured(means, times, [time for run in runs for time in run.cpu_times])
        return _measure(self.rank(name), library)

    def rank(self, name: str) -> Rank:
        if name == "bm25":
            return _bm25
        if name == "panel":
            return self._panel(self._gate)
        if name == "rrf":
            return self._panel(self._gate, plain=True)
        if (part := name.removeprefix("without ")) in ABLATIONS and part != name:
            return self._panel(self._gate, ablation=ABLATIONS[part])
        if part != name:
            return self._panel(self._gate, excluded=part)
        return partial(self._alone, self._personas[name])

    def _alone(self, persona: Persona, question: str, library: Retriever) -> list[int]:
        return Panel(question, library, similar=self.similar(question, library)).send(persona).ranking()

    def _panel(
        self, gate: Gate, *, plain: bool = False, excluded: str = "", ablation: Mapping[str, float] | None = None
    ) -> Rank:
        def parameters(persona: Persona) -> WalkParameters:
            own = walk_parameters(persona)
            return own if persona.is_control or not ablation else replace(own, **ablation)  # type: ignore[arg-type]

        def rank(question: str, library: Retriever) -> list[int]:
            panel = Panel(question, library, parameters, similar=self.similar(question, library))
            features = question_features(panel.neighbourhood)
            receipts = gate.choose(panel.question, features, self._entries, cycle=1)
            panel.send_all(
                [
                    (entry.persona, receipt.voice)
                    for entry, receipt in zip(self._entries, receipts, strict=True)
                    if receipt.activated and entry.persona.persona_id != excluded
                ]
            )
            if not plain:
                return list(panel.fused())
            walked = panel.rankings.keys() & set(self.walkers)
            return list(fuse({name: panel.rankings[name] for name in sorted(walked)}, {}))

        return rank


def _no_vectors(_question: str, _library: Retriever) -> None:
    """Find nothing by meaning: there is no embedding model."""


def _bm25(question: str, library: Retriever) -> list[int]:
    return [number for number, _ in library.search(read_question(question, library).search_terms(), CUTS[-1])]


def _measure(rank: Rank, library: Indexed) -> _Measured:
    queries = library.dataset.queries
    rank(queries[0].question, library.library(queries[0]))  # the first question also imports modules
    library.forget()
    cuts: list[list[float]] = []
    times: list[float] = []
    cpu_times: list[float] = []
    for query in queries:
        scoped = library.library(query)
        started, cpu_started = time.perf_counter(), time.process_time()
        ids = [scoped.open(number).passage.id for number in rank(query.question, scoped)[: CUTS[-1]]]
        cpu_times.append((time.process_time() - cpu_started) * 1000)
        times.append((time.perf_counter() - started) * 1000)
        cuts.append(recalls(ids, query.gold))
    return _Measured(cuts, times, cpu_times)
