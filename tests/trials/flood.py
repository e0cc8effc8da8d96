"""The application on a run that never ends, for measuring keys under load: python -m tests.trials.flood --rate 1000.

Everything is real but the walk: events go through the run's recorder into a workspace. With `--check` the record is
read again at the end: no step may be missing in it, and every one that the screen knew must be there. Start it
through an instrument that types into a terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from engine.events import CycleStarted, GateReceipt, PersonaStepped, RunCancelled, RunStarted
from tui.app.app import PersonaMoeApp
from tui.session.runs import Runs
from tui.session.session import Session, open_session

if TYPE_CHECKING:
    from engine.events import Emit
    from engine.question.follow_up import Conversation
    from engine.run.asked_again import AskedAgain

WALKERS = tuple(f"walker-{n}" for n in range(1, 9))
BURSTS_PER_SECOND = 100


class Flood(Runs):
    """Runs in which eight personas walk without an end."""

    rate = 1000.0

    async def _run(
        self, run_id: str, question: str, conversation: Conversation | None, again: AskedAgain | None, emit: Emit
    ) -> None:
        emit(RunStarted(run_id, question, 0, 1, None))
        for name in WALKERS:
            emit(GateReceipt(name, "active", 1, 0.1, 0.5, 0.1, 0.02, 0.68, 0.0, 1.0, activated=True, reason="flood"))
        emit(CycleStarted(1, WALKERS))
        started, told = time.monotonic(), 0
        while True:
            await asyncio.sleep(1 / BURSTS_PER_SECOND)
            while told < (time.monotonic() - started) * self.rate:
                told += 1
                name, hop = WALKERS[told % len(WALKERS)], told // len(WALKERS) % 4
                title, via = f"Passage of 鐘 number {told}", f"link {told % 97}"
                emit(PersonaStepped(name, hop, "", f"p{told}", title, via, told % 100 / 100))


def main() -> int:
    """Run it until it is quit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000.0, help="events a second")
    parser.add_argument("--check", action="store_true", help="read the record at the end; exit 1 if it is not whole")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        session = open_session(Path(folder), model="none")
        session.runs = flood = Flood(
            session.workspace, lambda: session.settings,
            library=session.library, personas=session.personas, model=session.model,
            meaning=session.meaning,
        )  # fmt: skip
        flood.rate = options.rate
        app = PersonaMoeApp(session)
        app.run()
        return _checked(session, app) if options.check else 0


def _checked(session: Session, app: PersonaMoeApp) -> int:
    """1 if a step is missing in the record."""
    shown = app.ask_screen.feed.state.steps if app.ask_screen else 0
    [run] = session.runs.history.recent(1)
    events = [recorded.event for recorded in session.runs.replay(run.run_id)]
    kept = [int(event.target_id[1:]) for event in events if isinstance(event, PersonaStepped)]
    whole = kept == list(range(1, len(kept) + 1)) and len(kept) >= shown and isinstance(events[-1], RunCancelled)
    told = f"{shown} steps shown, {len(kept)} recorded, {'none' if whole else 'SOME'} missing; {run.outcome}"
    print(told)  # noqa: T201 - for who measures
    return 0 if whole else 1


if __name__ == "__main__":
    raise SystemExit(main())
