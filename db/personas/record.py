"""What the ledger and the recorded runs tell of one persona: its rewards one by one, its changes, its last runs."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Change, Edited, Feedback, Rewards, Transition
from db.personas.ledger_rules import undone
from db.runs.history import History
from db.runs.recorder import load_events
from engine.errors import StoreError, UnknownRunError
from engine.personas.metrics import PersonaPerformance
from engine.run.persona_part import RunPart, parts_in_run

MOST_POINTS, MOST_CHANGES = 1000, 200
LOOKED_THROUGH = 5  # times as many runs as are wanted, before the search for them ends


@dataclass(frozen=True, slots=True)
class Point:
    """One reward in [0, 1] that counted as `weight` samples, and the performance after it; `at` is ISO 8601, UTC."""

    at: str
    run_id: str
    reward: float
    weight: int
    after: PersonaPerformance


@dataclass(frozen=True, slots=True)
class PersonaRecord:
    """The last rewards since the persona last started afresh, and its last changes; both oldest first."""

    points: tuple[Point, ...]
    changes: tuple[Change, ...]


def read_record(ledger: Ledger, persona_id: str) -> PersonaRecord:
    """The record of one persona. The whole ledger is read, but only the end is kept of it. Raises StoreError."""
    own = [entry for entry in ledger.changes() if entry.persona_id == persona_id]
    changes, back = deque(own, MOST_CHANGES), undone(own)
    fresh = [entry for n, entry in enumerate(own) if n not in back and _is_fresh_start(entry)]
    judgements = ledger.judgements()
    points: deque[Point] = deque(maxlen=MOST_POINTS)
    performance = PersonaPerformance()
    for entry in ledger.about(persona_id):
        if isinstance(entry, Rewards | Feedback):
            replaced = isinstance(entry, Feedback) and judgements[entry.run_id][entry.citation] != entry
            if persona_id in entry.rewards and not replaced:
                reward = entry.rewards[persona_id]
                performance = performance.with_reward(reward, entry.weight)
                points.append(Point(entry.at, entry.run_id, reward, entry.weight, performance))
        elif fresh and entry == fresh[0]:
            fresh.pop(0)
            points.clear()
            performance = entry.performance if isinstance(entry, Added) else PersonaPerformance()
    return PersonaRecord(tuple(points), tuple(changes))


def _is_fresh_start(entry: Change) -> bool:
    return isinstance(entry, Added) or (isinstance(entry, Transition | Edited) and entry.afresh)


def latest_parts(
    history: History, runs: Path, persona_ids: Collection[str], limit: int = 20
) -> list[dict[str, RunPart]]:
    """The parts that the personas had in the last `limit` runs in which the gate judged one of them, newest first.

    At most `LOOKED_THROUGH` times as many runs are looked through. A run whose events are gone or damaged is left
    out. Raises StoreError if the history cannot be read.
    """
    found: list[dict[str, RunPart]] = []
    for run in history.recent(limit * LOOKED_THROUGH):
        try:
            events = load_events(runs, run.run_id)
        except (UnknownRunError, StoreError):
            continue
        if parts := parts_in_run(persona_ids, (recorded.event for recorded in events)):
            found.append(parts)
        if len(found) == limit:
            break
    return found
