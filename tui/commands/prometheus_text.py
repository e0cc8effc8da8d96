"""The numbers of a workspace in the text format of Prometheus (version 0.0.4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import itemgetter

from db.runs.metrics import RECENT_RUNS, SECONDS, Metrics, Recent
from engine.events import ModelReplied
from engine.run.model_use import sum_of

MAX_LABELS = 20
_OTHER = "(others)"


def metrics_text(found: Metrics) -> str:
    """All metrics; what counts the newest runs only may shrink, and is therefore a gauge."""
    models = _by("model", found.models, limit=len(found.models))
    lines = [
        *_family("runs_total", "counter", "Finished runs by outcome.", _by("outcome", found.outcomes)),
        *_family("model_runs_total", "counter", "Finished runs by language model.", models),
        *_histogram(
            "run_duration_seconds", "Duration of the runs that came to their end.", found.buckets, found.seconds
        ),
        *_recent(found.recent),
        *_family("log_entries", "gauge", "Entries that the log holds, by level.", _by("level", found.levels)),
    ]
    return "\n".join(lines) + "\n"


def _recent(found: Recent) -> Iterator[str]:
    window = f"of the newest {RECENT_RUNS} runs"
    yield from _family("recent_runs", "gauge", f"How many {window} have readable events.", [("", found.events)])
    yield from _family(
        "recent_degraded_runs", "gauge", f"Runs {window} that went without something.", [("", found.degraded)]
    )
    reasons, errors, phases = _by("reason", found.reasons), _by("error", found.errors), _by("phase", found.phases)
    yield from _family("recent_degradations", "gauge", f"What runs {window} went without.", reasons)
    yield from _family("recent_errors", "gauge", f"Why runs {window} failed.", errors)
    yield from _family("recent_phase_seconds", "gauge", f"Time {window} spent in each phase.", phases)
    yield from _model(found.replies, window)


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
