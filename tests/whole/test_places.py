"""Every citation carries the page, row or time of its words: in JSON, in the printed answer, in exports, on screens."""

import json
from pathlib import Path

import pytest

from engine.documents.description import Description
from tests.support import scripted_run as script
from tests.support.foreign_files import lines, pdf, xlsx
from tui.command_line import main
from tui.session.session import open_session
from tui.source.screen import SourceScreen

CUE = b"\n%s --> 00:02:00,000\n%s\n\n"
FILES: dict[str, bytes] = {
    "manual.pdf": pdf([lines(["The harbour crane stands on the east quay."]), lines(["Ruben Ek mends the winch."])]),
    "parts.xlsx": xlsx(
        {"Parts": {"A1": "part", "B1": "supplier", "A2": "P-7", "B2": "Dahl", "A3": "P-8", "B3": "Holt"}}
    ),
    "photo.png": b"\x89PNG\r\n\x1a\n",
    "talk.srt": CUE % (b"00:00:01,000", b"Welcome.") + CUE % (b"00:01:09,000", b"Wilma Haas is the treasurer."),
}
CASES = [
    ("Who mends the winch?", "p. 2", {"page": 2, "location": ""}),
    ("Who is the supplier of P-8?", "sheet Parts, B3", {"page": 0, "location": "sheet Parts, B3"}),
    ("Who is the treasurer?", "0:01:09", {"page": 0, "location": "0:01:09"}),
    ("Who waves from the lighthouse?", "described by llava:7b", {"page": 0, "location": "described by llava:7b"}),
]


@pytest.fixture
def library(workspace: Path, tmp_path: Path) -> Path:
    descriptions = open_session(workspace).library.documents.descriptions
    description = Description("llava:7b", "2026-12-01", "A tall lighthouse. A keeper waves from the lighthouse.")
    descriptions.keep(FILES["photo.png"], description)
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(("question", "place", "fields"), CASES)
def test_commands_name_the_place(library, capsys, question, place, fields):
    def run(*arguments: str) -> str:
        assert main([*arguments, "--workspace", str(library.parent / "workspace")]) == 0
        return str(capsys.readouterr().out)

    asking = ("ask", question, "--model", "none", "--library", str(library))
    (citation,) = json.loads(run(*asking, "--json"))["citations"]
    assert {key: citation[key] for key in fields} == fields
    assert f", {place}\n" in run(*asking)
    assert f", {place}\n" in run("history", "export", "last")
    (exported,) = json.loads(run("history", "export", "last", "--json"))["citations"]
    assert exported == citation


async def test_screens_name_the_place(workspace, library):
    session = open_session(workspace, model="none")
    session.library.documents.ingest([library])
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        for question, place, _ in CASES:
            pilot.app.ask_screen.ask(question)
            await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
            (citation,) = pilot.app.ask_screen.feed.state.answer.citations
            await script.until(pilot, lambda place=place: f" · {place} · " in script.screen_text(pilot.app))
            await pilot.app.push_screen(SourceScreen(session.library, (citation,), 0))
            await script.until(pilot, lambda place=place: f"{place}, characters" in script.screen_text(pilot.app))
            await pilot.press("escape")
            await script.until(pilot, lambda: not isinstance(pilot.app.screen, SourceScreen))
