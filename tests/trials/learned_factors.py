"""Measure what likes teach in a library that the shipped weights have not seen (`engine.mixture.learned_factors`).

    python -m tests.trials.learned_factors DATASET ...

For each data set, the weights are fitted on those of other families (the name up to the first dash). Half of its
questions, picked by seed, are the stream: the gold passages among the first five are liked, or one of the five at
random. The other half is held out; five seeds. Prints the change of recall in the first 5 and 20 passages in points,
with the 95 % interval over questions, for each data set and for all together.
"""

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from engine.bench.statistics import paired_bootstrap
from engine.mixture.learned_factors import learned_factors
from engine.mixture.scoring import DEPTH
from engine.personas.experience import RANKED, Experience, MarkedRanking
from tests.trials.evidence_weights import LEAST, Question, fitted, questions_of, recalls
from tui.session.session import open_session

_SEEDS = range(5)
_ASKED = (10, 25, 150)  # questions of the stream

_Like: TypeAlias = Callable[[Sequence[bool], random.Random], Sequence[int]]


def _gold(right: Sequence[bool], _generator: random.Random) -> list[int]:
    return [row for row, is_right in enumerate(right) if is_right]


def _any(right: Sequence[bool], generator: random.Random) -> list[int]:
    return [generator.randrange(len(right))]


def _experience(question: Question, weights: np.ndarray, like: _Like, generator: random.Random) -> Experience:
    values = question.scores * np.maximum(LEAST, weights @ question.gate)
    order = np.argsort(-values.sum(1), kind="stable")[:RANKED]
    liked = tuple(like(question.right[order[:DEPTH]].tolist(), generator))
    return Experience((), {}, marked=MarkedRanking(tuple(map(tuple, values[order].tolist())), liked))


def _gains(questions: Sequence[Question], weights: np.ndarray, like: _Like, asked: int) -> np.ndarray:
    """Return the change of each question's recall, shape (questions, cuts), as the mean over the seeds."""
    sums, counts = np.zeros((len(questions), 2)), np.zeros((len(questions), 1))
    for seed in _SEEDS:
        generator = random.Random(seed)
        order = generator.sample(range(len(questions)), len(questions))
        stream, held_out = order[: len(order) // 2][:asked], order[len(order) // 2 :]
        factors = learned_factors(_experience(questions[n], weights, like, generator) for n in stream)
        old = [questions[n] for n in held_out]
        new = [question._replace(scores=question.scores * np.array(factors)) for question in old]
        sums[held_out] += recalls(new, weights) - recalls(old, weights)
        counts[held_out] += 1
    return np.asarray(sums[counts[:, 0] > 0] / counts[counts[:, 0] > 0])


def _in_points(gains: np.ndarray) -> str:
    intervals = [paired_bootstrap(column, [0.0] * len(column)).in_points() for column in gains.T.tolist()]
    return ", ".join(f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]" for mean, low, high in intervals)


def main(folders: list[Path], workspace: Path) -> None:
    """Print the gains of each data set, and of all."""
    entries = list(open_session(workspace).personas.roster.entries())
    by_name = {folder.name: list(questions_of(folder, entries)) for folder in folders}
    kinds = {f"likes at {asked}": (_gold, asked) for asked in _ASKED} | {"random likes": (_any, max(_ASKED))}
    pooled: dict[str, list[np.ndarray]] = {kind: [] for kind in kinds}
    for name, questions in by_name.items():
        weights = fitted([other for n, other in by_name.items() if n.split("-")[0] != name.split("-")[0]])
        for kind, (like, asked) in kinds.items():
            pooled[kind].append(_gains(questions, weights, like, asked))
            print(f"{name}, {kind}: {_in_points(pooled[kind][-1])}", flush=True)  # noqa: T201 - the report
    for kind, gains in pooled.items():
        print(f"all, {kind}: {_in_points(np.vstack(gains))}")  # noqa: T201 - the report


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main([Path(argument) for argument in sys.argv[1:]], Path(scratch))
