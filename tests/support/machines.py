"""Workspaces of several machines that learn from one stream of rewards, by a clock that the test sets."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.personas.exchange import Exchange, Merged
from db.personas.folder_roster import FolderRoster
from db.personas.ledger_entries import time_text
from db.workspace import Workspace
from engine.errors import PersonaError
from engine.mixture.evidence import COLUMNS
from engine.mixture.question_features import FEATURES
from engine.personas.experience import MarkedRanking
from engine.personas.persona import Persona, PersonaState
from engine.personas.roster import Verdict
from engine.run.feedback import Judgement

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = ("control", "reader", "walker", "weaver")


class Clock:
    """The time in seconds since `START`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> str:
        return time_text(START + timedelta(seconds=self.seconds))


def machine(folder: Path) -> FolderRoster:
    """Make a workspace with the personas `NAMES`."""
    for state in PersonaState:
        (folder / "personas" / state).mkdir(parents=True, exist_ok=True)
    (folder / "db").mkdir()
    roster = FolderRoster(Workspace(folder))
    roster.add(Persona("control", {}, metadata={"control": True}), PersonaState.ACTIVE, decided_by="test")
    for number, name in enumerate(NAMES[1:], start=2):
        roster.add(Persona(name, {"focus": number}), PersonaState.ACTIVE, decided_by="test")
    return roster


def learn(clock: Clock, machines: Sequence[FolderRoster], questions: range, seed: int = 7) -> None:
    """Let all machines but the last learn from their share of the questions, in turns, and the last one from all.

    Besides rewards there are judgements, some of them taken back, and changes of state, each persona's on one machine.
    """
    *parts, whole = machines
    for number in questions:
        rng = random.Random(f"{seed} {number}")
        rewards = {name: round(rng.random(), 4) for name in rng.sample(NAMES, rng.randint(1, 4))}
        context = (1.0, *(round(rng.random(), 4) for _ in FEATURES[1:]))
        table = tuple(tuple(round(rng.random(), 2) for _ in COLUMNS) for _ in range(3))
        marked = MarkedRanking(table, (rng.randrange(3),))
        judgements = [
            Judgement(f"run-{number}", None, liked, rewards, context, marked if liked else None)
            for liked in (True, False)
        ]
        judgements = judgements[: rng.choice([0, 0, 1, 2])]
        verdict, name = rng.choice([Verdict.DEMOTE, Verdict.PROMOTE, Verdict.RESTORE]), NAMES[1 + number % len(parts)]
        for roster in (parts[number % len(parts)], whole):
            clock.seconds = 10.0 * number
            roster.record_rewards(f"run-{number}", rewards, context)
            for judgement in judgements:
                clock.seconds += 1
                roster.record_feedback(judgement)
            clock.seconds = 10.0 * number + 5
            with suppress(PersonaError):
                roster.change(name, verdict, rule="by hand", decided_by="test")


def merge_all(
    machines: Sequence[FolderRoster], shared: Path, order: Callable[[list[Path]], list[Path]] = list
) -> list[Merged]:
    """Export from every machine into a folder, and merge all files on each, in this order."""
    shared.mkdir(exist_ok=True)
    exported = [Exchange(roster).export(shared) for roster in machines]
    files = order([Path(file.file) for file in exported])
    return [Exchange(roster).merge(files, accept=[file.device for file in exported]) for roster in machines]
