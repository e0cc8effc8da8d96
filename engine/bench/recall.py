"""Recall on questions with known passages: how good the retrieval is, and how fast, beside plain search."""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bench.dataset import CUTS, Dataset, Indexed, indexed, recalls
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
HINDSIGHT = ("best-single", "oracle")  # chosen by what they turned out to find
SEEDS = range(5)  # of the gates that draw lots
_AT_5 = CUTS.index(5)

# What `--ablate` takes from every walker, one at a time.
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

    `lead` is how far the panel's recall@5 is ahead of it, in points, with the 95 % interval. `persona` is who a
    method chosen in hindsight chose; times are 0 for one that chooses for each question.
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
    index_s: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """Per question: recall at each cut and all@5, in [0, 1], and milliseconds."""

    recalls: list[list[float]]
    times: list[float]
    persona: str = ""

    def at_5(self) -> list[float]:
        return [found[_AT_5] for found in self.recalls]


class RandomGate:
    """Calls as many personas as there are seats, by lot: what a gate has to beat. The same seed, the same lots."""

    def __init__(self, batch_size: int, seed: int) -> None:
        self._batch_size, self._seed = batch_size, seed

    def choose(
        self,
        question: Question,
        features: tuple[float, ...],  # noqa: ARG002 - lots need none
        entries: Sequence[RosterEntry],
        *,
        cycle: int,
        called: Collection[str] = (),
    ) -> list[GateReceipt]:
        """See `engine.mixture.gate.Gate.choose`."""
        free = [e.persona.persona_id for e in standing(entries) if e.persona.persona_id not in called]
        drawn = set(random.Random(f"{self._seed} {question.text}").sample(free, min(self._batch_size, len(free))))  # noqa: S311 - lots, no secret
        return [
            GateReceipt(
                e.persona.persona_id, e.state, cycle, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, voice=1.0,
                activated=e.persona.persona_id in drawn, reason="by lot",
            )
            for e in entries
        ]  # fmt: skip


def standing(entries: Sequence[RosterEntry]) -> list[RosterEntry]:
    """The personas that walk and are not archived."""
    return [e for e in entries if e.state is not PersonaState.PRUNED and not e.persona.is_control]


def run_benchmark(  # noqa: PLR0913 - what is measured, by whom, and how it is told
    dataset: Dataset,
    methods: Sequence[str],
    entries: Sequence[RosterEntry],
    gate: Gate,
    *,
    batch_size: int,
    ablate: bool = False,
    progress: Progress = lambda _done, _total, _what: None,
) -> list[BenchmarkRow]:
    """A row for each method on a fresh index; `bm25` and `panel` always come first. Raises InputError for another.

    `rrf` fuses the same walks by rank alone; `best-single` and `oracle` are the persona that was best on this data
    set and the best one for each question, in hindsight; `random-gate` calls by lot, the mean of five seeds. Other
    methods are ids of personas. `ablate` adds a row for the panel without each part of the walk and each persona.
    """
    measure = _Methods(entries, gate, batch_size)
    names = list(dict.fromkeys((*ALWAYS, *methods)))
    for name in names:
        measure.require(name)
    without = [f"without {part}" for part in (*ABLATIONS, *measure.walkers)] if ablate else []
    rows: list[BenchmarkRow] = []
    with indexed(dataset) as library:
        for name in [*names, *without]:
            progress(len(rows), len(names) + len(without), f"{dataset.name} {name}")
            rows.append(_row(dataset, name, measure.run(name, library), measure.run("panel", library), library))
    return rows


def ranks_of(names: Sequence[str], entries: Sequence[RosterEntry], gate: Gate, batch_size: int) -> dict[str, Rank]:
    """How each of these methods ranks the passages of a library for a question."""
    methods = _Methods(entries, gate, batch_size)
    return {name: methods.rank(name) for name in names}


def _row(dataset: Dataset, name: str, found: _Measured, panel: _Measured, library: Indexed) -> BenchmarkRow:
    means = [round(100 * sum(column) / len(column), 2) for column in zip(*found.recalls, strict=True)]
    lead = paired_bootstrap(panel.at_5(), found.at_5())
    p50, p95 = median_and_p95(found.times)
    return BenchmarkRow(
        dataset=dataset.name,
        method=name,
        persona=found.persona,
        passages=len(dataset.passages),
        questions=len(dataset.queries),
        recall={str(cut): mean for cut, mean in zip(CUTS, means, strict=False)},
        all_at_5=means[-1],
        lead=lead.in_points(),
        p50_ms=round(p50, 3),
        p95_ms=round(p95, 3),
        index_s=round(library.index_s, 3),
    )


