"""Search queries for the history: words, and fields such as `persona:tracker after:2026-11 is:liked`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache

from db.runs.summary import RunSummary
from engine.errors import InputError
from engine.run.state import Judgements, Outcome
from engine.text.safe import one_line

LIKED, DISLIKED = "liked", "disliked"
KINDS = (*Outcome, LIKED, DISLIKED)
FIELDS = ("date", "after", "before", "persona", "model", "is")
NO_MODEL = "none"
OLD_KINDS = {
    "abstained": (Outcome.UNANSWERED,),
    "no answer": (Outcome.UNANSWERED,),
    "done": (Outcome.ANSWERED, Outcome.UNANSWERED),
}
"""Words that version 0.1 had for an outcome."""

DATES = "2026, 2026-11, 2026-11-30, today or yesterday"

_PART = re.compile(r'([A-Za-z]+):(?=\s|$)|(?:([A-Za-z]+):)?("[^"]*"|[^\s"]+|")')
_DATE = re.compile(r"((?:19[7-9]|2\d)\d*)(?:-(\d\d?))?(?:-(\d\d?))?")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_SECONDS = 19  # characters of `2026-11-30T12:00:00`


@dataclass(frozen=True, slots=True)
class RunQuery:
    """A run matches if all conditions hold; of a field with several values one has to hold.

    `words` are looked for in question and answer, without case and accents. `since` and `until` (excluded) are UTC, to
    the second; the days in the `text` that was typed are days of the user's time zone.
    """

    words: tuple[str, ...] = ()
    personas: tuple[tuple[str, ...], ...] = ()
    models: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[tuple[str, ...], ...] = ()
    since: str = ""
    until: str = "~"
    text: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> "RunQuery":
        """Read a line such as `pump "net strike" is:failed,cancelled`; raises InputError with what is valid."""
        values: dict[str, list[str]] = {name: [] for name in ("", *FIELDS)}
        for part in _PART.finditer(text):
            name = (part[1] or part[2] or "").lower()
            values[_field(name)].append(_value(name, part[3] or ""))
        spans = [_span(value) for value in values["date"]]
        return cls(
            words=tuple(map(folded, values[""])),
            personas=tuple(map(_either, values["persona"])),
            models=tuple(map(_either, values["model"])),
            kinds=tuple(map(_kinds, values["is"])),
            since=max((start for start, _ in (*spans, *map(_span, values["after"]))), default=""),
            until=min((*(end for _, end in spans), *(_span(day)[0] for day in values["before"])), default="~"),
            text=text.strip(),
        )

    @property
    def needs_judgements(self) -> bool:
        """Whether a condition is about the user's judgements."""
        return any(kind in {LIKED, DISLIKED} for kinds in self.kinds for kind in kinds)

    def matches(self, run: RunSummary, judged: Mapping[str, Judgements]) -> bool:
        """Whether all conditions hold for a run; `judged` maps a run's id to the user's judgements."""
        if not self.since <= run.at[:_SECONDS] < self.until:
            return False
        if self.kinds and not all(map(_kinds_of(run, judged.get(run.run_id, {})).intersection, self.kinds)):
            return False
        model = run.model.lower()
        if not all(_is_one_of(model, either) if model else NO_MODEL in either for either in self.models):
            return False
        if not all(_is_one_of(" ".join((run.top_persona, *run.personas)).lower(), names) for names in self.personas):
            return False
        text = folded(f"{run.question} {run.answer}") if self.words else ""
        return all(word in text for word in self.words)


def folded(text: str) -> str:
    """Write a text in lower case, without accents."""
    lowered = text.lower()
    return lowered if lowered.isascii() else _FOREIGN.sub(_unaccented, lowered)


def _unaccented(match: re.Match[str]) -> str:
    return _letters(match[0])


@lru_cache(maxsize=10_000)  # a text has few different letters, and each costs 20 us
def _letters(foreign: str) -> str:
    letters = unicodedata.normalize("NFKD", foreign.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def _field(name: str) -> str:
    if name and name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1, cutoff=0.0)[0]
        valid = f"did you mean {near}:? valid are {', '.join(FIELDS)}; in quotes it is taken as words"
        raise InputError(f"there is no field {name}:", hint=valid)
    return name


def _value(name: str, value: str) -> str:
    if value == '"':
        raise InputError("a quotation mark is not closed", hint='"net strike" finds the two words side by side')
    if not value.strip('" ,'):
        if name:
            raise InputError(f"{name}: needs a value", hint=f"such as {_EXAMPLES[name]}")
        return ""
    return value.strip('"')


_EXAMPLES = {
    "date": "date:2026-11", "after": "after:2026-11-30", "before": "before:2026", "persona": "persona:tracker",
    "model": f"model:qwen3, or model:{NO_MODEL}", "is": f"is:{KINDS[0]}",
}  # fmt: skip


def _either(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.lower().split(",") if part)


def _is_one_of(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


def _kinds(value: str) -> tuple[str, ...]:
    kinds = [kind for part in _either(value) for kind in OLD_KINDS.get(part, (part,))]
    for kind in kinds:
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1, cutoff=0.0)[0]
            hint = f"did you mean is:{near}? valid are {', '.join(KINDS)}"
            raise InputError(f"no run is {one_line(kind)!r}", hint=hint)
    return tuple(kinds)


def _kinds_of(run: RunSummary, judged: Judgements) -> set[str]:
    return {str(run.outcome), *(LIKED if liked else DISLIKED for liked in judged.values())}


def _span(value: str) -> tuple[str, str]:
    """Return the first second of a day, month or year, and the first second after it, in UTC."""
    days = {"today": 0, "yesterday": 1}
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if (name := value.lower()) in days:
        start = today - timedelta(days=days[name])
        return _utc(start), _utc(start + timedelta(days=1))
    date = _DATE.fullmatch(value)
    try:
        year, month, day = (int(part) if part else 0 for part in (date.groups() if date else ("", "", "")))
        start = datetime(year, month or 1, day or 1)  # noqa: DTZ001 - days of the user's time zone
        if day:
            return _utc(start), _utc(start + timedelta(days=1))
        end = datetime(year + (month in {0, 12}), month % 12 + 1 if month else 1, 1)  # noqa: DTZ001
        return _utc(start), _utc(end)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{one_line(value)!r} is no date", hint=f"valid are {DATES}") from error


def _utc(local: datetime) -> str:
    return local.astimezone(UTC).isoformat()[:_SECONDS]
