"""The workspace in numbers, in the text format of Prometheus (version 0.0.4): its runs, their times, their trouble.

Counters and the histogram are over every run that the history lists, so they only grow. What stands in the events
of a run is read of the newest `RECENT_RUNS` only, and is therefore a gauge.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import accumulate
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from db.snapshots import load_events
from engine.errors import StoreError, UnknownRunError
from engine.events import Degraded, RunFailed, RunFinished
from engine.text import one_line

if TYPE_CHECKING:
    from db.history import RunSummary

RECENT_RUNS = 100
MAX_LABELS = 20
OUTCOMES = ("answered", "abstained", "failed", "cancelled")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_OTHER = "(others)"


def metrics_text(runs: Iterable["RunSummary"], events: Path, log: Iterable[Mapping[str, object]]) -> str:
    """All metrics; `runs` come newest first, `events` is the folder of their events. Raises StoreError."""
    outcomes, models = Counter(dict.fromkeys(OUTCOMES, 0)), Counter[str]()
    buckets, total, newest = [0] * (len(SECONDS) + 1), 0.0, list[str]()
    for run in runs:
        outcomes["abstained" if run.abstained else "answered" if run.status == "done" else run.status] += 1
        models[one_line(run.model) or "none"] += 1
        if run.status == "done":
            buckets[bisect_left(SECONDS, run.duration_ms / 1000)] += 1
            total += run.duration_ms / 1000
        if len(newest) < RECENT_RUNS:
            newest.append(run.run_id)
    lines = [
        *_family("runs_total", "counter", "Finished runs by outcome.", _by("outcome", outcomes)),
        *_family(
            "model_runs_total", "counter", "Finished runs by language model.", _by("model", models, limit=len(models))
        ),
        *_histogram("run_duration_seconds", "Duration of the runs that came to their end.", buckets, total),
        *_recent(events, newest),
        *_family("log_entries", "gauge", "Entries that the log holds, by level.", _by("level", _levels(log))),
    ]
    return "\n".join(lines) + "\n"


def _recent(events: Path, run_ids: list[str]) -> Iterator[str]:
    read, degraded, phases = 0, 0, defaultdict[str, float](float)
    reasons, errors = Counter[str](), Counter[str]()
    for run_id in run_ids:
        with suppress(StoreError, UnknownRunError):  # removed or damaged: the doctor's business
            recorded = [entry.event for entry in load_events(events, run_id)]
            read += 1
            missing = {_kind(event.reason) for event in recorded if isinstance(event, Degraded)}
            degraded += bool(missing)
            reasons.update(missing)
            errors.update(_kind(event.message) for event in recorded if isinstance(event, RunFailed))
            for event in recorded:
                if isinstance(event, RunFinished):
                    for phase, ms in event.timings_ms.items():
                        phases[phase] += ms / 1000
    window = f"of the newest {RECENT_RUNS} runs"
    yield from _family("recent_runs", "gauge", f"How many {window} have readable events.", [("", read)])
    yield from _family("recent_degraded_runs", "gauge", f"Runs {window} that went without something.", [("", degraded)])
    yield from _family("recent_degradations", "gauge", f"What runs {window} went without.", _by("reason", reasons))
    yield from _family("recent_errors", "gauge", f"Why runs {window} failed.", _by("error", errors))
    yield from _family("recent_phase_seconds", "gauge", f"Time {window} spent in each phase.", _by("phase", phases))


def _kind(message: str) -> str:
    """What went wrong without the particulars: label values should be few."""
    return one_line(message).partition(":")[0][:80]


def _levels(log: Iterable[Mapping[str, object]]) -> Counter[str]:
    levels = Counter(dict.fromkeys(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), 0))
    levels.update(level for entry in log if (level := str(entry.get("level"))) in levels)
    return levels


def _by(label: str, counts: Mapping[str, float], limit: int = MAX_LABELS) -> list[tuple[str, float]]:
    """A sample for each value of `label`; beyond `limit` the rare ones are taken together."""
    kept = dict(sorted(counts.items(), key=itemgetter(1), reverse=True)[:limit])
    if len(counts) > len(kept):
        kept[_OTHER] = sum(counts.values()) - sum(kept.values())
    return [(f'{{{label}="{_escaped(value)}"}}', count) for value, count in kept.items()]


def _escaped(value: str) -> str:
    """A label value: backslash and quote are escaped. Line feeds and control sequences were taken out by `one_line`."""
    return value.replace("\\", r"\\").replace('"', r"\"")


def _histogram(name: str, about: str, buckets: list[int], total: float) -> list[str]:
    bounds = [*(f"{bound:g}" for bound in SECONDS), "+Inf"]
    counts = list(accumulate(buckets))
    samples = [(f'_bucket{{le="{bound}"}}', float(count)) for bound, count in zip(bounds, counts, strict=True)]
    return _family(name, "histogram", about, [*samples, ("_sum", total), ("_count", counts[-1])])


def _family(name: str, kind: str, about: str, samples: list[tuple[str, float]]) -> list[str]:
    full = f"persona_moe_{name}"
    shown = (f"{full}{rest} {round(value, 6):.15g}" for rest, value in samples)
    return [f"# HELP {full} {about}", f"# TYPE {full} {kind}", *shown]
