"""Fit the weights of the kinds of evidence (`engine.mixture.evidence`), and write `evidence_weights.py`.

    python -m tests.trials.evidence_weights DATASET ...

Each data set counts alike. Prints recall in the first 5 and 20 passages of each data set, fitted on all data sets and
on those of other families (the name up to the first dash), and without each kind, fitted on the other half.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.bench.dataset import indexed, read_dataset
from engine.mixture import evidence_weights
from engine.mixture.evidence import COLUMNS, QUIETEST, KindsOfEvidence
from engine.mixture.gate import BanditGate
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.personas.persona import RosterEntry
from engine.personas.traits import Kind
from tui.session.session import open_session

_LIMIT = 300  # questions of a data set
_PENALTY = 2e-2
_START = 0.5
_STEPS, _RATE = 200, 0.1  # of Adam (Kingma and Ba, 2015)
_CUTS = (5, 20)
LEAST = np.array([QUIETEST[kind] for kind in COLUMNS.values()])


class Question(NamedTuple):
    """Scores, shape (passages, columns); which passages are gold; the gate's inputs; the number of gold passages."""

    scores: np.ndarray
    right: np.ndarray
    gate: np.ndarray
    gold: int


def questions_of(folder: Path, entries: list[RosterEntry]) -> Iterator[Question]:
    """Yield the first questions of a data set, as the panel of these personas sees them."""
    dataset = read_dataset(folder, limit=_LIMIT)
    with indexed(dataset) as library:
        for query in dataset.queries:
            panel = Panel(query.question, library.library(query))
            features = question_features(panel.neighbourhood)
            receipts = BanditGate(0.0, len(entries), []).choose(panel.question, features, entries, cycle=1)
            for entry, receipt in zip(entries, receipts, strict=True):
                if receipt.activated:
                    panel.send(entry.persona, receipt.voice)
            evidence = KindsOfEvidence(panel.neighbourhood)
            if table := evidence.table(panel.walked(panel.voices)):
                right = np.array([panel.passage(number).id in query.gold for number in table])
                yield Question(np.array(list(table.values())), right, np.array(evidence.gate), len(query.gold))


def fitted(datasets: Sequence[Sequence[Question]]) -> np.ndarray:
    """Return the weights, shape (columns, gate), that maximise the mean log probability of the gold passages.

    Each data set counts alike. Questions of which no passage or each is gold are left out.
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
    least = LEAST * scale
    solution = np.zeros((table.shape[1], gate.shape[1]))
    solution[:, 0] = _START
    mean, square = np.zeros_like(solution), np.zeros_like(solution)
    for step in range(1, _STEPS + 1):
        sums = gate @ solution.T
        value = (table * np.maximum(least, sums)[group]).sum(1)
        share = np.exp(value - np.maximum.reduceat(value, starts)[group])
        share /= np.add.reduceat(share, starts)[group]
        slopes = np.add.reduceat(table * (weight * (share - target))[:, None], starts, axis=0)
        gradient = (slopes * (sums > least)).T @ gate + _PENALTY * solution
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


def _without(kind: Kind | None, datasets: Sequence[Sequence[Question]]) -> list[str]:
    """Return the recall of each data set without a kind, each half of the questions fitted on the other half."""
    selected = np.array([other is not kind for other in COLUMNS.values()])
    muted = [[question._replace(scores=question.scores * selected) for question in dataset] for dataset in datasets]
    halves = [[dataset[half::2] for dataset in muted] for half in (0, 1)]
    weights = [fitted(half) for half in reversed(halves)]
    measured = zip(*[[recalls(d, w) for d in half] for half, w in zip(halves, weights, strict=True)], strict=True)
    return [_in_percent(np.concatenate(pair)) for pair in measured]


def main(folders: list[Path], workspace: Path) -> None:
    """Fit, print the recall, and write the weights."""
    entries = list(open_session(workspace).personas.roster.entries())
    by_name = {folder.name: list(questions_of(folder, entries)) for folder in folders}
    weights = fitted(list(by_name.values()))
    lines = [f"    ({', '.join(f'{weight:.2f}' for weight in row)})," for row in weights]
    head = '"""The weights of the kinds of evidence, written by `python -m tests.trials.evidence_weights`."""\n\n'
    head += "WEIGHTS = (  # a row for each of `evidence.COLUMNS`, a column for each of `evidence.GATE`\n"
    Path(evidence_weights.__file__).write_text(head + "\n".join(lines) + "\n)\n")
    for name, questions in by_name.items():
        others = [other for n, other in by_name.items() if n.split("-")[0] != name.split("-")[0]]
        apart = _in_percent(recalls(questions, fitted(others))) if others else ""
        print(f"{name}: all {_in_percent(recalls(questions, weights))}, without its family {apart}", flush=True)  # noqa: T201 - the report
    for kind in (None, *dict.fromkeys(COLUMNS.values())):
        print(f"without {kind or 'nothing'}:", *_without(kind, list(by_name.values())), flush=True)  # noqa: T201 - the report


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main([Path(argument) for argument in sys.argv[1:]], Path(scratch))
