"""Writes the metrics of a workspace in the text format of Prometheus (version 0.0.4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import itemgetter

from db.runs.metrics import RECENT_RUNS, SECONDS, Metrics, Recent
from engine.events import ModelReplied
from engine.run.model_use import sum_of

MAX_LABELS = 20
_OTHER = "(others)"


def metrics_text(metrics: Metrics) -> str:
    """Return the text of all metrics; those over the newest runs alone can fall, so they are gauges."""
    models = _by("model", metrics.models, limit=len(metrics.models))
    lines = [
        *_family("runs_total", "counter", "Finished runs by outcome.", _by("outcome", metrics.outcomes)),
        *_family("model_runs_total", "counter", "Finished runs by language model.", models),
        *_histogram(
            "run_duration_seconds", "Duration of the runs that came to their end.", metrics.buckets, metrics.seconds
        ),
        *_recent(metrics.recent),
        *_family("log_entries", "gauge", "Entries that the log holds, by level.", _by("level", metrics.levels)),
    ]
    return "\n".join(lines) + "\n"


def _recent(recent: Recent) -> Iterator[str]:
    window = f"of the newest {RECENT_RUNS} runs"
    yield from _family("recent_runs", "gauge", f"How many {window} have readable events.", [("", recent.events)])
    yield from _family(
        "recent_degraded_runs", "gauge", f"Runs {window} that went without something.", [("", recent.degraded)]
    )
    reasons, errors, phases = _by("reason", recent.reasons), _by("error", recent.errors), _by("phase", recent.phases)
    yield from _family("recent_degradations", "gauge", f"What runs {window} went without.", reasons)
    yield from _family("recent_errors", "gauge", f"Why runs {window} failed.", errors)
    yield from _family("recent_phase_seconds", "gauge", f"Time {window} spent in each phase.", phases)
    yield from _model(recent.replies, window)


def _model(replies: list[ModelReplied], window: str) -> Iterator[str]:
    use, purposes = sum_of(replies), Counter(reply.purpose for reply in replies)
    tokens = {"prompt": use.prompt_tokens, "output": use.output_tokens}
    seconds = {"load": use.load_ms / 1000, "prompt": use.prompt_ms / 1000, "output": use.output_ms / 1000}
    yield from _family(
        "recent_model_replies", "gauge", f"Replies of a model {window}, by purpose.", _by("purpose", purposes)
    )
    yield from _family("recent_model_tokens", "gauge", f"Tokens {window} read or written.", _by("kind", tokens))
    yield from _family("recent_model_seconds", "gauge", f"Time {window} that a model took.", _by("kind", seconds))


def _by(label: str, counts: Mapping[str, float], limit: int = MAX_LABELS) -> list[tuple[str, float]]:
    """Return a sample for each value of `label`; beyond `limit`, one sample sums the rarest."""
    frequent = dict(sorted(counts.items(), key=itemgetter(1), reverse=True)[:limit])
    if len(counts) > len(frequent):
        frequent[_OTHER] = sum(counts.values()) - sum(frequent.values())
    return [(f'{{{label}="{_escaped(value)}"}}', count) for value, count in frequent.items()]


def _escaped(value: str) -> str:
    """Escape backslash and quote in the value of a label; `one_line` has removed its line feeds and controls."""
    return value.replace("\\", r"\\").replace('"', r"\"")


def _histogram(name: str, about: str, buckets: list[int], total: float) -> list[str]:
    bounds = [*(f"{bound:g}" for bound in SECONDS), "+Inf"]
    counts = list(accumulate(buckets))
    samples = [(f'_bucket{{le="{bound}"}}', float(count)) for bound, count in zip(bounds, counts, strict=True)]
    return _family(name, "histogram", about, [*samples, ("_sum", total), ("_count", counts[-1])])


def _family(name: str, kind: str, about: str, samples: list[tuple[str, float]]) -> list[str]:
    full = f"persona_moe_{name}"
    lines = (f"{full}{labels} {round(value, 6):.15g}" for labels, value in samples)
    return [f"# HELP {full} {about}", f"# TYPE {full} {kind}", *lines]
