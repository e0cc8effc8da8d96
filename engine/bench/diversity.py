"""Are the personas more than costumes? What each finds alone, shares with the others, and is missed for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bench.dataset import Dataset
from engine.bench.question_cache import Rehearsal, rehearse_all
from engine.bench.recall import standing
from engine.bench.statistics import Interval, paired_bootstrap
from engine.index.catalogue import Progress
from engine.mixture.scoring import DEPTH
from engine.personas.metrics import jaccard
from engine.personas.persona import Persona, RosterEntry


@dataclass(frozen=True, slots=True)
class DiversityRow:
    """One walker on one data set.

    `recall` is its own recall@5 in percent; `overlap` the mean Jaccard index of its first five passages with those
    of each other walker, in [0, 1]; `only` the percentage of known passages that only it has among its first five;
    `loss` what the recall@5 of a panel of all walkers loses without it, in points, with the 95 % interval.
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
    progress: Progress = lambda _done, _total, _what: None,
) -> list[DiversityRow]:
    """A row for each walker and data set. Raises what reading a question raises."""
    personas = {entry.persona.persona_id: entry.persona for entry in standing(entries)}
    rows: list[DiversityRow] = []
    for dataset, questions in rehearse_all(datasets, progress):
        seen = [_Seen(question, personas) for question in questions]
        rows += [_row(dataset.name, name, seen) for name in personas]
    return rows


class _Seen:
    """What one question showed of every walker, so that the question itself can be forgotten."""

    def __init__(self, question: Rehearsal, personas: Mapping[str, Persona]) -> None:
        voices = dict.fromkeys(personas, 1.0)
        first = {name: frozenset(question.output(persona).first(DEPTH)) for name, persona in personas.items()}
        found = {name: question.found(question.output(persona).first(DEPTH)) for name, persona in personas.items()}
        self.gold = question.gold_count
        self.recall = {name: len(gold) / self.gold for name, gold in found.items()}
        self.panel = question.recall(question.fused(voices, personas))
        self.without: dict[str, float] = {}
        self.overlap: dict[str, float] = {}
        self.only: dict[str, int] = {}
        for name in personas:
            others = [other for other in personas if other != name]
            self.without[name] = question.recall(question.fused(dict.fromkeys(others, 1.0), personas))
            self.overlap[name] = _mean([jaccard(first[name], first[other]) for other in others])
            self.only[name] = len(found[name].difference(*(found[other] for other in others)))


def _row(dataset: str, name: str, seen: Sequence[_Seen]) -> DiversityRow:
    loss = paired_bootstrap([each.panel for each in seen], [each.without[name] for each in seen])
    return DiversityRow(
        dataset,
        name,
        round(100 * _mean([each.recall[name] for each in seen]), 2),
        round(_mean([each.overlap[name] for each in seen]), 3),
        round(100 * sum(each.only[name] for each in seen) / sum(each.gold for each in seen), 2),
        loss.in_points(),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
