"""The tabs Chart, Ledger and Receipts and the comparison of two personas, as lines of text for screen and commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, assert_never

from rich.text import Text

from db.personas.ledger_entries import (
    BY_HAND,
    FIRST_SEEN,
    Added,
    Change,
    Edited,
    Feedback,
    LedgerEntry,
    Rewards,
    Transition,
    Undone,
)
from db.personas.record import PersonaRecord
from engine.events import GateReceipt, Scores
from engine.personas.outlook import Outlook
from engine.run.persona_comparison import Comparison, Side
from engine.run.persona_part import RunPart
from tui.drawing.cells import counted, fit, local_time, plain, score
from tui.drawing.marks import CALLED, DIFFERENT, RESTING
from tui.personas.card import figure, mean_words, threshold_marks, trait_bar
from tui.personas.chart import ASCII, AXIS, BRAILLE, ChartPoint, chart_lines

ONE_LINE_WIDTH, NAME_CELLS, LEAST_CHART = 72, 14, 5


# -- chart ------------------------------------------------------------------------------------------------


def points_of(record: PersonaRecord, confidence: float) -> list[ChartPoint]:
    """The points of a record in the form that the chart draws."""
    return [
        ChartPoint(p.reward, p.performance.samples, p.performance.mean, *p.performance.bounds(confidence))
        for p in record.points
    ]


def chart_text(record: PersonaRecord, outlook: Outlook, width: int, height: int, *, unicode: bool) -> list[Text]:
    """The chart with a heading; `height` lines at most, of ASCII without `unicode`."""
    if not record.points:
        return [Text("No rewards yet. It gets one for each question that it is called for.", "dim")]
    last = record.points[-1].performance
    rewards = f"Last {len(record.points)} rewards" if len(record.points) > 1 else "One reward"
    mean = mean_words(last.mean, *last.bounds(outlook.thresholds.confidence))
    pens = BRAILLE if unicode else ASCII
    points = points_of(record, outlook.thresholds.confidence)
    drawn = chart_lines(points, threshold_marks(outlook), width, max(height - 1, LEAST_CHART), pens)
    lines = [Text.assemble((line[: AXIS + 1], "dim"), (line[AXIS + 1 :], "cyan")) for line in drawn]
    return [Text(fit(f"{rewards} · {counted(last.samples, 'sample')} · {mean}", width).rstrip()), *lines]


# -- ledger -----------------------------------------------------------------------------------------------


def ledger_text(record: PersonaRecord) -> list[Text]:
    """One line for each change of a persona, the latest first."""
    return [Text(f"{local_time(change.at)}  {_change_words(change)}") for change in reversed(record.changes)]


def ledger_line(entry: LedgerEntry) -> str:
    """Any entry of the ledger as one line: time, persona or run, and what changed."""
    match entry:
        case Rewards():
            subject, words = entry.run_id, "rewards"
        case Feedback():
            judged = "the answer" if entry.citation is None else f"citation {entry.citation}"
            subject = entry.run_id
            words = (
                f"{judged} judged {'good' if entry.liked else 'bad'}, rewards of {counted(entry.weight, 'sample')} each"
            )
        case _:
            return f"{local_time(entry.at)}  {plain(entry.persona_id)}: {_change_words(entry)}"
    rewards = ", ".join(f"{plain(name)} {figure(reward)}" for name, reward in entry.rewards.items())
    return f"{local_time(entry.at)}  {plain(subject)}: {words}: {rewards}"


def _change_words(change: Change) -> str:
    """What changed, the performance that it was based on, and who decided it."""
    performance = change.performance
    record = (
        f"mean {figure(performance.mean)} of {counted(performance.samples, 'sample')}"
        if performance.samples
        else "no samples"
    )
    decided = {BY_HAND: " · by hand", FIRST_SEEN: ""}.get(change.decided_by, f" · by {plain(change.decided_by)}")
    return f"{plain(_what_changed(change))} · {record}{decided}"


def _what_changed(change: Change) -> str:
    match change:
        case Added():
            parents = f", child of {' and '.join(change.parents)}" if change.parents else ""
            verb = "file found, state" if change.decided_by == FIRST_SEEN else "added as"
            return f"{verb} {change.state}{parents}"
        case Transition():
            rule = "" if change.rule == "manual" else f" by {change.rule}"
            return f"{change.old_state} → {change.new_state}{rule}{', starts afresh' if change.afresh else ''}"
        case Edited():
            afresh = ", starts afresh" if change.afresh else ""
            return f"edited: {edit_words(change.old_content, change.new_content)}{afresh}"
        case Undone():
            return undone_words(change)
        case _ as never:
            assert_never(never)


_UNDONE_KINDS = {"Added": "the addition", "Transition": "the change of state", "Edited": "the edit"}


def undone_words(undone: Undone) -> str:
    """Which change was undone, and what is different now."""
    is_moved = undone.old_state != undone.new_state
    effect = f"{undone.old_state} → {undone.new_state}" if is_moved else "no difference"
    if undone.edited:
        effect = edit_words(*undone.edited) or effect
    return f"undone: {_UNDONE_KINDS.get(undone.undid, 'a change')} of {undone.persona_id} ({effect})"


def edit_words(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The fields that differ: each trait with both values, the others by name."""
    old_traits, new_traits = old.get("traits", {}), new.get("traits", {})
    words = [
        f"{trait} {old_traits.get(trait, '-')} → {new_traits.get(trait, '-')}"
        for trait in sorted({*old_traits, *new_traits})
        if old_traits.get(trait) != new_traits.get(trait)
    ]
    words += [key.replace("_", " ") for key in ("expertise", "activation_cost") if old.get(key) != new.get(key)]
    old_texts, new_texts = old.get("metadata", {}), new.get("metadata", {})
    return ", ".join([*words, *(n for n in sorted({*old_texts, *new_texts}) if old_texts.get(n) != new_texts.get(n))])


