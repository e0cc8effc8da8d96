"""Do the scores mean anything? Their rank correlation with what was really found, on questions with known passages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.bench.dataset import Dataset
from engine.bench.question_cache import Rehearsal, rehearse_all
from engine.bench.recall import standing
from engine.bench.statistics import spearman
from engine.index.catalogue import Progress
from engine.mixture.scoring import credit
from engine.personas.metrics import calculate_weighted_score
from engine.personas.persona import Persona, RosterEntry

_Table = list[dict[str, float]]  # of one question: for each persona its recall and its scores


@dataclass(frozen=True, slots=True)
class ValidityRow:
    """One score on one data set: Spearman's correlation with recall@5, None where there is nothing to correlate.

    `pooled` is over all outputs of all questions; `within` the mean over questions of the correlation among the
    personas of one question (0 where the score does not tell them apart), which is what rewards are for: how hard a
    question is does not count there. For `credit` the other side is what the panel's recall loses without the persona.
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
    progress: Progress = lambda _done, _total, _what: None,
) -> list[ValidityRow]:
    """A row for each data set and each of: the four scores, their `total` by `weights`, and the credit."""
    personas = {entry.persona.persona_id: entry.persona for entry in standing(entries)}
    rows: list[ValidityRow] = []
    for dataset, questions in rehearse_all(datasets, progress):
        tables = [_table(question, personas, weights) for question in questions]
        scores = [name for name in next(iter(tables[0]), {}) if name not in {"recall", "missed"}]
        rows += [_row(dataset.name, score, tables) for score in scores]
    return rows


def _table(question: Rehearsal, personas: Mapping[str, Persona], weights: Mapping[str, float]) -> _Table:
    walkers, rows = list(personas.values()), []
    full = question.fused(dict.fromkeys(personas, 1.0), personas)
    for persona in walkers:
        scores = question.scores(persona, walkers)
        others = question.fused({name: 1.0 for name in personas if name != persona.persona_id}, personas)
        rows.append({
            "recall": question.recall(question.output(persona).first()),
            "missed": question.recall(full) - question.recall(others),
            **scores,
            "total": calculate_weighted_score(scores, weights),
            "credit": credit(full, others),
        })  # fmt: skip
    return rows


def _row(dataset: str, score: str, tables: Sequence[_Table]) -> ValidityRow:
    target = "missed" if score == "credit" else "recall"
    sides = [([row[score] for row in table], [row[target] for row in table]) for table in tables]
    pooled = spearman([value for left, _ in sides for value in left], [value for _, right in sides for value in right])
    varied = [(left, right) for left, right in sides if len(set(right)) > 1]  # else there was nothing to tell apart
    within = [spearman(left, right) or 0.0 for left, right in varied]
    return ValidityRow(
        dataset,
        score,
        None if pooled is None else round(pooled, 3),
        round(sum(within) / len(within), 3) if within else None,
        sum(len(table) for table in tables),
    )
