"""The lines of the health screen: numbers of the workspace, results of the checks, newest log entries."""

from __future__ import annotations

from statistics import quantiles
from typing import TYPE_CHECKING

from rich.text import Text

from db.runs.metrics import RECENT_RUNS, SECONDS
from tui.drawing.cells import bar, counted, fit, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from db.runs.metrics import Metrics
    from tui.session.checks import Finding

LABEL_CELLS, BAR_CELLS, MOST_ROWS, MESSAGE_CELLS = 12, 20, 8, 200


def numbers_text(metrics: Metrics) -> Text:
    """Runs by outcome, models, durations, phases, degraded and failed runs, log entries by level."""
    text = Text()
    total = metrics.outcomes.total()
    _row(text, "runs", f"{total:,}", " · ".join(f"{count:,} {outcome}" for outcome, count in metrics.outcomes.items()))
    _row(text, "models", *(f"{count:,} {plain(name)}" for name, count in metrics.models.most_common(MOST_ROWS)))
    recent = metrics.recent
    if recent.durations_ms:
        middle, high = _percentiles(recent.durations_ms)
        _row(text, "duration", f"p50 {middle:,.0f} ms, p95 {high:,.0f} ms", f"of the newest {RECENT_RUNS} runs")
    for bound, count in zip((*SECONDS, None), metrics.buckets, strict=True):
        if count:
            label = f"<= {bound:g} s" if bound else "longer"
            _bar(text, label, count / sum(metrics.buckets), f"{count:,}")
    spent = sum(recent.phases.values())
    for phase, seconds in sorted(recent.phases.items(), key=lambda item: -item[1]):
        _bar(text, plain(phase), seconds / spent if spent else 0.0, f"{1000 * seconds / recent.events:,.1f} ms a run")
    _row(
        text,
        "degraded",
        f"{recent.degraded:,} of the newest {counted(recent.events, 'run')}",
        *_counted(recent.reasons),
    )
    _row(text, "failed", *(_counted(recent.errors) or ["none of the newest runs"]))
    _row(text, "log", *(f"{count:,} {level.lower()}" for level, count in metrics.levels.items() if count))
    return text


def checks_text(findings: Iterable[Finding]) -> Text:
    """One line for each check with its result, and below it what to do."""
    text = Text()
    for finding in findings:
        mark = ("✓ ", "green") if finding.ok else ("! ", "bold yellow")
        text.append_text(Text.assemble(mark, f"{fit(finding.what, LABEL_CELLS - 2)}{plain(finding.detail)}\n"))
        if finding.advice:
            text.append(f"{'':<{LABEL_CELLS}}→ {plain(finding.advice)}\n", "dim")
    return text


def log_text(entries: Sequence[Mapping[str, object]]) -> Text:
    """The entries of the log, newest first."""
    text = Text()
    for entry in entries:
        at, level = plain(str(entry.get("at", "")))[:19], plain(str(entry.get("level", "")))
        text.append(f"{at} {fit(level, 8)} ", "dim")
        text.append(f"{plain(str(entry.get('message', '')))[:MESSAGE_CELLS]}\n")
    return text or Text("The log is empty.\n", "dim")


def _row(text: Text, label: str, *parts: str) -> None:
    text.append(fit(label, LABEL_CELLS), "bold")
    text.append(f"{' · '.join(parts) or '-'}\n")


def _bar(text: Text, label: str, share: float, figure: str) -> None:
    text.append(f"{fit(f'  {label}', LABEL_CELLS)}")
    text.append(bar(share, full=1.0, width=BAR_CELLS), "cyan")
    text.append(f" {figure}\n")


def _counted(counts: Mapping[str, int]) -> list[str]:
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_ROWS]
    return [f"{plain(reason)} ({count:,})" for reason, count in rows]


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) == 1:
        return values[0], values[0]
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[9], cuts[18]
