"""A session that plays a script, for what must look the same every time: pictures, failures, slow runs."""

import asyncio
import math
import shutil
import tempfile
import threading
import time
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from db.personas.ledger_entries import Added, Change, Edited, Transition, Undone
from db.personas.record import PersonaRecord, Point
from db.runs.history import History
from db.runs.metrics import Metrics, Recent
from db.runs.summary import RunSummary
from db.runs.trash import Trash
from engine.documents.cited_source import SourceText, draw_source
from engine.documents.document import Raster
from engine.documents.passages import Passage
from engine.documents.sandbox import Drawing
from engine.errors import InputError, PersonaError
from engine.events import (
    AnswerFragment,
    AnswerWritten,
    Citation,
    CycleStarted,
    Degraded,
    EvidenceRanked,
    GateReceipt,
    OutputProduced,
    OutputScored,
    PersonaBorn,
    PersonaStepped,
    PersonaTransitioned,
    QuestionRead,
    RankedPassage,
    RecordedEvent,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Scores,
)
from engine.index.catalogue import IngestReport, KnownFile
from engine.personas.evolution import breed
from engine.personas.lifecycle import state_after
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import Births, Verdict
from engine.run.feedback import FeedbackGiven, Judgement
from engine.run.persona_comparison import Comparison, compare
from engine.run.persona_part import RunPart, parts_in_run
from engine.run.state import Outcome, RunState
from engine.settings.settings import load_settings
from tui.session.checks import Finding
from tui.session.meaning import Meaning
from tui.session.reading_rate import ReadingRate

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"
WALKERS = ("control", "tracker", "archivist", "skeptic")
SEATS = (
    ("control", "active", 0.5),
    ("tracker", "active", 0.71),
    ("archivist", "stable", 0.44),
    ("skeptic", "active", 0.38),
)

STARTED = RunStarted("run-1", QUESTION, 7, 412, None)
KEPT = Citation(
    1, "/library/people/ysolde-marrak.md", "Ysolde Marrak", 120, 178, "She kept Gannet Stack Light for nineteen years."
)
BUILT = Citation(
    2, "/library/places/gannet-stack-light.md", "Gannet Stack Light", 0, 66, "It was built by Tobiász Krelle."
)


PASSAGES = {
    f"p{n}": Passage(f"p{n}", KEPT.source, "Gannet Stack Light", "", 5, 29, f"The passage p{n}.") for n in range(3)
}
"""What the steps of a walk lead to, but for the last."""


def receipt(persona_id: str, state: str = "active", score: float = 0.5, *, activated: bool = True) -> GateReceipt:
    reason = "expected gain" if activated else "gain below cost"
    voice = 1.0 if activated else 0.0
    return GateReceipt(persona_id, state, 1, 0.5, 0.4, 0.1, 0.02, score, 0.0, voice, activated, reason)


def step(persona_id: str, n: int = 0, *, title: str = "Gannet Stack Light", via: str = "search") -> PersonaStepped:
    return PersonaStepped(persona_id, n, "", f"p{n}", title, via, 0.71)


def walk() -> list[RunEvent]:
    events: list[RunEvent] = [STARTED, QuestionRead(("Ysolde Marrak",), ("Ysolde Marrak",), ("built", "lighthouse"))]
    events += [receipt(name, state, score) for name, state, score in SEATS]
    events += [receipt("wanderer", "experimental", -0.12, activated=False), CycleStarted(1, WALKERS)]
    titles = ("Ysolde Marrak", "Gannet Stack Light", "Tobiász Krelle", "Orrin Bell 鐘🔔")
    events += [step(name, n, title=title, via="ysolde marrak") for n, title in enumerate(titles) for name in WALKERS]
    return events


def scored() -> list[RunEvent]:
    events: list[RunEvent] = []
    for n, name in enumerate(WALKERS):
        events.append(OutputProduced(name, ("p1", "p2"), "…"))
        events.append(
            OutputScored(name, Scores(0.71, 0.8, 0.33, 1.0, round(0.66 - n * 0.07, 2)), round(0.12 / (n + 1), 2))
        )
    events.append(PersonaTransitioned("archivist", "stable", "active", "promotion_threshold", "rule"))
    return events


