"""The card of a persona: its description, its traits, and when its state will change, as lines of text."""

from collections.abc import Sequence

from rich.text import Text

from engine.personas.outlook import Condition, Outlook
from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import Verdict
from engine.personas.traits import TRAITS
from engine.text.safe import printable
from tui.drawing.cells import bar, counted, fit, plain, score
from tui.drawing.marks import BETWEEN_BOUNDS, LINE, MEAN

HIGHEST_TRAIT, TRAIT_CELLS, WIDEST_SCALE, MOST_RELATIVES = 9, 14, 72, 8
THRESHOLDS = {"x": "prune below", "d": "demote below", "p": "promote above"}
_VERDICTS = {Verdict.PROMOTE: "promoted", Verdict.DEMOTE: "demoted", Verdict.PRUNE: "pruned"}
_RULES = {"distribution": "thresholds relative to the roster", "trial of a child": "compared with its parents"}


def family_of(entry: RosterEntry, entries: Sequence[RosterEntry]) -> tuple[list[str], list[str]]:
    """The ids of its parents, which may not exist any more, and of its children."""
    persona_id = entry.persona.persona_id
    children = [other.persona.persona_id for other in entries if persona_id in other.persona.parents]
    return list(entry.persona.parents), children


def card_lines(entry: RosterEntry, entries: Sequence[RosterEntry], outlook: Outlook, width: int) -> list[Text]:
    """Name and state, the scale, samples and thresholds, the next review, description, traits, expertise, family."""
    persona = entry.persona
    control = ", the neutral control" if persona.is_control else ""
    heading = Text.assemble((plain(persona.name), "bold"), (f"  {persona.persona_id} · {entry.state}{control}", "dim"))
    record, thresholds, *review = outlook_lines(entry, outlook)
    lines = [heading, Text(scale_line(outlook, min(width, WIDEST_SCALE)), "cyan")]
    lines += [Text(record), Text(thresholds, "dim"), *map(Text, review)]
    if description := printable(str(persona.metadata.get("description", ""))).strip():
        lines += [Text(), Text(description)]
    lines += [Text(), *(_trait_line(trait, value) for trait, value in persona.traits.items())]
    if not persona.traits:
        lines.append(Text("no traits: it walks with the middle value of each", "dim"))
    if persona.expertise:
        lines.append(Text(f"expertise: {', '.join(map(plain, persona.expertise))}", "dim"))
    for label, relatives in zip(("child of", "children:"), family_of(entry, entries), strict=True):
        if relatives:
            more = f" and {len(relatives) - MOST_RELATIVES} more" if len(relatives) > MOST_RELATIVES else ""
            lines.append(Text(f"{label} {', '.join(relatives[:MOST_RELATIVES])}{more} (t goes there)", "dim"))
    return lines


def trait_bar(value: int) -> str:
    """The value of a trait, 1 to 9, as a bar of nine cells."""
    return bar(value, full=HIGHEST_TRAIT, width=HIGHEST_TRAIT)


def _trait_line(trait: str, value: int) -> Text:
    meaning = TRAITS[trait].meaning if trait in TRAITS else "style of writing"
    return Text.assemble(f"{fit(trait, TRAIT_CELLS)} ", (trait_bar(value), "cyan"), f" {value}  ", (meaning, "dim"))


def figure(value: float) -> str:
    """A value in [0, 1] in as few characters as possible: `.71`, `1.0`."""
    return score(value).strip()


def threshold_marks(outlook: Outlook) -> dict[str, float]:
    """The current value of each threshold, by its letter on the scale."""
    current = outlook.thresholds
    values = current.pruning_threshold, current.demotion_threshold, current.promotion_threshold
    return dict(zip(THRESHOLDS, values, strict=True))


def scale_line(outlook: Outlook, width: int) -> str:
    """The range from 0 to 1 in `width` cells: `[` and `]` the bounds, a dot the mean, a letter each threshold."""
    cells = max(width - 4, 10)

    def cell_of(value: float) -> int:
        return min(cells - 1, max(0, round(value * (cells - 1))))

    first, last = cell_of(outlook.low), cell_of(outlook.high)
    signs = [BETWEEN_BOUNDS if first < n < last else LINE for n in range(cells)]
    signs[first], signs[last] = "[", "]"
    for letter, value in threshold_marks(outlook).items():
        signs[cell_of(value)] = letter
    if outlook.performance.samples:
        signs[cell_of(outlook.performance.mean)] = MEAN
    return f"0 {''.join(signs)} 1"


def outlook_lines(entry: RosterEntry, outlook: Outlook) -> list[str]:
    """Samples and mean, the current thresholds, the next review, and what would change the persona's state."""
    performance, current = outlook.performance, outlook.thresholds
    needed = f" (a review needs {current.minimum_samples})" if outlook.missing else ""
    record = f"{counted(performance.samples, 'sample')}{needed}"
    if performance.samples:
        record += f" · {mean_words(performance.mean, outlook.low, outlook.high)}"
    marks = " · ".join(f"{letter} {THRESHOLDS[letter]} {figure(v)}" for letter, v in threshold_marks(outlook).items())
    relative = " (relative to the roster)" if current.follow_distribution else ""
    return [record, f"{marks}{relative}", *_review_lines(entry, outlook)]


def mean_words(mean: float, low: float, high: float) -> str:
    """A mean reward with its confidence bounds."""
    return f"mean {figure(mean)}, bounds {figure(low)} to {figure(high)}"


def _review_lines(entry: RosterEntry, outlook: Outlook) -> list[str]:
    if entry.persona.is_control:
        return ["Next review: no change. Reviews never move the control."]
    if entry.state is PersonaState.PRUNED:
        return ["Next review: none, because it is pruned. Restoring it starts a new record."]
    if outlook.missing:
        review = f"Next review: no change. It needs {counted(outlook.missing, 'more sample')}."
    elif outlook.verdict is Verdict.KEEP:
        review = "Next review: no change."
    else:
        rule = f" ({_RULES[outlook.rule]})" if outlook.rule in _RULES else ""
        review = f"Next review: it will be {_VERDICTS[outlook.verdict]}{rule}."
    return [review, *(_condition_line(condition) for condition in outlook.conditions)]


def _condition_line(condition: Condition) -> str:
    rises = condition.verdict is Verdict.PROMOTE
    if condition.rewards is None:
        rewards = "over 500 rewards away"
    elif condition.rewards == 0:
        rewards = "true now"
    else:
        rewards = f"{counted(condition.rewards, 'more reward')} of {int(rises)}"
    bound = f"{condition.bound} bound (now {figure(condition.value)})"
    threshold = f"{'above' if rises else 'below'} {figure(condition.threshold)}"
    return f"{_VERDICTS[condition.verdict].capitalize()} once its {bound} is {threshold} ({rewards})."
