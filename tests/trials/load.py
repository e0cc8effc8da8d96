"""Let eight sessions work in one workspace at once, and look whether anything is lost: `python -m tests.trials.load`.

Each is a process that asks, judges, moves personas and ingests as fast as it can and tells what it was promised;
some are killed in the middle and replaced. In the end every promise must be kept, once, and every file be whole.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Feedback, Rewards, Transition
from db.workspace import Workspace
from engine.bench.statistics import median_and_p95
from engine.errors import InputError, LibraryError
from engine.events import RunStarted
from engine.personas.roster import Verdict
from tests.support import ROOT
from tests.trials.crash import QUESTIONS, broken_files, call, personas_in_two_places, runs_that_are_lost
from tui.session.session import Session, open_session

SESSIONS = 8
SECONDS_TO_KILL = 10.0  # one session is killed so often, and at least one
PATIENCE = 30.0  # seconds without a word from a session: a deadlock
WEIGHTS = {"ask": 60, "judge": 15, "move": 15, "ingest": 10}


@dataclass
class Promised:
    """What the sessions were told is done."""

    counts: Counter[str] = field(default_factory=Counter)
    runs: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    ask_ms: list[float] = field(default_factory=list)
    killed: int = 0
    defects: list[str] = field(default_factory=list)


# -- one session -------------------------------------------------------------------------------------------


def work(root: Path, name: str, seed: int) -> None:
    """Work until killed or told to end by the end of stdin; a line of JSON for each thing that was promised."""
    chance, session = random.Random(f"{seed}-{name}"), open_session(root, model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    mine: list[str] = []
    number = 0
    while not ended.is_set():
        number += 1
        (doing,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        started = time.perf_counter()
        try:
            told = {"ask": _ask, "judge": _judge, "move": _move, "ingest": _ingest}[doing](
                session, chance, mine, f"{name}-{number}"
            )
        except InputError as error:  # another session was faster, or it was judged so already
            doing, told = "refused", str(error)
        except LibraryError as error:
            if "another session" not in str(error):
                raise
            doing, told = "refused", str(error)
        print(json.dumps({"did": doing, "told": told, "ms": 1000 * (time.perf_counter() - started)}), flush=True)  # noqa: T201 - to the parent


def _ask(session: Session, chance: random.Random, mine: list[str], _name: str) -> str:
    async def ask() -> str:
        async with aclosing(session.runs.ask(chance.choice(QUESTIONS))) as stream:
            started = [recorded.event async for recorded in stream if isinstance(recorded.event, RunStarted)]
        return started[0].run_id

    mine.append(asyncio.run(ask()))
    return mine[-1]


def _judge(session: Session, chance: random.Random, mine: list[str], name: str) -> str:
    run_id = chance.choice(mine) if mine else _ask(session, chance, mine, name)
    session.runs.judge(run_id, liked=chance.random() < 0.5)
    return run_id


def _move(session: Session, chance: random.Random, _mine: list[str], _name: str) -> str:
    entries = [entry for entry in session.personas.roster.entries() if not entry.persona.is_control]
    verdict = chance.choice((Verdict.PROMOTE, Verdict.DEMOTE, Verdict.PRUNE, Verdict.RESTORE))
    persona_id = chance.choice(entries).persona.persona_id
    moved = session.personas.roster.change(persona_id, verdict, rule="manual", decided_by="load")
    return f"{moved.persona_id} {moved.before} {moved.after}"


def _ingest(session: Session, _chance: random.Random, _mine: list[str], name: str) -> str:
    path = session.workspace.root.parent / "documents" / f"{name}.md"
    path.write_text(f"# {name}\n\nOda Marr keeps the lamp of Vell, says {name}.\n", encoding="utf-8")
    session.library.ingest([path], lambda _done, _total, _path: None, threading.Event())
    return str(path)


# -- all of them -------------------------------------------------------------------------------------------


class _Sessions:
    """The processes, and what each of them was promised."""

    def __init__(self, root: Path, seed: int) -> None:
        self._root, self._seed, self._number = root, seed, 0
        self.promised = Promised()
        self._readers: list[threading.Thread] = []
        self.running: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        self._number += 1
        command = [
            sys.executable,
            "-m",
            "tests.trials.load",
            "--worker",
            str(self._root),
            f"s{self._number}",
            "--seed",
            str(self._seed),
        ]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            encoding="utf-8",
        )  # fmt: skip
        self.running.append(process)
        self._readers.append(threading.Thread(target=self._read, args=(process,)))
        self._readers[-1].start()

    def kill_one(self, chance: random.Random) -> None:
        process = chance.choice(self.running)
        self.running.remove(process)
        process.kill()
        self.promised.killed += 1
        self.start()

    def end(self) -> None:
        for process in self.running:
            assert process.stdin is not None
            process.stdin.close()
        for process in self.running:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                self.promised.defects.append(f"a session said nothing for {PATIENCE:.0f} s")
        for reader in self._readers:
            reader.join()

    def _read(self, process: subprocess.Popen[str]) -> None:
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                with self._lock:
                    self._note(json.loads(line))
            said = process.stderr.read()
        with self._lock:
            if process.returncode > 0 or "Traceback" in said:
                self.promised.defects.append(f"a session ended: {said.strip().splitlines()[-1:]}")

    def _note(self, line: dict[str, str | float]) -> None:
        did, told = str(line["did"]), str(line["told"])
        self.promised.counts[did] += 1
        if did == "ask":
            self.promised.runs.append(told)
            self.promised.ask_ms.append(float(line["ms"]))
        elif did == "ingest":
            self.promised.files.add(told)


def run(folder: Path, seconds: float, seed: int, sessions: int = SESSIONS, fewest_asks: int = 0) -> Promised:
    """Let so many sessions work for so many seconds, and until so many questions were answered, below `folder`.

    Returns what they were promised, and every defect.
    """
    (folder / "documents").mkdir()
    first = folder / "documents" / "first.md"
    first.write_text("# First\n\nOda Marr keeps the lamp of Vell. Tam Rook taught Oda Marr.\n", encoding="utf-8")
    root, chance = folder / "workspace", random.Random(seed)
    code, _, err = call(root, "ingest", first)
    assert code == 0, err
    known = {path.stem for path in (root / "personas").glob("*/*.json")}
    running = _Sessions(root, seed)
    for _ in range(sessions):
        running.start()
    started, kills = time.monotonic(), max(1, round(seconds / SECONDS_TO_KILL))
    for number in range(kills):
        time.sleep(max(0.0, started + seconds * (number + chance.uniform(0.4, 0.9)) / kills - time.monotonic()))
        running.kill_one(chance)
    time.sleep(max(0.0, started + seconds - time.monotonic()))
    while running.promised.counts["ask"] < fewest_asks and time.monotonic() < started + seconds + PATIENCE * 10:
        time.sleep(0.05)  # on a busy machine the sessions may only have started yet
    running.end()
    promised = running.promised
    promised.defects += looked(root, promised, known)
    return promised


def looked(root: Path, promised: Promised, known: set[str]) -> Iterator[str]:
    """Every promise that was not kept, and every file that is not whole."""
    yield from broken_files(root)
    started = time.monotonic()
    code, out, err = call(root, "history", "list", "--json", "--limit", 1_000_000)
    listed = Counter(run["run_id"] for run in json.loads(out or "[]"))
    outcomes = {run["run_id"]: run["outcome"] for run in json.loads(out or "[]")}
    yield from (f"run {run_id} is lost" for run_id in promised.runs if run_id not in listed)
    yield from (f"run {run_id} is listed {times} times" for run_id, times in listed.items() if times > 1)
    code, out, err = call(root, "personas", "ledger", "--verify")
    if code:
        yield f"ledger and folders: {out or err}"
    yield from personas_in_two_places(root, known)
    yield from runs_that_are_lost(root, outcomes)
    yield from _lost_in_ledger(Ledger(Workspace(root).ledger), promised)
    yield from _lost_in_library(root, promised)
    if (waited := time.monotonic() - started) > PATIENCE:
        yield f"the next starts took {waited:.0f} s: a lock is stale"


def _lost_in_ledger(ledger: Ledger, promised: Promised) -> Iterator[str]:
    entries = list(ledger.entries())
    paid = {entry.run_id for entry in entries if isinstance(entry, Rewards)}
    yield from (f"run {run_id} was not paid" for run_id in promised.runs if run_id not in paid)
    unheard = promised.killed  # each may have been killed between what it did and what it would have said
    for did, kind in (("judge", Feedback), ("move", Transition)):
        count = sum(isinstance(e, kind) and getattr(e, "decided_by", "load") == "load" for e in entries)
        if not promised.counts[did] <= count <= promised.counts[did] + unheard:
            yield f"{promised.counts[did]} times {did} was promised, the ledger has {count}"


def _lost_in_library(root: Path, promised: Promised) -> Iterator[str]:
    library = open_session(root, model="none").library.documents
    held = {file for file in promised.files if library.count(file)[1] == 1}
    yield from (f"{file} was ingested and is not in the library" for file in sorted(promised.files - held))
    if (found := len(library.retriever())) < len(promised.files) + 1:
        yield f"{len(promised.files) + 1} passages were ingested, {found} can be found"
    code, _, err = call(root, "ingest", root.parent / "documents")
    if code:
        yield f"the next ingest: {err}"


def report(promised: Promised, seconds: float) -> str:
    """What was done in figures."""
    did = ", ".join(f"{count} x {name}" for name, count in sorted(promised.counts.items()))
    p50, p95 = median_and_p95(promised.ask_ms)
    return (
        f"{SESSIONS} sessions, {seconds:g} s: {did}; {promised.killed} killed and replaced; "
        f"ask p50 {p50:.0f} ms, p95 {p95:.0f} ms; {len(promised.defects)} defects"
    )


def _run() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", nargs=2, metavar=("ROOT", "NAME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(Path(options.worker[0]), options.worker[1], options.seed)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        promised = run(Path(folder), options.seconds, options.seed)
    print(report(promised, options.seconds), *promised.defects, sep="\n")  # noqa: T201 - the command's own output
    return 1 if promised.defects else 0


if __name__ == "__main__":
    sys.exit(_run())