def evidence(coverage: float) -> EvidenceRanked:
    return EvidenceRanked((RankedPassage("p1", KEPT.source, KEPT.title, 0.9, ("tracker",)),), coverage, 41, 77)


def answered() -> list[RunEvent]:
    answer = AnswerWritten(f"{KEPT.quote} [1] {BUILT.quote} [2]", abstained=False, citations=(KEPT, BUILT), removed=0)
    return [*walk(), *scored(), evidence(0.92), answer, RunFinished({"walk": 12.0})]


def abstained() -> list[RunEvent]:
    answer = AnswerWritten("Your library does not say.", abstained=True, citations=(), removed=0, nearest=(KEPT,))
    return [*walk(), *scored(), evidence(0.3), answer, RunFinished({})]


def failed() -> list[RunEvent]:
    return [
        *walk(),
        Degraded("no language model"),
        RunFailed("the search index is damaged", "run `persona-moe library rebuild`"),
    ]


def streamed() -> list[RunEvent]:
    return [*walk(), *scored(), evidence(0.92), AnswerFragment("She kept "), AnswerFragment("Gannet Stack Light")]


def recorded(events: Sequence[RunEvent]) -> list[RecordedEvent]:
    """The events of a run, two milliseconds apart."""
    return [RecordedEvent(n * 2.0, event) for n, event in enumerate(events)]


def state_of(events: Sequence[RunEvent]) -> RunState:
    return RunState.of(recorded(events))


def persona(persona_id: str, *, samples: int = 12, **metadata: Any) -> Persona:
    named = {"name": f"The {persona_id.title()}", "description": "Follows names from page to page.", **metadata}
    record = {"samples": samples, "mean": 0.55, "m2": 1.0}
    return Persona(persona_id, {"persistence": 8, "focus": 3}, ("ships", "people"), 0.02, record, named)


def changes_of(persona_id: str) -> tuple[Change, ...]:
    at, figures = "2026-01-02T10:00:00+00:00", PersonaPerformance(12, 0.55, 1.0)
    old = {"traits": {"focus": 3}, "expertise": [], "activation_cost": 0.02, "metadata": {"name": "Old"}}
    new = {"traits": {"focus": 5}, "expertise": [], "activation_cost": 0.1, "metadata": {"name": "[b]\x1b[31mNew"}}
    states = (PersonaState.PRUNED, PersonaState.EXPERIMENTAL)
    return (
        Added(at, persona_id, PersonaState.STABLE, "found"),
        Transition(at, persona_id, PersonaState.STABLE, PersonaState.ACTIVE, "thresholds", "run-1", figures),
        Transition(at, persona_id, *states, "manual", "user", figures, afresh=True),
        Edited(at, persona_id, "user", old, new, figures, afresh=True),
        Undone(at, persona_id, "Edited", PersonaState.STABLE, PersonaState.STABLE, "user", figures, (new, old)),
    )


