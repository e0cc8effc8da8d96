"""What the ledger and the runs tell of personas, as lines of text for the screen and the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, assert_never

from rich.text import Text

from db.personas.ledger_entries import Added, Change, Edited, Transition, Undone
from db.personas.record import PersonaRecord
from engine.events import GateReceipt, Scores
from engine.personas.outlook import Outlook
from engine.run.persona_comparison import Comparison, Side
from engine.run.persona_part import RunPart
from tui.drawing.cells import bar, fit, local_time, plain, score
from tui.drawing.marks import CALLED, DIFFERENT, RESTING
from tui.personas.chart import ASCII, AXIS, BRAILLE, Reading, chart_lines
from tui.personas.outlook_text import figure, threshold_marks

HIGHEST, ROOMY, NAME_CELLS, LEAST_CHART = 9, 72, 14, 5


# -- chart ------------------------------------------------------------------------------------------------


def readings_of(record: PersonaRecord, confidence: float) -> list[Reading]:
    """The points of a record as a chart takes them."""
    return [
        Reading(p.reward, p.performance.samples, p.performance.mean, *p.performance.bounds(confidence))
        for p in record.points
    ]


def chart_text(record: PersonaRecord, outlook: Outlook, width: int, height: int, *, unicode: bool) -> list[Text]:
    """Draw the chart below a line that says what is drawn; `height` lines at most, of ASCII without `unicode`."""
    if not record.points:
        return [Text("No rewards yet since it started. Every question that it walks for pays one.", "dim")]
    last = record.points[-1].performance
    counted = f"the last {len(record.points)} rewards" if len(record.points) > 1 else "one reward"
    low, high = last.bounds(outlook.thresholds.confidence)
    head = f"{counted} · mean {figure(last.mean)} in [{figure(low)}, {figure(high)}] of {last.samples} samples"
    pens = BRAILLE if unicode else ASCII
    readings = readings_of(record, outlook.thresholds.confidence)
    drawn = chart_lines(readings, threshold_marks(outlook), width, max(height - 1, LEAST_CHART), pens)
    parts = [Text.assemble((line[: AXIS + 1], "dim"), (line[AXIS + 1 :], "cyan")) for line in drawn]
    return [Text(fit(head, width).rstrip()), *parts]


# -- ledger -----------------------------------------------------------------------------------------------


def change_text(change: Change) -> Text:
    """One change: when, what, by whom, and the figures it rested on."""
    figures = change.performance
    record = f"mean {figure(figures.mean)} of {figures.samples}" if figures.samples else "no samples"
    told = f"{local_time(change.at)}  {plain(_what(change))} · {record} · by {plain(change.decided_by)}"
    return Text(told)


def _what(change: Change) -> str:
    match change:
        case Added():
            born = f", child of {' and '.join(change.parents)}" if change.parents else ""
            return f"joined as {change.state}{born}"
        case Transition():
            afresh = ", starts afresh" if change.afresh else ""
            return f"{change.old_state} → {change.new_state} ({change.rule}{afresh})"
        case Edited():
            afresh = ", starts afresh" if change.afresh else ""
            return f"edited: {_edit(change.old_content, change.new_content)}{afresh}"
        case Undone():
            return undone_words(change)
        case _ as never:
            assert_never(never)


_UNDID = {"Added": "the joining", "Transition": "the move", "Edited": "the edit"}


def undone_words(undone: Undone) -> str:
    """What was taken back, for the user who asked for it."""
    moved = undone.old_state != undone.new_state
    where = f"{undone.old_state} → {undone.new_state}" if moved else "as it was before"
    if undone.edited:
        where = _edit(*undone.edited) or where
    return f"undone, {_UNDID.get(undone.undid, 'a change')} of {undone.persona_id}: {where}"


def _edit(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs: each trait with both values, other fields by their names."""
    old, new = before.get("traits", {}), after.get("traits", {})
    names = sorted({*old, *new})
    told = [f"{n} {old.get(n, '-')} → {new.get(n, '-')}" for n in names if old.get(n) != new.get(n)]
    told += [key.replace("_", " ") for key in ("expertise", "activation_cost") if before.get(key) != after.get(key)]
    old, new = before.get("metadata", {}), after.get("metadata", {})
    told += [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return ", ".join(told)


def ledger_text(record: PersonaRecord) -> list[Text]:
    """Every change, the latest first."""
    return [change_text(change) for change in reversed(record.changes)]


# -- receipts ---------------------------------------------------------------------------------------------


def receipt_figures(receipt: GateReceipt) -> str:
    """The mark of the choice, then score, expected, bonus, match of expertise, cost, threshold and voice."""
    figures = (
        receipt.score, receipt.expected, receipt.bonus, receipt.expertise, receipt.cost, receipt.threshold,
        receipt.voice,
    )  # fmt: skip
    return f"{CALLED if receipt.activated else RESTING}{''.join(f' {score(each)}' for each in figures)}"


def receipts_text(parts: Sequence[RunPart], width: int) -> list[Text]:
    """One line a run where that has room, else two: what the gate added up, called or why not, and the question."""
    if not parts:
        return [Text("The gate has not judged it in the latest recorded runs.", "dim")]
    why_cells = max(len(_why(part.receipt)) for part in parts)
    legend = f"The last {len(parts)} runs: score = expected + bonus + match - cost, called from thr(eshold) on"
    lines = [Text(legend, "dim"), Text(_HEAD, "dim")]
    for part in parts:
        receipt = part.receipt
        figures, why = receipt_figures(receipt), _why(receipt)
        rest = width - len(figures) - 2
        if width >= ROOMY:
            lines.append(Text(f"{figures}  {fit(why, why_cells)}  {fit(part.question, rest - why_cells - 2)}".rstrip()))
        else:
            lines += [Text(f"{figures}  {fit(why, rest)}".rstrip()), Text(f"  {fit(part.question, width - 2)}", "dim")]
    return lines


_HEAD = "  scor  exp bonu matc cost  thr voic  why"


def _why(receipt: GateReceipt) -> str:
    return "called" if receipt.activated else plain(receipt.reason)


# -- two side by side -------------------------------------------------------------------------------------


def comparison_text(compared: Comparison, width: int) -> list[Text]:
    """Both personas in two columns: record, runs, scores and traits; what differs has a mark."""
    sides = compared.left, compared.right
    column = max((width - NAME_CELLS - 5) // 2, 12)

    def row(label: str, left: str, right: str, *, style: str = "") -> Text:
        mark = DIFFERENT if left.strip() != right.strip() else " "
        cells = f"{fit(label, NAME_CELLS)} {fit(left, column)} {mark} {fit(right, column)}".rstrip()
        return Text(cells, style)

    names = [plain(side.entry.persona.name) for side in sides]
    lines = [Text(f"{'':{NAME_CELLS}} {fit(names[0], column)}   {fit(names[1], column)}".rstrip(), "bold")]
    lines += [row(label, *values) for label, values in _figures(compared)]
    lines += [Text(), *(row(trait, *map(_trait, values)) for trait, values in compared.traits.items())]
    lines += [Text(), Text(_overlap(compared))]
    return lines


def _figures(compared: Comparison) -> list[tuple[str, tuple[str, str]]]:
    def pair(of: Any) -> tuple[str, str]:
        return of(compared.left), of(compared.right)

    def scored(name: str) -> Any:
        return lambda side: score(getattr(side.scores, name)).strip() if side.scores else "·"

    return [
        ("id", pair(lambda side: side.entry.persona.persona_id)),
        ("state", pair(lambda side: str(side.entry.state))),
        ("mean reward", pair(_mean)),
        ("samples", pair(lambda side: str(side.performance.samples))),
        ("called", pair(lambda side: f"{side.called} of {side.judged} runs")),
        *((field.name.replace("entity_", ""), pair(scored(field.name))) for field in fields(Scores)),
        ("cost", pair(lambda side: figure(side.entry.persona.activation_cost))),
        ("at home in", pair(lambda side: ", ".join(side.entry.persona.expertise))),
    ]


def _mean(side: Side) -> str:
    if not side.performance.samples:
        return "·"
    return f"{figure(side.performance.mean)} [{figure(side.bounds[0])}, {figure(side.bounds[1])}]"


def _trait(value: int) -> str:
    return f"{bar(value, full=HIGHEST, width=HIGHEST)} {value}"


def _overlap(compared: Comparison) -> str:
    if compared.overlap is None:
        return f"They walked together in none of the {compared.runs} recorded runs that were looked at."
    share = f"{compared.overlap:.2f}"
    return f"Of their first five passages they share {share} (Jaccard, mean of {compared.together} runs together)."