# -- receipts ---------------------------------------------------------------------------------------------

_COLUMNS = ("score", "exp.", "bonus", "match", "cost", "limit", "voice")
_HEADING = f" {''.join(f' {name:>5}' for name in _COLUMNS)}  why"


def receipt_figures(receipt: GateReceipt) -> str:
    """The mark of the choice, then the figures of `_COLUMNS`."""
    figures = (
        receipt.score, receipt.expected, receipt.bonus, receipt.expertise, receipt.cost, receipt.threshold,
        receipt.voice,
    )  # fmt: skip
    return f"{CALLED if receipt.activated else RESTING}{''.join(f'  {score(value)}' for value in figures)}"


def receipts_text(parts: Sequence[RunPart], width: int) -> list[Text]:
    """For each run the gate's figures, the reason and the question: one line from `ONE_LINE_WIDTH` on, else two."""
    if not parts:
        return [Text("The gate has not judged it in the latest recorded runs.", "dim")]
    reason_cells = max(len(_reason(part.receipt)) for part in parts)
    runs = f"Last {len(parts)} runs" if len(parts) > 1 else "One run"
    legend = f"{runs}: score = expected + bonus + match - cost; called if >= limit"
    lines = [Text(legend, "dim"), Text(_HEADING, "dim")]
    for part in parts:
        figures, reason = receipt_figures(part.receipt), _reason(part.receipt)
        cells = width - len(figures) - 2
        if width >= ONE_LINE_WIDTH:
            question = fit(part.question, cells - reason_cells - 2)
            lines.append(Text(f"{figures}  {fit(reason, reason_cells)}  {question}".rstrip()))
        else:
            question = fit(part.question, width - 2)
            lines += [Text(f"{figures}  {fit(reason, cells)}".rstrip()), Text(f"  {question}", "dim")]
    return lines


def _reason(receipt: GateReceipt) -> str:
    return "called" if receipt.activated else plain(receipt.reason)


# -- two side by side -------------------------------------------------------------------------------------


def comparison_text(compared: Comparison, width: int) -> list[Text]:
    """Both personas in two columns: record, runs, scores and traits; a mark stands where they differ."""
    sides = compared.left, compared.right
    column = max((width - NAME_CELLS - 5) // 2, 12)

    def row(label: str, first: str, second: str, *, style: str = "") -> Text:
        mark = DIFFERENT if first.strip() != second.strip() else " "
        cells = f"{fit(label, NAME_CELLS)} {fit(first, column)} {mark} {fit(second, column)}".rstrip()
        return Text(cells, style)

    names = [plain(side.entry.persona.name) for side in sides]
    lines = [Text(f"{'':{NAME_CELLS}} {fit(names[0], column)}   {fit(names[1], column)}".rstrip(), "bold")]
    lines += [row(label, value(compared.left), value(compared.right)) for label, value in _comparison_rows()]
    lines += [Text(), *(row(trait, *map(_trait, values)) for trait, values in compared.traits.items())]
    lines += [Text(), Text(_overlap(compared))]
    return lines


def _comparison_rows() -> list[tuple[str, Callable[[Side], str]]]:
    """The label of each row, and its text for one of the two."""

    def scored(name: str) -> Callable[[Side], str]:
        return lambda side: score(getattr(side.scores, name)).strip() if side.scores else "·"

    return [
        ("id", lambda side: side.entry.persona.persona_id),
        ("state", lambda side: str(side.entry.state)),
        ("mean reward", _mean),
        ("samples", lambda side: str(side.performance.samples)),
        ("called", lambda side: f"{side.called} of {side.judged} runs"),
        *((field.name.replace("entity_", ""), scored(field.name)) for field in fields(Scores)),
        ("cost", lambda side: figure(side.entry.persona.activation_cost)),
        ("expertise", lambda side: ", ".join(side.entry.persona.expertise)),
    ]


def _mean(side: Side) -> str:
    if not side.performance.samples:
        return "·"
    return f"{figure(side.performance.mean)} (bounds {figure(side.bounds[0])} to {figure(side.bounds[1])})"


def _trait(value: int) -> str:
    return f"{trait_bar(value)} {value}"


def _overlap(compared: Comparison) -> str:
    if compared.overlap is None:
        return f"They were not called together in any of the {compared.runs} recorded runs."
    return f"Their first five passages overlap by {compared.overlap:.2f} (Jaccard, mean of {compared.together} runs)."