class ScriptedRoster:
    def __init__(self) -> None:
        self._entries = {
            "archivist": RosterEntry(persona("archivist"), PersonaState.STABLE),
            "control": RosterEntry(persona("control", control=True), PersonaState.ACTIVE),
            "skeptic": RosterEntry(persona("skeptic", samples=0), PersonaState.EXPERIMENTAL),
            "wanderer": RosterEntry(persona("wanderer"), PersonaState.PRUNED),
        }

    def entries(self) -> Sequence[RosterEntry]:
        return list(self._entries.values())

    def problems(self) -> list[str]:
        return ["active/broken.json: top level: 'traits' is a required property"]

    def change(self, persona_id: str, verdict: Verdict, *, rule: str, decided_by: str) -> PersonaTransitioned:
        entry = self._entries[persona_id]
        after = state_after(entry, verdict)
        self._entries[persona_id] = RosterEntry(entry.persona, after)
        return PersonaTransitioned(persona_id, entry.state, after, rule, decided_by)

    def find(self, persona_id: str) -> RosterEntry:
        return self._entries[persona_id]

    def edit(self, persona: Persona, *, afresh: bool | None = None) -> RosterEntry:
        self._entries[persona.persona_id] = RosterEntry(persona, self._entries[persona.persona_id].state)
        return self._entries[persona.persona_id]

    def undo(self) -> Undone:
        raise InputError("there is nothing to undo", hint="only changes by hand are undone")

    def record_rewards(self, run_id: str, rewards: Mapping[str, float], features: tuple[float, ...] = ()) -> None:
        raise NotImplementedError

    def add(
        self, persona: Persona, state: PersonaState = PersonaState.EXPERIMENTAL, *, decided_by: str = "user"
    ) -> RosterEntry:
        self._entries[persona.persona_id] = RosterEntry(persona, state)
        return self._entries[persona.persona_id]

    def births(self) -> Births:
        return Births(0, 0)

    def experiences(self) -> Sequence[Any]:
        return ()


def summary(n: int, **changed: Any) -> RunSummary:
    """The run number `n` of a history; every minute there is one more."""
    at = f"2026-01-02T{10 + n // 60:02}:{n % 60:02}:00+00:00"
    outcome = Outcome.CANCELLED if n % 7 == 3 else Outcome.UNANSWERED if n % 5 == 1 else Outcome.ANSWERED
    run = RunSummary(
        run_id=f"run-{n}", at=at, question=f"Question {n}: {QUESTION}",
        answer="Tobiász Krelle. [1]", abstained=n % 5 == 1, model="", passages=20, personas=WALKERS,
        top_persona="tracker", duration_ms=83.2, outcome=outcome,
    )  # fmt: skip
    return replace(run, **changed)


