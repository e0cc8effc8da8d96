"""Kill the program at random moments, and look whether anything is lost: `python -m tests.trials.crash --trials N`.

Each trial runs one real command in a process of its own, sends it SIGKILL at a moment drawn over its usual
duration (every other one over the part of it in which files change), starts again, and checks every file.
"""

import argparse
import contextlib
import gzip
import io
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from db.personas.ledger import Ledger
from db.personas.ledger_entries import Feedback, Rewards
from db.runs.recorder import load_events
from db.workspace import Workspace
from engine.events import RunFinished
from engine.personas.persona import PersonaState
from tests.support import ROOT
from tui.command_line import main

QUESTIONS = ("Who keeps the lamp of Vell?", "Who taught Oda Marr?", "Where was Tam Rook born?")
ANEW = 40  # trials in one workspace

PROMPT_SECONDS = 10.0  # a start that takes longer waits for a lock


@dataclass
class Tally:
    """What became of the trials of one command."""

    trials: int = 0
    stopped: int = 0
    recovered: int = 0
    defects: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Struck:
    """What befell one command, whether it came to its end all the same, what it printed, and what was wrong with it."""

    how: str
    ended: bool
    printed: str
    defects: tuple[str, ...] = ()


def call(root: Path, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that nobody kills, here in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*map(str, arguments), "--workspace", str(root)])
    return code, out.getvalue(), err.getvalue()


