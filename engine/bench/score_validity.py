"""Measures the rank correlation of each score with recall, on questions with known passages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bench.dataset import Dataset
from engine.bench.question_cache import CachedQuestion, cached_datasets
from engine.bench.recall import active_walkers
from engine.bench.statistics import spearman
from engine.index.catalogue import Progress
from engine.personas.metrics import calculate_weighted_score
from engine.personas.persona import Persona, RosterEntry

_Table = list[dict[str, float]]  # the recall and the scores of each persona for one question


@dataclass(frozen=True, slots=True)
class ValidityRow:
    """One score on one data set: Spearman's correlation with recall@5, None if one of the two is constant.

    `pooled` is over all outputs of all questions. `within` is the mean over questions of the correlation among the
    personas of one question, 0 if they have the same score; a reward compares personas on one question, so this is
    the figure that counts.
    """

    dataset: str
    score: str
    pooled: float | None
    within: float | None
    outputs: int


def measure_validity(
    datasets: Sequence[Dataset],
    entries: Sequence[RosterEntry],
    weights: Mapping[str, float],
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[ValidityRow]:
    """Return a row for each data set and each of the four scores, their `total` by `weights`, and the credit."""
    personas = {entry.persona.persona_id: entry.persona for entry in active_walkers(entries)}
    rows: list[ValidityRow] = []
    for dataset, questions in cached_datasets(datasets, progress):
        tables = [_table(question, personas, weights) for question in questions]
        scores = [name for name in next(iter(tables[0]), {}) if name != "recall"]
        rows += [_row(dataset.name, score, tables) for score in scores]
    return rows


def _table(question: CachedQuestion, personas: Mapping[str, Persona], weights: Mapping[str, float]) -> _Table:
    walkers, rows = list(personas.values()), []
    voices = dict.fromkeys(personas, 1.0)
    earned = question.credits(voices, personas)
    for persona in walkers:
        scores = question.scores(persona, walkers)
        rows.append({
            "recall": question.recall(question.output(persona).first()),
            **scores,
            "total": calculate_weighted_score(scores, weights),
            "credit": earned.get(persona.persona_id, 0.0),
        })  # fmt: skip
    return rows


def _row(dataset: str, score: str, tables: Sequence[_Table]) -> ValidityRow:
    pairs = [([row[score] for row in table], [row["recall"] for row in table]) for table in tables]
    pooled = spearman([x for scores, _ in pairs for x in scores], [y for _, targets in pairs for y in targets])
    within = [spearman(scores, targets) or 0.0 for scores, targets in pairs if len(set(targets)) > 1]
    return ValidityRow(
        dataset,
        score,
        None if pooled is None else round(pooled, 3),
        round(sum(within) / len(within), 3) if within else None,
        sum(len(table) for table in tables),
    )