def history_of(runs: Sequence[RunSummary], folder: Path) -> History:
    """A history with these runs, oldest first, in files of a thousand as the real one writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, len(runs), 1000), start=1):
        table = {str(n): run for n, run in enumerate(runs[first : first + 1000], start=1)}
        (folder / f"runs-{number:06}.json").write_bytes(msgspec.json.encode({"_default": table}))
    return History(folder)


class ScriptedDocuments:
    """Two folders, one of which is not there, with files of all kinds."""

    def __init__(self) -> None:
        self.roots = ("/library", "/gone/notes")
        self._files = {
            "/library/people/ysolde-marrak.md": KnownFile(900, 1, 2, 240),
            "/library/places/gannet-stack-light.md": KnownFile(1200, 1, 3, 311),
            "/library/[red]scan\x1b[31m.pdf": KnownFile(12, 1, reason="damaged PDF: [b]no trailer\x1b]0;x\x07"),
            "/gone/notes/a.txt": KnownFile(5, 1, 1, 4),
        }

    def files(self, path: str) -> dict[str, KnownFile]:
        return {name: file for name, file in sorted(self._files.items()) if name.startswith(path)}

    def retriever(self) -> None:
        pass


class ScriptedLibrary:
    name = "sample library"
    others = None

    def __init__(self, session: "ScriptedSession") -> None:
        self._session = session
        self.documents = ScriptedDocuments()
        self.passages = 0

    def add(self, paths: Sequence[Path], progress: Any, cancelled: threading.Event) -> IngestReport:
        progress(12, 340, "/library/[b]slow.pdf")
        if self._session.hold:
            cancelled.wait(20)
        return IngestReport(files=340, added=11, cancelled=cancelled.is_set())

    def suggestions(self) -> list[str]:
        return [QUESTION, "Who led the Net Strike of 1894?", "What were the weights of the Tide Clock cast from?"]

    async def follow(self, on_change: Any) -> None:
        """Nothing changes."""

    async def open_in_thread(self, progress: Any) -> SimpleNamespace:
        await asyncio.to_thread(progress, 3, 51, "people/odo-brennick.md")
        await self._session.may_open.wait()
        if self._session.opening_error is not None:
            raise self._session.opening_error
        self.passages = 412
        return SimpleNamespace(files=51, added=0, changed=0, removed=0, passages=412, skipped=self._session.skipped)

    def read_source(self, source: str) -> SourceText:
        text = self._session.sources.get(source)
        path = Path(source)
        return SourceText(path, problem="No such file or directory") if text is None else SourceText(path, text)

    def draw_source(self, source: str, drawing: Drawing) -> Raster:
        self._session.drawn.append(drawing)
        return draw_source(str(self._session.pictures[source]), drawing, roots=(), max_bytes=10**8)

    def passage(self, passage_id: str, title: str) -> Passage | None:
        return self._session.indexed.get(passage_id)

    def complete(self, text: str) -> str:
        title = "Gannet Stack Light"
        head, _, last = text.rpartition(" ")
        found = len(last) > 2 and title.lower().startswith(last.lower())
        return f"{head} {title}".strip() if found else ""


class ScriptedRuns:
    def __init__(self, session: "ScriptedSession", runs: int) -> None:
        self._session, root = session, session.root
        self.history = history_of([summary(n) for n in reversed(range(runs))], root / "history")
        self.trash = Trash(root / "trash", self.history, root / "runs")

    async def ask(
        self, question: str, before: Any = None, *, again: Any = None, **_: bool
    ) -> AsyncIterator[RecordedEvent]:
        session = self._session
        session.asked.append(question)
        session.before, session.again = before, again
        try:
            for n, event in enumerate(session.script):
                yield RecordedEvent(n * 2.0, event)
            if session.hold:
                await asyncio.Event().wait()
        except BaseException:
            session.cancelled = True
            raise

    @cached_property
    def reading_rate(self) -> ReadingRate:
        return ReadingRate()

    def prepare(self) -> None:
        pass

    def replay(self, run_id: str) -> list[RecordedEvent]:
        if run_id == "run-1":
            raise PersonaError("the events of run-1 are damaged", hint="nothing can be replayed")
        return recorded(answered())

    def question_of(self, run: RunSummary) -> str:
        return RunState.of(self.replay(run.run_id)).question if run.question_is_cut else run.question

    def judge(self, run_id: str, *, liked: bool, citation: int | None = None) -> FeedbackGiven:
        judged = self._session.judged
        if (run_id, citation, liked) in judged:
            raise InputError("the answer was judged so already", hint="the opposite would replace it")
        judged.append((run_id, citation, liked))
        means = {"archivist": (0.5, 0.6), "tracker": (0.5, 0.6), "skeptic": (0.5, 0.4), "control": (0.5, 0.5)}
        return FeedbackGiven(Judgement(run_id, citation, liked, dict.fromkeys(means, 0.5)), means)

    def judgements(self) -> dict[str, dict[int | None, bool]]:
        """Run 2 was judged in an earlier session, the others in this one."""
        judgements: dict[str, dict[int | None, bool]] = {"run-2": {None: True, 1: False}}
        for run_id, citation, liked in self._session.judged:
            judgements.setdefault(run_id, {})[citation] = liked
        return judgements

    def parts_of(self, persona_ids: Sequence[str], limit: int = 20) -> list[dict[str, RunPart]]:
        parts = parts_in_run([*persona_ids, "wanderer"], state_of(walk() + scored()))
        return [{name: parts.get(name, parts["wanderer"]) for name in persona_ids}] * 3

    def compare_personas(self, left: str, right: str) -> Comparison:
        roster = self._session.personas.roster
        return compare(roster.find(left), roster.find(right), self.parts_of([left, right]), confidence=1.96)

    async def installed_models(self) -> tuple[str, ...]:
        return ()


class ScriptedPersonas:
    def __init__(self) -> None:
        self.roster = ScriptedRoster()

    def record_of(self, persona_id: str) -> PersonaRecord:
        """Forty rewards that rise and fall, and one change of each kind."""
        points, performance = [], PersonaPerformance()
        for n in range(40):
            reward = round(0.55 + 0.3 * math.sin(n / 4), 3)
            performance = performance.with_reward(reward)
            points.append(Point("2026-01-02T10:00:00+00:00", f"run-{n}", reward, 1, performance))
        return PersonaRecord(tuple(points), changes_of(persona_id))

    def breed(self, persona_ids: Sequence[str]) -> PersonaBorn:
        parents = [self.roster.find(name) for name in dict.fromkeys(persona_ids)]
        return breed(self.roster, parents, seed=7, decided_by="user")


class ScriptedHealth:
    def metrics(self) -> Metrics:
        found = Metrics(models=Counter({"none": 3, "qwen3:4b": 1}), buckets=[0, 0, 2, 1, *[0] * 11], seconds=0.4)
        found.outcomes.update(answered=2, unanswered=1, failed=1)
        found.levels.update(WARNING=2, ERROR=1)
        found.recent = Recent(4, 1, [31.0, 47.0, 82.0], Counter({"[b]no model\x1b[1m": 1}), Counter({"the disk": 1}))
        found.recent.phases = {"walking": 0.12, "reading": 0.03}
        return found

    def checks(self) -> list[Finding]:
        return [
            Finding("library", True, "2 folders or files, 6 passages, 1 files skipped", "library list shows why"),
            Finding("ollama", False, "it does not answer [red]\x1b]0;x\x07", "start it with `ollama serve`"),
        ]

    def logged(self, limit: int) -> list[dict[str, str]]:
        return [{"at": "2026-01-02T10:00:00.000+00:00", "level": "ERROR", "message": "[b]boom\x1b[2J\nagain"}][:limit]


class ScriptedSession:
    """Plays `script`; with `hold`, it then waits until it is cancelled."""

    def __init__(self, script: Sequence[RunEvent] = (), *, hold: bool = False, runs: int = 0) -> None:
        self.settings = load_settings(Path("/nonexistent"))
        self.root = root = Path(tempfile.mkdtemp(prefix="scripted-"))
        weakref.finalize(self, shutil.rmtree, root)
        self.script, self.hold = script, hold
        self.library, self.runs = ScriptedLibrary(self), ScriptedRuns(self, runs)
        self.personas, self.health = ScriptedPersonas(), ScriptedHealth()
        self.meaning = Meaning(root, lambda: self.settings, cast("Any", self.library), is_wanted=False)
        self.settings_files = SimpleNamespace(read=lambda: self.settings)
        self.sources: dict[str, str] = {}
        self.pictures: dict[str, Path] = {}
        self.drawn: list[Drawing] = []
        self.indexed: dict[str, Passage] = {}
        self.skipped: tuple[str, ...] = ()
        self.opening_error: Exception | None = None
        self.asked: list[str] = []
        self.before: Any = None
        self.again: Any = None
        self.judged: list[tuple[str, int | None, bool]] = []
        self.cancelled = self.closed = False
        self.may_open = asyncio.Event()
        self.may_open.set()

    def adopt(self, settings: Any) -> None:
        self.settings = settings

    async def close(self) -> None:
        self.closed = True


def app(session: Any) -> Any:
    """The application on any session, the real one or a scripted one."""
    from tui.app.app import PersonaMoeApp

    return PersonaMoeApp(session)


async def until(pilot: Any, holds: Any, seconds: float = 100.0) -> None:
    """Wait until `holds()`; a test never sleeps for a guessed time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.005)
        pilot.app.screen._on_timer_update()
    await pilot.pause()


async def ready(pilot: Any) -> None:
    """Wait until the library is open and everything is drawn."""
    await until(pilot, lambda: pilot.app.ask_screen.library.ready.is_set() and bool(pilot.app.ask_screen.query("#run")))
    await drawn(pilot)


async def drawn(pilot: Any) -> None:
    """Wait until nothing is left to draw."""
    await until(pilot, lambda: not pilot.app.ask_screen.pace.due)


def screen_text(app: Any) -> str:
    """What stands on the screen, as lines of plain text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