class Trials:
    """The trials of one seed, in workspaces below `folder`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self._place, self._number = folder, 0  # where the workspaces stand
        self._documents = folder / "documents"
        self._documents.mkdir()
        for number in range(8):
            self._write_document(number)
        self._template = folder / "template"
        self._must("ingest", self._documents, root=self._template)
        for question in QUESTIONS:
            self._must("ask", question, "--model", "none", "--json", root=self._template)
        self._root = self._template
        self._commands: dict[str, Callable[[], list[object]]] = {
            "ingest": self._ingest, "remove": self._remove, "ask": self._ask, "promote": self._promote,
            "prune": self._prune, "restore": self._restore, "new": self._new, "new from": self._new_from,
            "edit": self._edit, "feedback": self._feedback, "breed": self._breed, "export": self._export,
            "undo": self._undo, "delete": self._delete, "undelete": self._undelete, "first start": self._first_start,
        }  # fmt: skip
        self._usual: dict[str, tuple[float, float, float]] = {}  # duration, first and last change of a file
        self.tallies = {name: Tally() for name in self._commands}

    def run(self, trials: int, seconds: float = float("inf"), only: Sequence[str] = ()) -> None:
        """One command (of `only`) after the other, until there were so many trials or the time is over."""
        until = time.monotonic() + seconds
        names = list(only or self._commands)
        for number in range(trials):
            if time.monotonic() > until:
                break
            if number % ANEW == 0:
                self._new_workspace()
            self._trial(names[number % len(names)])

    def _trial(self, name: str) -> None:
        tally = self.tallies[name]
        root = self._fresh if name == "first start" else self._root
        struck = self._struck(name, root, tally.trials)
        tally.trials += 1
        tally.stopped += not struck.ended
        told, defects = self._looked(root, name, struck.printed if struck.ended else "")
        tally.recovered += bool(told)
        tally.defects += [f"{name}, {struck.how}: {defect}" for defect in [*struck.defects, *defects]]
        if defects:
            self._new_workspace()

    def _struck(self, name: str, root: Path, number: int) -> Struck:
        """Run a command and kill it at some moment, every other one while its files change."""
        if name not in self._usual:
            self._usual[name] = self._measure(self._arguments(name), root)
        duration, first, last = self._usual[name]
        if number % 2:
            moment = self._random.uniform(first - 0.02, 1.15 * last + 0.02)
        else:
            moment = self._random.uniform(0, 1.1 * duration)
        ended, printed = _killed_after(moment, self._arguments(name), root)
        return Struck(f"killed after {moment:.3f} s", ended, printed)

    def _arguments(self, name: str) -> list[object]:
        if name == "first start":
            shutil.rmtree(self._fresh, ignore_errors=True)
        return self._commands[name]()

    def _measure(self, arguments: list[object], root: Path) -> tuple[float, float, float]:
        wall, started = time.time(), time.monotonic()
        _killed_after(60, arguments, root)
        duration = time.monotonic() - started
        changed = [path.stat().st_mtime - wall for path in root.parent.rglob("*") if path.is_file()]
        changed = [moment for moment in changed if moment > 0] or [0, duration]
        return duration, min(changed), max(changed)

    # -- the commands -------------------------------------------------------------------------------------

    def _ingest(self) -> list[object]:
        for number in self._random.sample(range(12), 4):
            self._write_document(number)
        (self._documents / f"note-{self._random.randrange(12)}.md").unlink(missing_ok=True)
        return ["ingest", self._documents]

    def _remove(self) -> list[object]:
        self._must("ingest", self._documents, root=self._root)
        return ["library", "remove", self._documents]

    def _ask(self) -> list[object]:
        return ["ask", self._random.choice(QUESTIONS), "--model", "none", "--json"]

    def _promote(self) -> list[object]:
        return ["personas", "promote", self._one_of("experimental", "stable") or self._made()]

    def _prune(self) -> list[object]:
        return ["personas", "prune", self._one_of("experimental", "stable", "active") or self._made()]

    def _restore(self) -> list[object]:
        if not (name := self._one_of("pruned")):
            self._must("personas", "prune", name := self._made())
        return ["personas", "restore", name]

    def _new(self) -> list[object]:
        self._number += 1
        return ["personas", "new", f"made-{self._number}", "--trait", f"focus={self._random.randint(1, 9)}"]

    def _new_from(self) -> list[object]:
        return [*self._new(), "--from", self._template / "personas" / "active" / "tracker.json"]

    def _edit(self) -> list[object]:
        name = self._one_of("experimental", "stable", "active", "pruned")
        return ["personas", "edit", name, "--trait", f"focus={self._random.randint(1, 9)}", "--json"]

    def _undo(self) -> list[object]:
        self._must("personas", "prune", self._made())
        return ["personas", "undo"]

    def _breed(self) -> list[object]:
        first, other = self._one_of("stable", "active") or self._made(), self._one_of("stable", "active")
        return ["personas", "breed", *{first: 0, other or first: 0}]

    def _feedback(self) -> list[object]:
        run_id = self._random.choice(self._runs())
        said = Ledger(Workspace(self._root).ledger).judgements().get(run_id, {}).get(None)
        return ["feedback", run_id, "down" if said and said.liked else "up"]

    def _export(self) -> list[object]:
        return ["history", "export", self._random.choice(self._runs()), "--json", "--output", self._exported]

    def _delete(self) -> list[object]:
        return ["history", "delete", self._random.choice(self._runs())]

    def _undelete(self) -> list[object]:
        self._must(*self._delete())
        return ["history", "undelete"]

    def _first_start(self) -> list[object]:
        return ["personas", "list"]

    @property
    def _fresh(self) -> Path:
        return self._place / "fresh" / "workspace"

    @property
    def _exported(self) -> Path:
        return self._place / "exported.json"

    def _one_of(self, *states: str) -> str:
        found = [p.stem for state in states for p in sorted((self._root / "personas" / state).glob("*.json"))]
        return self._random.choice([name for name in found if name != "control"] or [""])

    def _made(self) -> str:
        arguments = self._new()
        self._must(*arguments)
        return str(arguments[2])

    def _runs(self) -> list[str]:
        runs = json.loads(self._must("history", "list", "--json"))
        return [run["run_id"] for run in runs if run["outcome"] == "answered"]

    def _write_document(self, number: int) -> None:
        lines = [
            f"# Note {number}",
            f"Oda Marr keeps the lamp of Vell since 19{self._random.randint(10, 99)}.",
            "Tam Rook was born in Vell. Tam Rook taught Oda Marr to trim the lamp.",
        ]
        (self._documents / f"note-{number}.md").write_text("\n\n".join(lines), encoding="utf-8")

    def _new_workspace(self) -> None:
        if self._root != self._template:
            shutil.rmtree(self._root)
        self._number += 1
        self._root = Path(shutil.copytree(self._template, self._place / f"w{self._number}" / "workspace"))

    def _must(self, *arguments: object, root: Path | None = None) -> str:
        code, out, err = call(root or self._root, *arguments)
        assert code == 0, err
        return out

    # -- what must hold after a kill ----------------------------------------------------------------------

    def _looked(self, root: Path, name: str, printed: str) -> tuple[str, list[str]]:
        """What the next start said that it recovered, and every defect, one line each."""
        defects = list(broken_files(root))
        if self._exported.exists() and (problem := _unreadable(self._exported)):
            defects.append(f"the exported file: {problem}")
            self._exported.unlink()
        before = {path.stem for path in (self._template / "personas").glob("*/*.json")}
        runs = root / "db" / "runs"
        asked = {path.name.partition(".")[0]: path for path in runs.rglob("[!.]*.jsonl*") if path.stat().st_size}
        unfinished = [path for path in asked.values() if path.suffix == ".jsonl"]
        started = time.monotonic()
        code, out, err = call(root, "personas", "list")
        if code or "not read" in out:
            defects.append(f"the next start: {err or out}")
        code, out, more = call(root, "personas", "ledger", "--verify")
        if code:
            defects.append(f"ledger and folders: {out.splitlines()[0] if out else more}")
        of_history = self._undeleted(root)
        code, out, more_of_it = call(root, "history", "list", "--json", "--limit", 1000)
        if code:
            defects.append(f"the history: {more_of_it}")
        if (waited := time.monotonic() - started) > PROMPT_SECONDS:
            defects.append(f"the next start took {waited:.0f} s")
        if unfinished and not of_history.count("recovered after a crash: run"):
            defects.append(f"the next start did not tell of {len(unfinished)} runs that it ended")
        if told := call(root, "personas", "list")[2] + call(root, "history", "list", "--json")[2]:
            defects.append(f"the start after the next one is not clean: {told}")
        listed = {run["run_id"]: run["outcome"] for run in json.loads(out or "[]")}
        defects += [f"the question of run {run_id} is lost" for run_id in sorted(asked.keys() - listed.keys())]
        defects += [f"run {run['run_id']} has no question" for run in json.loads(out or "[]") if not run["question"]]
        defects += personas_in_two_places(root, before)
        defects += runs_that_are_lost(root, listed)
        if name == "ask" and printed and json.loads(printed)["run_id"] not in listed:
            defects.append("an answer that was printed is not in the history")
        if name in {"ingest", "remove"}:
            defects += self._index_out_of_step(root)
        defects += promises_that_were_not_kept(root, name, printed)
        return err + more + of_history, defects

    def _undeleted(self, root: Path) -> str:
        """Bring back what was deleted, for all runs are looked at; what the start said that it recovered."""
        _, out, err = call(root, "history", "undelete", "--list", "--json")
        if deleted := [run["run_id"] for run in json.loads(out or "[]")]:
            self._must("history", "undelete", *deleted, root=root)
        return err

    def _index_out_of_step(self, root: Path) -> Iterator[str]:
        code, out, err = call(root, "ingest", self._documents, "--json")
        if code:
            yield f"the next ingest: {err}"
            return
        files = len(list(self._documents.glob("*.md")))
        report = json.loads(out)
        _, again, _ = call(root, "ingest", self._documents, "--json")
        answer = json.loads(call(root, "ask", QUESTIONS[0], "--model", "none", "--events")[1].splitlines()[0])
        counts = (report["passages"], json.loads(again)["passages"], answer["passages"])
        if set(counts) != {files}:
            yield f"{files} files of one passage, but the library has {counts}"


def command_line(arguments: list[object], root: Path) -> list[str]:
    """What to start for a command."""
    return [sys.executable, "-m", "tui", *map(str, arguments), "--workspace", str(root)]


def _killed_after(seconds: float, arguments: list[object], root: Path) -> tuple[bool, str]:
    """Whether the command was faster than its killer, and what it printed."""
    with subprocess.Popen(
        command_line(arguments, root),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            out, err = process.communicate(timeout=max(0.0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            return False, process.communicate()[0]
    assert process.returncode == 0, err
    return True, out


def broken_files(root: Path) -> Iterator[str]:
    """Each file of a workspace that does not parse; the torn last line of a file that only grows is none."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.endswith(".tmp") and (problem := _unreadable(path)):
            yield f"{path.relative_to(root)}: {problem}"


