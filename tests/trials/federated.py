"""Measure whether three machines that merge what they learned are good sooner than each alone, on held-out questions.

    python -m tests.trials.federated DATASET ... [--limit N] [--seats N] [--start shipped|random]

Half of the questions of each data set, picked by seed, are asked, a third of them on each machine; the other half is
held out. Merged machines have learned what one machine with all questions has (tests/db/personas/test_exchange.py), so
that is measured. The user likes each citation that is needed, as in `persona-moe bench --learn`.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.bench.dataset import indexed, read_dataset
from engine.bench.learning import _Student, newcomers
from engine.bench.question_cache import CachedQuestion, cached_questions
from engine.bench.recall import SEEDS
from engine.bench.statistics import paired_bootstrap
from engine.personas.persona import RosterEntry
from engine.settings.settings import Settings
from tui.session.session import open_session

_MACHINES = 3
_SIZES = (0, 5, 10, 20, 40)  # questions that each machine has asked


def _recalls(
    questions: Sequence[CachedQuestion], entries: Sequence[RosterEntry] | None, settings: Settings
) -> dict[int, list[tuple[float, float]]]:
    """Return recall@5 of each held-out question alone and merged, by the questions that each machine has asked."""
    measured: dict[int, dict[str, list[tuple[float, float]]]] = {}
    half = len(questions) // 2
    for seed in SEEDS:
        order = list(questions)
        random.Random(seed).shuffle(order)
        stream, held_out = order[:half], order[half:]
        roster = newcomers(seed) if entries is None else entries
        students = [_Student("feedback", roster, settings, seed) for _ in range(_MACHINES + 1)]
        *alone, merged = students
        for number in range(half + 1):
            asked, is_turn = divmod(number, _MACHINES)
            if asked in _SIZES and not is_turn:
                for question in held_out:
                    single = [question.recall(student.ranking(question)) for student in alone]
                    pair = sum(single) / len(single), question.recall(merged.ranking(question))
                    measured.setdefault(asked, {}).setdefault(question.id, []).append(pair)
            if number < half:
                for student in (alone[number % _MACHINES], merged):
                    student.ask(stream[number], f"{seed}-{number}")
    return {
        size: [(_mean([a for a, _ in pairs]), _mean([b for _, b in pairs])) for _, pairs in sorted(by_id.items())]
        for size, by_id in measured.items()
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def main() -> None:
    """Print a line for each data set and size, and for all together."""
    parser = argparse.ArgumentParser()
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--seats", type=int, default=2)
    parser.add_argument("--start", choices=("shipped", "random"), default="random")
    options = parser.parse_args()
    pool: dict[int, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        session = open_session(Path(scratch))
        settings = session.settings
        settings = replace(settings, system=replace(settings.system, batch_size=options.seats))
        entries = session.personas.roster.entries() if options.start == "shipped" else None
        for folder in options.datasets:
            with indexed(read_dataset(folder, limit=options.limit)) as library:
                recalls = _recalls(list(cached_questions(library)), entries, settings)
            for size, pairs in recalls.items():
                _print(folder.name, size, pairs)
                pool.setdefault(size, []).extend(pairs)
    for size, pairs in pool.items():
        _print("all", size, pairs)


def _print(name: str, size: int, pairs: Sequence[tuple[float, float]]) -> None:
    alone, merged = ([pair[n] for pair in pairs] for n in (0, 1))
    gain = paired_bootstrap(merged, alone).in_points()
    figures = f"alone {100 * _mean(alone):.1f}, merged {100 * _mean(merged):.1f}, gain {gain.mean:+.2f}"
    interval = f"[{gain.low:+.2f}, {gain.high:+.2f}]"
    print(f"{name}, {size} questions each, {len(pairs)} held out: {figures} {interval}", flush=True)  # noqa: T201 - the report


if __name__ == "__main__":
    main()
