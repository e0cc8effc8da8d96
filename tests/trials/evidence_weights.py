"""Fit the weights of the kinds of evidence (`engine.mixture.evidence`), and write `evidence_weights.py`.

    python -m tests.trials.evidence_weights [--meaning WORKSPACE] DATASET ...

With --meaning it fits the weights of meaning alone, the others as they are, by the embedding model of that
workspace, which keeps the vectors; else all others. Each data set counts alike. Prints recall in the first 5 and 20
passages of each data set, fitted on all data sets and on those of other families (the name up to the first dash),
and without each kind, fitted on the other half.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.bench.dataset import Indexed, indexed, read_dataset
from engine.bench.meaning import FindSimilar, embed_dataset
from engine.mixture import evidence_weights
from engine.mixture.evidence import COLUMNS, QUIETEST, KindsOfEvidence
from engine.mixture.gate import BanditGate
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.model.embedding import connect_embedding
from engine.personas.persona import RosterEntry
from engine.personas.traits import Kind
from tui.session.session import Session, open_session

_LIMIT = 300  # questions of a data set
_PENALTY, _MEANING_PENALTY = 2e-2, 1e-1
_START = 0.5
_STEPS, _RATE = 200, 0.1  # of Adam (Kingma and Ba, 2015)
_CUTS = (5, 20)
LEAST = np.array([QUIETEST[kind] for kind in COLUMNS.values()])
_MEANING = list(COLUMNS.values()).index(Kind.MEANING)


class Question(NamedTuple):
    """Scores, shape (passages, columns); which passages are gold; the gate's inputs; the number of gold passages."""

    scores: np.ndarray
    right: np.ndarray
    gate: np.ndarray
    gold: int


def questions_of(
    folder: Path, entries: Sequence[RosterEntry], embed: Callable[[Indexed], FindSimilar] | None = None
) -> Iterator[Question]:
    """Yield the first questions of a data set, as the panel of these personas sees them."""
    dataset = read_dataset(folder, limit=_LIMIT)
    with indexed(dataset) as library:
        find_similar = embed(library) if embed else None
        for query in dataset.queries:
            retriever = library.library(query)
            similar = find_similar(query.question, retriever) if find_similar else None
            panel = Panel(query.question, retriever, similar=similar)
            features = question_features(panel.neighbourhood)
            receipts = BanditGate(0.0, len(entries), []).choose(panel.question, features, entries, cycle=1)
            for entry, receipt in zip(entries, receipts, strict=True):
                if receipt.activated:
                    panel.send(entry.persona, receipt.voice)
            evidence = KindsOfEvidence(panel.neighbourhood, similar)
            if table := evidence.table(panel.walked(panel.voices)):
                right = np.array([panel.passage(number).id in query.gold for number in table])
                yield Question(np.array(list(table.values())), right, np.array(evidence.gate), len(query.gold))


async def _embedded(session: Session, library: Indexed) -> FindSimilar:
    model = await connect_embedding(session.settings.ollama)
    try:
        return await embed_dataset(library, model, session.workspace.bench, lambda _done, _total, _label: None)
    finally:
        await model.close()


def fitted(datasets: Sequence[Sequence[Question]], *, by_meaning: bool = False) -> np.ndarray:
    """Return the weights, shape (columns, gate), that maximise the mean log probability of the gold passages.

    Each data set counts alike. Questions of which no passage or each is gold are left out. With `by_meaning` only its
    weights are free; the others are the shipped ones.
    """
    useful = [[q for q in questions if q.right.any() and not q.right.all()] for questions in datasets]
    questions = [question for dataset in useful for question in dataset]
    table = np.vstack([question.scores for question in questions])
    scale = table.std(0) + 1e-6
    table = table / scale
    lengths = [len(question.right) for question in questions]
    starts = np.cumsum([0, *lengths[:-1]])
    group = np.repeat(np.arange(len(questions)), lengths)
    target = np.concatenate([question.right / question.right.sum() for question in questions])
    weight = np.repeat([1 / len(dataset) / len(useful) for dataset in useful for _ in dataset], lengths)
    gate = np.array([question.gate for question in questions])
    least, penalty = LEAST * scale, _MEANING_PENALTY if by_meaning else _PENALTY
    free = (np.arange(len(COLUMNS)) == _MEANING) == by_meaning
    solution = np.zeros((table.shape[1], gate.shape[1]))
    solution[:, 0] = np.where(free, _START, 0.0)
    if by_meaning:
        shipped = np.array(evidence_weights.WEIGHTS) * scale[~free, None]
        solution[~free] = shipped
    mean, square = np.zeros_like(solution), np.zeros_like(solution)
    for step in range(1, _STEPS + 1):
        sums = gate @ solution.T
        value = (table * np.maximum(least, sums)[group]).sum(1)
        share = np.exp(value - np.maximum.reduceat(value, starts)[group])
        share /= np.add.reduceat(share, starts)[group]
        slopes = np.add.reduceat(table * (weight * (share - target))[:, None], starts, axis=0)
        gradient = free[:, None] * ((slopes * (sums > least)).T @ gate + penalty * solution)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        solution -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return np.asarray(solution / scale[:, None])


