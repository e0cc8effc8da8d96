"""A workspace full of hostile text: nothing of it steers the terminal of any command or screen."""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from db.runs.recorder import RunRecorder
from db.runs.summary import summary_of
from engine import events
from engine.events import RecordedEvent, RunEvent, RunStarted
from engine.personas.roster import Verdict
from engine.run.state import RunState
from tests.support import scripted_run as script
from tests.support.steering import steering_characters
from tui.navigation.screens import SCREENS
from tui.session.session import open_session

HOSTILE = "\x1b[31m\x1b]0;owned\x07\x9b2J\u202eevil\u2066\r\n[bold red]markup[/] persona-moe: fake line\u2028\x7f\u200f"
RUN_ID = "20260101-000000000000-0bad"


def filled(kind: Any) -> Any:
    """A value of this type with hostile text wherever text may be."""
    if kind is str:
        return HOSTILE
    if kind in {int, float, bool}:
        return kind(1)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        made: Any = kind
        return made(**{field.name: filled(hints[field.name]) for field in fields(kind)})
    origin, inner = getattr(kind, "__origin__", None), get_args(kind)
    if origin is dict:
        return {filled(inner[0]): filled(inner[1])}
    if origin is tuple:
        return tuple(map(filled, inner if inner[-1] is not ... else inner[:1]))
    return filled(inner[0])  # the rest are unions: `str | None`


def hostile_run() -> list[RecordedEvent]:
    """One event of each kind, full of hostile text, with a beginning and an end."""
    kinds = [kind for kind in get_args(RunEvent) if kind not in {RunStarted, events.RunFinished, events.RunCancelled}]
    middle = [filled(kind) for kind in kinds if kind is not events.RunFailed]
    started, ended = RunStarted(RUN_ID, HOSTILE, 1, 1, HOSTILE), events.RunFinished({HOSTILE: 1.0})
    return [RecordedEvent(float(n), event) for n, event in enumerate([started, *middle, ended])]


@pytest.fixture
def hostile(tmp_path: Path, workspace: Path) -> Path:
    """The workspace with a hostile run, persona, ledger, log, and documents with hostile names and titles."""
    documents = tmp_path / "documents"
    documents.mkdir()
    name = HOSTILE.replace("/", "_")
    (documents / f"{name}.md").write_text(f"# Lamp {HOSTILE}\n\nOda Marr keeps the {HOSTILE} lamp of Vell.", "utf-8")
    (documents / f"{name}.bin").write_bytes(b"a\x00b")
    (documents / b"\xff\x1b[2J.md".decode("utf-8", "surrogateescape")).write_text("Words.", "utf-8")
    (documents / f"{name}.jsonl").write_text(json.dumps({"id": HOSTILE, "title": HOSTILE, "text": HOSTILE}), "utf-8")
    persona = json.loads((workspace / "personas/active/skeptic.json").read_bytes())
    persona |= {"persona_id": "hostile", "expertise": [HOSTILE], "metadata": {"name": HOSTILE, "description": HOSTILE}}
    (workspace / "personas/stable/hostile.json").write_text(json.dumps(persona), "utf-8")
    (workspace / f"personas/stable/{name}.json").write_text("{", "utf-8")
    session = open_session(workspace, model="none")
    with RunRecorder(session.workspace.runs, RUN_ID, HOSTILE) as recorder:
        for recorded in hostile_run():
            recorder.append(recorded)
    session.runs.history.add(summary_of(RunState.of(hostile_run(), run_id=RUN_ID), 1.0))
    session.personas.roster.change("skeptic", Verdict.DEMOTE, rule=HOSTILE, decided_by=HOSTILE)
    session.workspace.log.parent.mkdir(exist_ok=True)
    entry = {"at": HOSTILE, "level": "ERROR", "message": HOSTILE}
    session.workspace.log.write_text(json.dumps(entry) + "\n", "utf-8")
    return workspace


COMMANDS = [
    "ingest {documents}", "ingest {documents} --json", "library list", "library list --json",
    "ask|Who keeps the lamp of Vell?|--library|{documents}|--model|none", f"ask|{HOSTILE}|--model|none",
    "ask|Who keeps the lamp of Vell?|--library|{documents}|--model|none|--events", "personas list",
    "personas list --json", "personas show hostile", "personas show hostile --json", "personas ledger",
    "personas ledger --json", "personas promote hostile", "personas breed hostile", "history list", "history list evil",
    "history list --json", "history show {run}", "history show {run} --json", "history export {run}",
    "history replay {run}", "history replay {run} --json", "feedback {run} up", "doctor", "doctor --json", "metrics",
    "library remove {documents}",
]  # fmt: skip
REFUSED = [
    f"ask|{HOSTILE}|--library|{HOSTILE}", f"ingest|{HOSTILE}", f"library|remove|{HOSTILE}", f"history|show|{HOSTILE}",
    f"personas|show|{HOSTILE}", f"personas|new|x|--from|{HOSTILE}", f"personas|new|{HOSTILE}", f"feedback|{HOSTILE}|up",
    f"{HOSTILE}", f"personas|validate|{HOSTILE}", f"personas|new|x|--trait|{HOSTILE}",
    "personas|show|../active/skeptic", "history|show|../../ledger",
]  # fmt: skip


def test_no_command_prints_what_steers_a_terminal(hostile, tmp_path, capsys):
    from tui.command_line import main

    before = {path for path in tmp_path.rglob("*") if hostile not in path.parents}
    for command in [*COMMANDS, *REFUSED]:
        arguments = command.split("|") if "|" in command or command == HOSTILE else command.split()
        given = [part.format(documents=tmp_path / "documents", run=RUN_ID) for part in arguments]
        code = main([*given, "--workspace", str(hostile)])
        out, err = capsys.readouterr()
        assert not steering_characters(out + err), given
        assert "internal error" not in err, given
        if command in COMMANDS and not command.startswith(("doctor", "feedback")):
            assert code == 0, (given, err)
        assert not any(line.startswith("persona-moe: fake") for line in (out + err).splitlines()), given
    assert {path for path in tmp_path.rglob("*") if hostile not in path.parents} == before


async def test_no_screen_shows_what_steers_a_terminal(hostile):
    session = open_session(hostile, model="none")
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.show_run(session.runs.replay(RUN_ID))
        await pilot.press("f")
        for place in SCREENS:
            await pilot.press(place.keys.split(",")[0])
            await script.until(pilot, lambda mode=place.mode: pilot.app.current_mode == mode)
            await pilot.app.workers.wait_for_complete(
                [worker for worker in pilot.app.workers if worker.node is pilot.app.screen]
            )
            await pilot.pause()
            assert not steering_characters(script.screen_text(pilot.app)), place
        await pilot.press("escape", "escape")
        assert not steering_characters(script.screen_text(pilot.app))