class _Methods:
    """The methods by name, each measured once."""

    def __init__(self, entries: Sequence[RosterEntry], gate: Gate, batch_size: int) -> None:
        self._entries, self._gate, self._batch_size = entries, gate, batch_size
        self._personas = {entry.persona.persona_id: entry.persona for entry in entries}
        self.walkers = [entry.persona.persona_id for entry in standing(entries)]
        self._measured: dict[str, _Measured] = {}

    def require(self, name: str) -> None:
        valid = (*ALWAYS, "rrf", *HINDSIGHT, "random-gate", *self._personas)
        if name not in valid:
            raise InputError(f"unknown method {name!r}", hint=f"{', '.join(valid)} are valid")
        if name in HINDSIGHT and not self.walkers:
            raise InputError(f"{name} of nobody: no persona walks", hint="restore one: `persona-moe personas --help`")

    def run(self, name: str, library: Indexed) -> _Measured:
        if name not in self._measured:
            self._measured[name] = self._run(name, library)
        return self._measured[name]

    def _run(self, name: str, library: Indexed) -> _Measured:
        if name in HINDSIGHT:
            singles = {walker: self.run(walker, library) for walker in self.walkers}
            if name == "oracle":
                found = zip(*(single.recalls for single in singles.values()), strict=True)
                return _Measured([[max(values) for values in zip(*each, strict=True)] for each in found], [])
            best = max(singles, key=lambda walker: (sum(singles[walker].at_5()), walker))
            return replace(singles[best], persona=best)
        if name == "random-gate":
            runs = [_measure(self._panel(RandomGate(self._batch_size, seed)), library) for seed in SEEDS]
            found = zip(*(each.recalls for each in runs), strict=True)
            means = [[sum(values) / len(values) for values in zip(*each, strict=True)] for each in found]
            return _Measured(means, [time for each in runs for time in each.times])
        return _measure(self.rank(name), library)

    def rank(self, name: str) -> Rank:
        if name == "bm25":
            return _bm25
        if name == "panel":
            return self._panel(self._gate)
        if name == "rrf":
            return self._panel(self._gate, plain=True)
        if (part := name.removeprefix("without ")) in ABLATIONS and part != name:
            return self._panel(self._gate, changed=ABLATIONS[part])
        if part != name:
            return self._panel(self._gate, left_out=part)
        return lambda question, library: Panel(question, library).send(self._personas[name]).ranking()

    def _panel(
        self, gate: Gate, *, plain: bool = False, left_out: str = "", changed: Mapping[str, float] | None = None
    ) -> Rank:
        def parameters(persona: Persona) -> WalkParameters:
            found = walk_parameters(persona)
            return found if persona.is_control or not changed else replace(found, **changed)  # type: ignore[arg-type]

        def rank(question: str, library: Retriever) -> list[int]:
            panel = Panel(question, library, parameters)
            features = question_features(panel.neighbourhood)
            receipts = gate.choose(panel.question, features, self._entries, cycle=1)
            for entry, receipt in zip(self._entries, receipts, strict=True):
                if receipt.activated and entry.persona.persona_id != left_out:
                    panel.send(entry.persona, receipt.voice)
            if not plain:
                return list(panel.fused())
            walked = panel.rankings.keys() & set(self.walkers)
            return list(fuse({name: panel.rankings[name] for name in sorted(walked)}, {}))

        return rank


def _bm25(question: str, library: Retriever) -> list[int]:
    return [number for number, _ in library.search(read_question(question, library).search_terms(), CUTS[-1])]


def _measure(rank: Rank, library: Indexed) -> _Measured:
    queries = library.dataset.queries
    rank(queries[0].question, library.library(queries[0]))  # what is imported at the first question is not its cost
    library.forget()
    found: list[list[float]] = []
    times: list[float] = []
    for query in queries:
        scoped = library.library(query)
        started = time.perf_counter()
        ids = [scoped.open(number).passage.id for number in rank(query.question, scoped)[: CUTS[-1]]]
        times.append((time.perf_counter() - started) * 1000)
        found.append(recalls(ids, query.gold))
    return _Measured(found, times)