def recalls(questions: Sequence[Question], weights: np.ndarray) -> np.ndarray:
    """Return the recall of each question at each cut, shape (questions, cuts)."""
    orders = [np.argsort(-q.scores @ np.maximum(LEAST, weights @ q.gate), kind="stable") for q in questions]
    return np.array([
        [q.right[order[:cut]].sum() / q.gold for cut in _CUTS] for q, order in zip(questions, orders, strict=True)
    ])  # fmt: skip


def _in_percent(measured: np.ndarray) -> str:
    return "/".join(f"{100 * mean:.1f}" for mean in measured.mean(0))


def _without(kind: Kind | None, datasets: Sequence[Sequence[Question]], *, by_meaning: bool) -> list[str]:
    """Return the recall of each data set without a kind, each half of the questions fitted on the other half."""
    selected = np.array([other is not kind for other in COLUMNS.values()])
    muted = [[question._replace(scores=question.scores * selected) for question in dataset] for dataset in datasets]
    halves = [[dataset[half::2] for dataset in muted] for half in (0, 1)]
    weights = [fitted(half, by_meaning=by_meaning) for half in reversed(halves)]
    measured = zip(*[[recalls(d, w) for d in half] for half, w in zip(halves, weights, strict=True)], strict=True)
    return [_in_percent(np.concatenate(pair)) for pair in measured]


def _written(weights: np.ndarray, *, by_meaning: bool) -> None:
    """Write the weights that were fitted; the others stay."""
    path = Path(evidence_weights.__file__)
    rows = [f"({', '.join(f'{weight:.2f}' for weight in row)})" for row in weights]
    pattern, replacement = r"MEANING = \(.*?\)", f"MEANING = {rows[_MEANING]}"
    if not by_meaning:
        others = "".join(f"    {row},\n" for n, row in enumerate(rows) if n != _MEANING)
        comment = "# a row for each of `evidence.COLUMNS` but meaning, a column for each of `evidence.GATE`"
        pattern, replacement = r"WEIGHTS = \(.*?\n\)", f"WEIGHTS = (  {comment}\n{others})"
    path.write_text(re.sub(pattern, lambda _: replacement, path.read_text(), count=1, flags=re.DOTALL))


def main(folders: list[Path], workspace: Path, *, by_meaning: bool) -> None:
    """Fit, print the recall, and write the weights."""
    session = open_session(workspace)
    entries = session.personas.roster.entries()
    embed = (lambda library: asyncio.run(_embedded(session, library))) if by_meaning else None
    by_name = {folder.name: list(questions_of(folder, entries, embed)) for folder in folders}
    weights = fitted(list(by_name.values()), by_meaning=by_meaning)
    _written(weights, by_meaning=by_meaning)
    for name, questions in by_name.items():
        others = [other for n, other in by_name.items() if n.split("-")[0] != name.split("-")[0]]
        apart = _in_percent(recalls(questions, fitted(others, by_meaning=by_meaning))) if others else ""
        print(f"{name}: all {_in_percent(recalls(questions, weights))}, without its family {apart}", flush=True)  # noqa: T201 - the report
    kinds = [Kind.MEANING] if by_meaning else [kind for kind in dict.fromkeys(COLUMNS.values()) if kind != Kind.MEANING]
    for kind in (None, *kinds):
        shares = _without(kind, list(by_name.values()), by_meaning=by_meaning)
        print(f"without {kind or 'nothing'}:", *shares, flush=True)  # noqa: T201 - the report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--meaning", type=Path, metavar="WORKSPACE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        main(options.datasets, options.meaning or Path(scratch), by_meaning=options.meaning is not None)
