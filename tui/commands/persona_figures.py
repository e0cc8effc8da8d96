"""What personas earned and how they were chosen, printed: chart, receipts, two side by side."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from engine.personas.outlook import outlook
from tui.commands.output import print_json, print_text
from tui.personas.chart import BRAILLE, pens_for
from tui.session.session import Session

CHART_LINES, RECEIPTS, WIDEST = 18, 20, 120


def add_figures(action: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The actions `chart`, `receipts` and `compare`."""
    action("chart", "what its state rests on, and its rewards over the runs").add_argument("persona_id")
    receipts = action("receipts", "how the gate chose in the last runs, and why")
    receipts.add_argument("persona_id")
    receipts.add_argument("--limit", type=int, default=RECEIPTS, metavar="N", help="how many runs at most")
    comparing = action("compare", "two personas side by side: records, scores, traits, what they find alike")
    comparing.add_argument("persona_ids", nargs=2, metavar="PERSONA")


_ASCII = str.maketrans({"━": "=", "·": ".", "≠": "!", "●": "*", "○": "o", "…": "~", "→": ">"})


def _print(lines: Iterable[object]) -> None:
    """Lines of text, with signs of ASCII where the output knows no others."""
    unicode = pens_for(sys.stdout.encoding) is BRAILLE
    for line in lines:
        print_text(str(line) if unicode else str(line).translate(_ASCII))


def _width() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else 80


def _chart(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.outlook_text import outlook_lines, scale_line  # noqa: PLC0415 - draws, so it needs rich
    from tui.personas.text import chart_text  # noqa: PLC0415

    entries = session.roster.entries()
    entry = session.roster.find(options.persona_id)
    view = outlook(entry, entries, session.settings.thresholds)
    record = session.record_of(options.persona_id)
    if options.json:
        print_json({"persona_id": options.persona_id, "state": entry.state, "outlook": view, "rewards": record.points})
        return 0
    pens = pens_for(sys.stdout.encoding)
    head = f"{options.persona_id} is {entry.state}", scale_line(view, _width(), unicode=pens is BRAILLE)
    _print([*head, *outlook_lines(entry, view), "", *chart_text(record, view, _width(), CHART_LINES, pens)])
    return 0


def _receipts(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.text import receipts_text  # noqa: PLC0415 - draws, so it needs rich

    name = session.roster.find(options.persona_id).persona.persona_id
    parts = [each[name] for each in session.parts_of([name], max(1, options.limit))]
    if options.json:
        print_json([{"run_id": p.run_id, "question": p.question, "receipts": p.receipts} for p in parts])
        return 0
    _print(receipts_text(parts, _width()))
    return 0


def _compare(session: Session, options: argparse.Namespace) -> int:
    from tui.personas.text import comparison_text  # noqa: PLC0415 - draws, so it needs rich

    found = session.compare(*options.persona_ids)
    if options.json:
        fields: dict[str, Any] = msgspec.to_builtins(found)
        for side in (fields["left"], fields["right"]):
            side |= {"persona_id": side["entry"]["persona"]["persona_id"], "state": side.pop("entry")["state"]}
        print_json(fields)
        return 0
    _print(comparison_text(found, _width()))
    return 0


FIGURES: dict[str, Callable[[Session, argparse.Namespace], int]] = {
    "chart": _chart, "receipts": _receipts, "compare": _compare,
}  # fmt: skip
