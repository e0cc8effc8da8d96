"""What a long history costs: `python -m tests.trials.growth --runs 100 10000 100000`.

Fills a workspace with so many runs (events and graph of a real one under other ids, a line of the history and of the
ledger for each, a judgement for every tenth) and prints the median of each thing that a user waits for.
"""

import argparse
import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import msgspec

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Feedback, Rewards
from db.runs.history import RUNS_PER_FILE, new_run_id
from db.runs.query import RunQuery
from db.runs.recorder import RunRecorder, load_events
from db.runs.summary import RunSummary
from engine.atomic_files import sweep, write_atomically
from engine.events import RecordedEvent
from tui.session.prometheus_text import metrics_text
from tui.session.session import Session, open_session

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"
JUDGED = 10  # every tenth run
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


def opened(root: Path) -> Session:
    """A session as a new process has it."""
    sweep.cache_clear()
    session = open_session(root, model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    return session


def asked(session: Session) -> list[RecordedEvent]:
    """The events of one run."""

    async def ask() -> list[RecordedEvent]:
        async with aclosing(session.runs.ask(QUESTION)) as stream:
            return [recorded async for recorded in stream]

    return asyncio.run(ask())


def fill(root: Path, runs: int) -> None:
    """Put `runs` runs into the workspace, each like one that is really asked first."""
    session = opened(root)
    asked(session)
    workspace, (like,) = session.workspace, session.runs.history.recent(1)
    files = [
        (path.name.removeprefix(like.run_id), path.read_bytes()) for path in workspace.runs.glob(f"{like.run_id}*")
    ]
    paid = next(entry for entry in Ledger(workspace.ledger).entries() if isinstance(entry, Rewards))
    with workspace.ledger.open("ab") as ledger:
        for first in range(0, runs, RUNS_PER_FILE):
            listed = {n + 1: _like(like, n) for n in range(first, min(first + RUNS_PER_FILE, runs))}
            _list(workspace.history / f"runs-{first // RUNS_PER_FILE + 1:06}.json", listed)
            for number, run in listed.items():
                for suffix, content in files:
                    (workspace.runs / f"{run.run_id}{suffix}").write_bytes(content)
                lines: list[Rewards | Feedback] = [Rewards(run.at, run.run_id, paid.rewards, paid.context)]
                if number % JUDGED == 0:
                    lines.append(Feedback(run.at, run.run_id, None, True, paid.rewards, paid.context))
                ledger.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
    Ledger(workspace.ledger).reseal()
    session.personas.roster.repair()


def _like(run: RunSummary, number: int) -> RunSummary:
    at = FIRST + timedelta(minutes=number)
    return replace(run, run_id=f"{at:%Y%m%d-%H%M%S%f}-{number % 65536:04x}", at=at.isoformat())


def _list(path: Path, runs: dict[int, RunSummary]) -> None:
    write_atomically(path, msgspec.json.encode({"_default": {str(n): run for n, run in runs.items()}}))


def things(root: Path, times: int) -> dict[str, Callable[[], object]]:
    """What is measured in a workspace; what is said to be the first is done by a session of its own."""
    session = opened(root)
    events, history = asked(session), session.runs.history
    like = history.recent(1)[0]
    oldest = _like(like, 0).run_id
    unjudged = iter([history.recent(1)[0].run_id for _ in range(times) if asked(session)])

    def save() -> None:
        run_id = new_run_id()
        with RunRecorder(session.workspace.runs, run_id, QUESTION) as recorder:
            for event in events:
                recorder.append(event)
            recorder.close()
            history.add(replace(like, run_id=run_id))

    def metrics() -> None:
        metrics_text(session.health.metrics())

    def found(words: str) -> list[RunSummary]:
        query = RunQuery.parse(words)
        return history.search(lambda run: query.matches(run, {}))

    def first(look: Callable[[Session], object]) -> Callable[[], object]:
        return lambda: look(opened(root))

    return {
        "save a run": save,
        "ask": lambda: asked(session),
        "judge an answer": lambda: session.runs.judge(next(unjudged), liked=True),
        "first: open the library": lambda: opened(root),
        "first: ask": first(asked),
        "first: page of the history": first(lambda new: (new.runs.history.recent(50), new.runs.judgements())),
        "next page of the history": lambda: (history.recent(50, 50), session.runs.judgements()),
        "find words in a new run": lambda: found("lighthouse"),
        "find words in no run": lambda: found("nowhere to be found"),
        "find the oldest by its id": lambda: history.find(oldest),
        "replay the oldest": lambda: load_events(session.workspace.runs, oldest),
        "count": first(lambda new: new.runs.history.count()),
        "metrics": metrics,
        "verify the ledger": session.personas.roster.verify,
    }


def measured(roots: dict[int, Path], times: int) -> dict[str, dict[int, float]]:
    """The median milliseconds of each thing by the number of runs; the sizes take turns, for machines waver."""
    by_size = {runs: things(root, times) for runs, root in roots.items()}
    spent: dict[str, dict[int, list[float]]] = {}
    for name in next(iter(by_size.values())):
        for _, (runs, what) in product(range(times), by_size.items()):
            started = time.perf_counter()
            what[name]()
            spent.setdefault(name, {}).setdefault(runs, []).append(1000 * (time.perf_counter() - started))
    return {name: {runs: statistics.median(each) for runs, each in sizes.items()} for name, sizes in spent.items()}


def table(medians: dict[str, dict[int, float]]) -> str:
    """Each thing in a line: milliseconds at each number of runs, and the last beside the first."""
    sizes = list(next(iter(medians.values())))
    rows = [f"{'median ms at so many runs':<28}" + "".join(f"{size:>10}" for size in sizes) + f"{'ratio':>8}"]
    for name, figures in medians.items():
        shown = "".join(f"{figures[size]:>10.2f}" for size in sizes)
        rows.append(f"{name:<28}{shown}{figures[sizes[-1]] / figures[sizes[0]]:>8.2f}")
    return "\n".join(rows)


def _run() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        roots = {runs: Path(folder, str(runs)) for runs in options.runs}
        for runs, root in roots.items():
            fill(root, runs)
        print(table(measured(roots, options.times)))  # noqa: T201 - the command's own output


if __name__ == "__main__":
    _run()
