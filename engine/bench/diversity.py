"""Measures of each persona its recall, its overlap with the others, and what the panel loses without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bench.dataset import Dataset
from engine.bench.question_cache import CachedQuestion, cached_datasets
from engine.bench.recall import active_walkers
from engine.bench.statistics import Interval, paired_bootstrap
from engine.index.catalogue import Progress
from engine.mixture.scoring import DEPTH
from engine.personas.metrics import jaccard
from engine.personas.persona import Persona, RosterEntry


@dataclass(frozen=True, slots=True)
class DiversityRow:
    """One persona on one data set.

    `recall` is its recall@5 in percent; `overlap` the mean Jaccard index of its first five passages and those of each
    other persona, in [0, 1]; `only` the percentage of known passages that it alone has among its first five; `loss`
    the recall@5 that a panel of all personas loses without it, in points, with the 95 % interval.
    """

    dataset: str
    persona: str
    recall: float
    overlap: float
    only: float
    loss: Interval


def measure_diversity(
    datasets: Sequence[Dataset],
    entries: Sequence[RosterEntry],
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[DiversityRow]:
    """Return a row for each data set and each persona that walks and is not archived."""
    personas = {entry.persona.persona_id: entry.persona for entry in active_walkers(entries)}
    rows: list[DiversityRow] = []
    for dataset, questions in cached_datasets(datasets, progress):
        figures = [_Figures(question, personas) for question in questions]
        rows += [_row(dataset.name, name, figures) for name in personas]
    return rows


class _Figures:
    """The figures of every persona for one question, without its walks, which are heavy."""

    def __init__(self, question: CachedQuestion, personas: Mapping[str, Persona]) -> None:
        voices = dict.fromkeys(personas, 1.0)
        first = {name: frozenset(question.output(persona).first(DEPTH)) for name, persona in personas.items()}
        hits = {name: question.gold_in(question.output(persona).first(DEPTH)) for name, persona in personas.items()}
        self.gold = question.gold_count
        self.recall = {name: len(gold) / self.gold for name, gold in hits.items()}
        self.panel = question.recall(question.fused(voices, personas))
        self.without: dict[str, float] = {}
        self.overlap: dict[str, float] = {}
        self.only: dict[str, int] = {}
        for name in personas:
            others = [other for other in personas if other != name]
            self.without[name] = question.recall(question.fused(dict.fromkeys(others, 1.0), personas))
            self.overlap[name] = _mean([jaccard(first[name], first[other]) for other in others])
            self.only[name] = len(hits[name].difference(*(hits[other] for other in others)))


def _row(dataset: str, name: str, figures: Sequence[_Figures]) -> DiversityRow:
    loss = paired_bootstrap([of.panel for of in figures], [of.without[name] for of in figures])
    return DiversityRow(
        dataset,
        name,
        round(100 * _mean([of.recall[name] for of in figures]), 2),
        round(_mean([of.overlap[name] for of in figures]), 3),
        round(100 * sum(of.only[name] for of in figures) / sum(of.gold for of in figures), 2),
        loss.in_points(),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
