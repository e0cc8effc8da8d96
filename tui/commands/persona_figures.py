"""Prints the figures of personas: the chart of rewards, the receipts of the gate, and two personas side by side."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from engine.personas.outlook import outlook
from tui.commands.output import show
from tui.drawing.ascii import may_draw_unicode
from tui.session.session import Session

CHART_LINES, RECEIPTS, WIDEST = 18, 20, 120


def add_figures(action: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the actions `chart`, `receipts` and `compare`."""
    action("chart", "print the rewards of a persona over its runs, and the figures that decide its state").add_argument(
        "persona_id"
    )
    receipts = action("receipts", "print why the gate called it, or did not, in the last runs")
    receipts.add_argument("persona_id")
    receipts.add_argument("--limit", type=int, default=RECEIPTS, metavar="N", help="at most N runs")
    comparing = action(
        "compare", "print two personas side by side: rewards, scores, traits, and how much they find alike"
    )
    comparing.add_argument("persona_ids", nargs=2, metavar="PERSONA")


def _width() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 80


def _chart(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.card import outlook_lines, scale_line  # noqa: PLC0415 - draws, so it needs rich
    from tui.personas.text import chart_text  # noqa: PLC0415

    entries = session.personas.roster.entries()
    entry = session.personas.roster.find(options.persona_id)
    view = outlook(entry, entries, session.settings.thresholds)
    record = session.personas.record_of(options.persona_id)
    data = {"persona_id": options.persona_id, "state": entry.state, "outlook": view, "rewards": record.points}
    head = f"{options.persona_id} is {entry.state}", scale_line(view, _width()), *outlook_lines(entry, view), ""
    unicode = may_draw_unicode(session.settings.screen.ascii, os.environ)
    show(options, data, [*head, *chart_text(record, view, _width(), CHART_LINES, unicode=unicode)])
    return 0


def _receipts(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.text import receipts_text  # noqa: PLC0415 - draws, so it needs rich

    name = session.personas.roster.find(options.persona_id).persona.persona_id
    parts = [part[name] for part in session.runs.parts_of([name], max(1, options.limit))]
    data = [{"run_id": part.run_id, "question": part.question, "receipts": part.receipts} for part in parts]
    show(options, data, receipts_text(parts, _width()))
    return 0


def _compare(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.text import comparison_text  # noqa: PLC0415 - draws, so it needs rich

    comparison = session.runs.compare_personas(*options.persona_ids)
    data: dict[str, Any] = msgspec.to_builtins(comparison)
    for side in (data["left"], data["right"]):
        side |= {"persona_id": side["entry"]["persona"]["persona_id"], "state": side.pop("entry")["state"]}
    show(options, data, comparison_text(comparison, _width()))
    return 0


FIGURES: dict[str, Callable[[Session, argparse.Namespace], int]] = {
    "chart": _chart, "receipts": _receipts, "compare": _compare,
}  # fmt: skip
