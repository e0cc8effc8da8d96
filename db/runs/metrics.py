"""Numbers of a workspace: its runs, their durations and failures.

All runs of the history are counted; events are read for the newest `RECENT_RUNS` only.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from db.runs.recorder import load_events
from engine.errors import StoreError, UnknownRunError
from engine.events import ModelReplied
from engine.run.state import Outcome, RunState
from engine.text.safe import one_line

if TYPE_CHECKING:
    from db.runs.summary import RunSummary

RECENT_RUNS = 100
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the buckets that count durations."""


@dataclass(slots=True)
class Recent:
    """The newest runs: how many have readable `events` and how many `degraded`; `phases` sums seconds by phase."""

    events: int = 0
    degraded: int = 0
    durations_ms: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)
    replies: list[ModelReplied] = field(default_factory=list)

    def add(self, state: RunState) -> None:
        """Count one run."""
        self.events += 1
        self.degraded += bool(state.degraded)
        self.reasons.update({kind_of(reason) for reason in state.degraded})
        self.errors.update([kind_of(state.failure.message)] if state.failure else [])
        self.replies += state.replies
        for phase, ms in state.timings_ms.items():
            self.phases[phase] = self.phases.get(phase, 0.0) + ms / 1000


@dataclass(slots=True)
class Metrics:
    """Runs by outcome and model, complete runs by seconds (buckets and sum), the newest runs, log entries by level."""

    outcomes: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(map(str, Outcome), 0)))
    models: Counter[str] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0
    recent: Recent = field(default_factory=Recent)
    levels: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(LEVELS, 0)))


def measure(runs: Iterable["RunSummary"], events: Path, log: Iterable[Mapping[str, object]]) -> Metrics:
    """Count `runs`, which come newest first; `events` is the folder of their events. Raises StoreError."""
    metrics, newest = Metrics(), list[str]()
    for run in runs:
        is_complete = run.outcome in {Outcome.ANSWERED, Outcome.UNANSWERED}
        metrics.outcomes[run.outcome] += 1
        metrics.models[one_line(run.model) or "none"] += 1
        if is_complete:
            metrics.buckets[bisect_left(SECONDS, run.duration_ms / 1000)] += 1
            metrics.seconds += run.duration_ms / 1000
        if len(newest) < RECENT_RUNS:
            newest.append(run.run_id)
            metrics.recent.durations_ms += [run.duration_ms] * is_complete
    for run_id in newest:
        with suppress(StoreError, UnknownRunError):  # removed or damaged: the doctor reports it
            metrics.recent.add(RunState.of(load_events(events, run_id)))
    metrics.levels.update(level for entry in log if (level := str(entry.get("level"))) in LEVELS)
    return metrics


def kind_of(message: str) -> str:
    """Return the kind of an error: its message up to the first colon."""
    return one_line(message).partition(":")[0][:80]
