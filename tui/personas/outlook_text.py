"""What a persona's state rests on, in a line that is drawn and a few that are written."""

from engine.personas.outlook import Condition, Outlook
from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import Verdict
from tui.drawing.cells import score
from tui.drawing.marks import BETWEEN_BOUNDS, LINE, MEAN

MARKS = {"x": "prune below", "d": "demote below", "p": "promote above"}
_BECOMES = {Verdict.KEEP: "stays", Verdict.PROMOTE: "rises", Verdict.DEMOTE: "falls", Verdict.PRUNE: "is archived"}


def figure(value: float) -> str:
    """A value in [0, 1] in as few signs as may be: `.71`, `1.0`."""
    return score(value).strip()


def threshold_marks(outlook: Outlook) -> dict[str, float]:
    """The letter of each threshold on the line, and its value now."""
    now = outlook.thresholds
    return dict(zip(MARKS, (now.pruning_threshold, now.demotion_threshold, now.promotion_threshold), strict=True))


def scale_line(outlook: Outlook, width: int) -> str:
    """The range from 0 to 1 in `width` cells: `[` and `]` the bounds, a dot the mean, a letter each threshold."""
    cells = max(width - 4, 10)

    def at(value: float) -> int:
        return min(cells - 1, max(0, round(value * (cells - 1))))

    first, last = at(outlook.low), at(outlook.high)
    signs = [BETWEEN_BOUNDS if first < n < last else LINE for n in range(cells)]
    signs[first], signs[last] = "[", "]"
    for letter, value in threshold_marks(outlook).items():
        signs[at(value)] = letter
    if outlook.performance.samples:
        signs[at(outlook.performance.mean)] = MEAN
    return f"0 {''.join(signs)} 1"


def outlook_lines(entry: RosterEntry, outlook: Outlook) -> list[str]:
    """Record and bounds, the thresholds now, and what has to happen for the persona to move."""
    earned, now = outlook.performance, outlook.thresholds
    record = f"mean {figure(earned.mean)} in [{figure(outlook.low)}, {figure(outlook.high)}]" if earned.samples else ""
    head = f"{earned.samples} of at least {now.minimum_samples} samples" + (f" · {record}" if record else "")
    marks = " · ".join(f"{letter} {MARKS[letter]} {figure(v)}" for letter, v in threshold_marks(outlook).items())
    following = " (they follow the roster)" if now.follow_distribution else ""
    return [head, f"{marks}{following}", *_next(entry, outlook)]


def _next(entry: RosterEntry, outlook: Outlook) -> list[str]:
    if entry.persona.is_control:
        return ["next review: stays, for no review moves the control"]
    if entry.state is PersonaState.PRUNED:
        return ["next review: none, it is archived; restored, it starts afresh"]
    if outlook.missing:
        first = f"next review: stays, for {outlook.missing} samples are missing"
    else:
        first = f"next review: {_BECOMES[outlook.verdict]}, by {outlook.rule}"
    return [first, *(_condition(condition) for condition in outlook.conditions)]


def _condition(condition: Condition) -> str:
    rises = condition.verdict is Verdict.PROMOTE
    passes = "passes" if rises else "is below"
    far = f"{figure(condition.distance)} away" if condition.distance > 0 else "it does"
    ahead = f"{condition.rewards} rewards of {int(rises)} would do"
    if not condition.rewards:
        ahead = "it is due" if condition.rewards == 0 else "over 500 rewards off"
    bound = f"the {condition.bound} bound {figure(condition.value)}"
    return f"{_BECOMES[condition.verdict]} when {bound} {passes} {figure(condition.threshold)} ({far}): {ahead}"
