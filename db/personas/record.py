"""The record of one persona: its rewards one by one and its changes from the ledger, its part in the last runs."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Added, Change, Edited, Feedback, Rewards, Transition
from db.personas.undo import undone
from db.runs.history import History
from db.runs.recorder import load_events
from engine.errors import StoreError, UnknownRunError
from engine.personas.metrics import PersonaPerformance
from engine.run.persona_part import RunPart, parts_in_run
from engine.run.state import RunState

MOST_POINTS, MOST_CHANGES = 1000, 200
MOST_READ = 5  # runs that are read for each one that is asked for


class Point(msgspec.Struct, frozen=True, rename={"performance": "after"}):
    """One reward in [0, 1] that counted as `weight` samples, and the performance after it; `at` is ISO 8601, UTC."""

    at: str
    run_id: str
    reward: float
    weight: int
    performance: PersonaPerformance


@dataclass(frozen=True, slots=True)
class PersonaRecord:
    """The last rewards since the persona last started afresh, and its last changes; both oldest first."""

    points: tuple[Point, ...]
    changes: tuple[Change, ...]


def read_record(ledger: Ledger, persona_id: str) -> PersonaRecord:
    """The record of one persona: its last rewards and changes. Reads the whole ledger. Raises StoreError."""
    own = [entry for entry in ledger.changes() if entry.persona_id == persona_id]
    changes, reverted = deque(own, MOST_CHANGES), undone(own)
    in_force = [entry for n, entry in enumerate(own) if n not in reverted]
    fresh = [entry for entry in in_force if _is_fresh_start(entry)]
    moves = [entry for entry in in_force if isinstance(entry, Transition) and not entry.afresh]
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
        elif moves and entry == moves[0]:
            moves.pop(0)
            performance = performance.moved()
    return PersonaRecord(tuple(points), tuple(changes))


def _is_fresh_start(entry: Change) -> bool:
    return isinstance(entry, Added) or (isinstance(entry, Transition | Edited) and entry.afresh)


def latest_parts(
    history: History, runs: Path, persona_ids: Collection[str], limit: int = 20
) -> list[dict[str, RunPart]]:
    """The parts of the personas in the last `limit` runs in which the gate judged one of them, newest first.

    At most `MOST_READ` times as many runs are read. A run with missing or damaged events is skipped. Raises
    StoreError if the history cannot be read.
    """
    parts_of_runs: list[dict[str, RunPart]] = []
    for run in history.recent(limit * MOST_READ):
        try:
            state = RunState.of(load_events(runs, run.run_id))
        except (UnknownRunError, StoreError):
            continue
        if parts := parts_in_run(persona_ids, state):
            parts_of_runs.append(parts)
        if len(parts_of_runs) == limit:
            break
    return parts_of_runs
