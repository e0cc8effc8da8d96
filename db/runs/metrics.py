"""The workspace in numbers: its runs, their times and their trouble.

What counts every run that the history lists only grows. What stands in the events of a run is read of the newest
`RECENT_RUNS` only.
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
from engine.events import Degraded, ModelReplied, RunEvent, RunFailed, RunFinished
from engine.text.safe import one_line

if TYPE_CHECKING:
    from db.runs.history import RunSummary

RECENT_RUNS = 100
OUTCOMES = ("answered", "abstained", "failed", "cancelled")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""The bounds of the buckets that durations are counted in."""


@dataclass(slots=True)
class Recent:
    """The newest runs: how many have readable `events`, how many `degraded`, why, what took their time."""

    events: int = 0
    degraded: int = 0
    durations_ms: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)
    replies: list[ModelReplied] = field(default_factory=list)

    def note(self, events: Iterable[RunEvent]) -> None:
        """Take in the events of one run."""
        missing = set[str]()
        self.events += 1
        for event in events:
            match event:
                case Degraded(reason=reason):
                    missing.add(kind_of(reason))
                case RunFailed(message=message):
                    self.errors[kind_of(message)] += 1
                case ModelReplied():
                    self.replies.append(event)
                case RunFinished(timings_ms=timings):
                    for phase, ms in timings.items():
                        self.phases[phase] = self.phases.get(phase, 0.0) + ms / 1000
                case _:
                    pass
        self.degraded += bool(missing)
        self.reasons.update(missing)


@dataclass(slots=True)
class Metrics:
    """Runs by outcome and model, their seconds by bucket and in all, the newest runs, log entries by level."""

    outcomes: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(OUTCOMES, 0)))
    models: Counter[str] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    seconds: float = 0.0
    recent: Recent = field(default_factory=Recent)
    levels: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(LEVELS, 0)))


def measure(runs: Iterable["RunSummary"], events: Path, log: Iterable[Mapping[str, object]]) -> Metrics:
    """The numbers of `runs`, which come newest first; `events` is the folder of their events. Raises StoreError."""
    found, newest = Metrics(), list[str]()
    for run in runs:
        outcome = "abstained" if run.abstained else "answered" if run.status == "done" else run.status
        found.outcomes[outcome] += 1
        found.models[one_line(run.model) or "none"] += 1
        if run.status == "done":
            found.buckets[bisect_left(SECONDS, run.duration_ms / 1000)] += 1
            found.seconds += run.duration_ms / 1000
        if len(newest) < RECENT_RUNS:
            newest.append(run.run_id)
            found.recent.durations_ms += [run.duration_ms] * (run.status == "done")
    for run_id in newest:
        with suppress(StoreError, UnknownRunError):  # removed or damaged: the doctor's business
            found.recent.note([recorded.event for recorded in load_events(events, run_id)])
    found.levels.update(level for entry in log if (level := str(entry.get("level"))) in LEVELS)
    return found


def kind_of(message: str) -> str:
    """What went wrong without the particulars."""
    return one_line(message).partition(":")[0][:80]