def _unreadable(path: Path) -> str:
    packed = path.suffix == ".gz"
    kind = Path(path.stem).suffix if packed else path.suffix
    try:
        data = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        if kind == ".jsonl":
            lines = data.split(b"\n")
            if packed and lines[-1]:
                return "its last line is torn"
            for line in lines[:-1]:
                json.loads(line)
        elif kind == ".json":
            json.loads(data)
        elif kind == ".yaml":
            yaml.safe_load(data)
    except (ValueError, EOFError, OSError, yaml.YAMLError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def personas_in_two_places(root: Path, known: set[str]) -> Iterator[str]:
    """Each persona that stands in more than one folder, or of those `known` in none."""
    places = Counter(path.stem for state in PersonaState for path in (root / "personas" / state).glob("*.json"))
    yield from (f"{name} stands in {count} folders" for name, count in places.items() if count > 1)
    yield from (f"{name} is gone" for name in sorted(known - places.keys()))


def promises_that_were_not_kept(root: Path, name: str, printed: str) -> Iterator[str]:
    """What a command said that it did, and what is not there."""
    if moved := re.match(r"(?P<name>\S+): \w+ -> (?P<state>\w+)", printed):
        if not (root / "personas" / moved["state"] / f"{moved['name']}.json").is_file():
            yield f"it printed {printed.strip()!r}, and that persona stands elsewhere"
    elif made := re.match(r"(?P<name>\S+) is experimental", printed):
        if not (root / "personas" / "experimental" / f"{made['name']}.json").is_file():
            yield f"it printed {printed.strip()!r}, and there is no such persona"
    elif name == "edit" and printed:
        edited = json.loads(printed)
        (path,) = (root / "personas").glob(f"*/{edited['persona_id']}.json")
        if json.loads(path.read_bytes())["traits"] != edited["traits"]:
            yield f"it printed the traits {edited['traits']}, and the file has others"
    elif name == "feedback" and printed and not Ledger(Workspace(root).ledger).judgements():
        yield "a judgement that was taken is not in the ledger"


def runs_that_are_lost(root: Path, listed: dict[str, str]) -> Iterator[str]:
    """Each run with events or rewards that the history does not list, or whose events cannot be read."""
    workspace = Workspace(root)
    if workspace.ledger.exists():
        entries = list(Ledger(workspace.ledger).entries())
        paid = {entry.run_id for entry in entries if isinstance(entry, Rewards | Feedback)}
        yield from (f"run {run_id} was paid for, but is not in the history" for run_id in sorted(paid - listed.keys()))
    for path in sorted(workspace.runs.rglob("[!.]*.jsonl*")):
        if (run_id := path.name.partition(".")[0]) not in listed:
            yield f"run {run_id} has events, but is not in the history"
        if path.suffix == ".jsonl":
            yield f"run {run_id} was left unpacked"
    for run_id, outcome in listed.items():
        try:
            events = load_events(workspace.runs, run_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a defect
            yield f"run {run_id}: {error}"
            continue
        if (outcome in {"answered", "unanswered"}) != isinstance(events[-1].event, RunFinished):
            yield f"run {run_id} is {outcome}, but ends with {type(events[-1].event).__name__}"


def table(tallies: dict[str, Tally], stopped: str = "killed") -> str:
    """The trials of each command in a line."""
    rows = [f"{'command':<12} {'trials':>6} {stopped:>8} {'finished':>8} {'recovered':>9} {'defects':>7}"]
    for name, tally in tallies.items():
        finished = tally.trials - tally.stopped
        counts = f"{tally.trials:>6} {tally.stopped:>8} {finished:>8} {tally.recovered:>9}"
        rows.append(f"{name:<12} {counts} {len(tally.defects):>7}")
    return "\n".join(rows)


def _run() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many, done or not")
    parser.add_argument("--only", nargs="+", default=[], metavar="COMMAND", help="kill these only: see the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trials = Trials(Path(folder), options.seed)
        trials.run(options.trials, options.seconds, options.only)
    defects = [defect for tally in trials.tallies.values() for defect in tally.defects]
    print(table(trials.tallies), *defects, sep="\n")  # noqa: T201 - the command's own output
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(_run())
