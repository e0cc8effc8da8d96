"""What is asked of the history in one line: words, and fields such as `persona:tracker after:2026-11 is:liked`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache

from db.runs.history import Outcome, RunSummary
from engine.errors import InputError
from engine.run.feedback import Judgements
from engine.text.safe import one_line

LIKED, DISLIKED = "liked", "disliked"
KINDS = (*Outcome, LIKED, DISLIKED)
FIELDS = ("date", "after", "before", "persona", "model", "is")
NO_MODEL = "none"
DATES = "2026, 2026-11, 2026-11-30, today or yesterday"

_PART = re.compile(r'([A-Za-z]+):(?=\s|$)|(?:([A-Za-z]+):)?("[^"]*"|[^\s"]+|")')
_DATE = re.compile(r"((?:19[7-9]|2\d)\d*)(?:-(\d\d?))?(?:-(\d\d?))?")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_SECONDS = 19  # characters of `2026-11-30T12:00:00`


@dataclass(frozen=True, slots=True)
class RunQuery:
    """All of this has to hold of a run; a field with several values asks for one of them.

    `words` stand in question or answer, whatever their case and accents. `since` and `until` (not included) are
    UTC, to the second; the days that were typed are those of the reader's time zone. `text` is what was typed.
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
        given: dict[str, list[str]] = {name: [] for name in ("", *FIELDS)}
        for found in _PART.finditer(text):
            name = (found[1] or found[2] or "").lower()
            given[_field(name)].append(_value(name, found[3] or ""))
        spans = [_span(value) for value in given["date"]]
        return cls(
            words=tuple(map(folded, given[""])),
            personas=tuple(map(_either, given["persona"])),
            models=tuple(map(_either, given["model"])),
            kinds=tuple(map(_kinds, given["is"])),
            since=max((start for start, _ in (*spans, *map(_span, given["after"]))), default=""),
            until=min((*(end for _, end in spans), *(_span(day)[0] for day in given["before"])), default="~"),
            text=text.strip(),
        )

    @property
    def of_judged(self) -> bool:
        """Whether it asks what the user said of a run."""
        return any(kind in {LIKED, DISLIKED} for kinds in self.kinds for kind in kinds)

    def holds(self, run: RunSummary, judged: Mapping[str, Judgements]) -> bool:
        """Whether this is such a run; `judged` maps a run's id to the user's judgements."""
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
    """Lower case, without accents."""
    lowered = text.lower()
    return lowered if lowered.isascii() else _FOREIGN.sub(_unaccented, lowered)


def _unaccented(found: re.Match[str]) -> str:
    return _letters(found[0])


@lru_cache(maxsize=10_000)  # the same few letters come again and again, and this costs 20 us
def _letters(foreign: str) -> str:
    letters = unicodedata.normalize("NFKD", foreign.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()


def _field(name: str) -> str:
    if name and name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1, cutoff=0.0)[0]
        valid = f"did you mean {near}:? valid are {', '.join(FIELDS)}; in quotes it is looked for as it stands"
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
    for kind in (wanted := _either(value)):
        if kind not in KINDS:
            near = get_close_matches(kind, KINDS, n=1, cutoff=0.0)[0]
            hint = f"did you mean is:{near}? valid are {', '.join(KINDS)}"
            raise InputError(f"no run is {one_line(kind)!r}", hint=hint)
    return wanted


def _kinds_of(run: RunSummary, judged: Judgements) -> set[str]:
    return {str(run.outcome), *(LIKED if liked else DISLIKED for liked in judged.values())}


def _span(value: str) -> tuple[str, str]:
    """The first second of a day, month or year, and the first one after it, in UTC."""
    days = {"today": 0, "yesterday": 1}
    today = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if (name := value.lower()) in days:
        start = today - timedelta(days=days[name])
        return _utc(start), _utc(start + timedelta(days=1))
    found = _DATE.fullmatch(value)
    try:
        year, month, day = (int(part) if part else 0 for part in (found.groups() if found else ("", "", "")))
        start = datetime(year, month or 1, day or 1)  # noqa: DTZ001 - the reader's own days
        if day:
            return _utc(start), _utc(start + timedelta(days=1))
        after = datetime(year + (month in {0, 12}), month % 12 + 1 if month else 1, 1)  # noqa: DTZ001
        return _utc(start), _utc(after)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{one_line(value)!r} is no date", hint=f"valid are {DATES}") from error


def _utc(local: datetime) -> str:
    return local.astimezone(UTC).isoformat()[:_SECONDS]
