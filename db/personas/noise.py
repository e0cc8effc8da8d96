"""Sums of rewards with noise, so that a file shows little of any one question (differential privacy).

The unit that is protected is the rewards of one run: with or without it, every file is at most e^epsilon times as
likely. For each persona three sums are taken over the runs: their number, the rewards, and the squared rewards. Each
changes by at most 1 with a run, so all together by at most three times the number of personas. To each sum, in
thousandths, discrete Laplace noise of that scale is added (Dwork, McSherry, Nissim and Smith, TCC 2006; Ghosh,
Roughgarden and Sundararajan, STOC 2009, for integers, which reveal nothing by the rounding of floating-point numbers).
Several files of the same device reveal the sum of their epsilons.
"""

import math
import random
from collections.abc import Callable, Collection, Iterable

from db.personas.ledger_entries import LedgerEntry, Rewards, Transition
from engine.personas.metrics import PersonaPerformance

_SECURE = random.SystemRandom()
_SUMS = 3
_UNIT = 1000


def noisy_performances(
    entries: Iterable[LedgerEntry],
    personas: Collection[str],
    epsilon: float,
    uniform: Callable[[], float] = _SECURE.random,
) -> dict[str, PersonaPerformance]:
    """Return the performance of each persona, from sums with noise; judgements of the user do not count.

    `uniform` draws from [0, 1).
    """
    sums = {name: [0, 0, 0] for name in personas}
    of_runs: dict[tuple[str, str], float] = {}
    for entry in entries:
        if isinstance(entry, Rewards):
            of_runs |= {(entry.run_id, name): reward for name, reward in entry.rewards.items()}
        elif isinstance(entry, Transition) and entry.afresh:
            of_runs = {key: reward for key, reward in of_runs.items() if key[1] != entry.persona_id}
    for (_, name), reward in of_runs.items():
        if name in sums:
            values = (1.0, reward, reward * reward)
            sums[name] = [total + round(_UNIT * value) for total, value in zip(sums[name], values, strict=True)]
    scale = _UNIT * _SUMS * len(sums) / epsilon
    return {
        name: _performance(*((total + _noise(scale, uniform)) / _UNIT for total in totals))
        for name, totals in sums.items()
    }


def _noise(scale: float, uniform: Callable[[], float]) -> int:
    """Draw from the discrete Laplace distribution: the difference of two geometric variables."""
    first, second = (math.floor(-scale * math.log(1.0 - uniform())) for _ in range(2))
    return first - second


def _performance(count: float, total: float, squares: float) -> PersonaPerformance:
    """Return the nearest performance that can be; none for less than one sample."""
    samples = round(count)
    if samples < 1:
        return PersonaPerformance()
    mean = min(1.0, max(0.0, total / samples))
    return PersonaPerformance(
        samples, mean, min(samples * mean * (1 - mean), max(0.0, squares - samples * mean * mean))
    )
