"""The README: its pictures are drawn by these tests, its commands and keys work, its map is the tree's."""

import argparse
import asyncio
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT
from tests.support import scripted_run as script
from tui.app.app import PersonaMoeApp
from tui.ask.source_list import SourceList
from tui.command_line import main
from tui.commands.arguments import COMMANDS, Parser
from tui.library.screen import LibraryScreen
from tui.navigation.key_table import EVERYWHERE, bound_keys
from tui.navigation.screens import SCREENS
from tui.source.screen import SourceScreen

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = {  # each example of the first five minutes, and a part of what it prints
    "persona-moe ask 'Who led the Net Strike of 1894?'": "led by Keziah Rosk",
    "persona-moe feedback last up": "analyst",
    "persona-moe graph last --cited": "Net Strike  [2]",
    "persona-moe ingest ~/notes ~/papers": "2 files: 2 added",
    "persona-moe ask 'When is the boiler serviced?'": "every October",
    "persona-moe ask 'Who installed it?' --context last": "read as: Who installed the boiler?",
    "persona-moe history list boiler after:2026": "When is the boiler serviced?",
    "persona-moe ~/notes": "",
}


def section(title: str) -> str:
    """The text under a heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text, without the headers."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    headers = {n - 1 for n, line in enumerate(lines) if line.startswith("|---")}
    return [row for n, row in enumerate(cells) if n not in headers and n - 1 not in headers]


# -- pictures -------------------------------------------------------------------------------------------------


async def answered(pilot: Any) -> None:
    await script.ready(pilot)
    pilot.app.ask_screen.ask(QUESTION)
    await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
    await script.drawn(pilot)


def test_ask(snap_compare, session):
    assert snap_compare(script.app(session), run_before=answered, terminal_size=(120, 36))


def test_graph(snap_compare, session):
    async def play(pilot: Any) -> None:
        await answered(pilot)
        await pilot.press("f4")
        await script.until(pilot, lambda: "the answer cites" in script.screen_text(pilot.app))

    assert snap_compare(script.app(session), run_before=play, terminal_size=(120, 36))


# -- what it names --------------------------------------------------------------------------------------------


def test_it_is_short():
    assert len(README.splitlines()) <= 250


def test_every_file_and_folder_that_it_names_is_there():
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    of_repository = README.replace(section("Configuration, and where files lie"), "")
    named = re.findall(r"`((?:engine|db|tui|tests|configs|personas)/[\w./-]+)`", of_repository)
    assert {"engine/documents", "tui/navigation/screens.py"} <= set(named)
    assert [name for name in [*linked, *named] if not (ROOT / name).exists()] == []


def test_its_map_has_every_folder_of_the_tree_once():
    folders = [
        name for row in rows(section("Architecture")) for name in re.findall(r"`((?:engine|db|tui)/\w+)`", row[0])
    ]
    tree = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ("engine", "db", "tui")
        for path in (ROOT / top).glob("*/__init__.py")
    }
    assert sorted(folders) == sorted(tree)


def test_its_drawing_has_the_floors_that_are_checked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    checked = {
        contract["containers"][0]: [set(layer.split(" | ")) for layer in contract["layers"] if layer != "__main__"]
        for contract in contracts
        if "containers" in contract
    }
    drawing = re.search(r"```text\n(.*?)```", section("Architecture"), re.DOTALL)
    assert drawing
    lines = re.sub(r"\n +", " ", drawing[1]).splitlines()
    drawn = {line.split()[0]: [set(floor.split()) for floor in line.split(maxsplit=1)[1].split(">")] for line in lines}
    assert drawn == checked


# -- commands -------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a new user with two folders of documents, no workspace and no language model."""
    folder = tmp_path / "home"
    for name, text in {
        "notes/boiler.md": "# Boiler\n\nNordtherm installed the boiler. The boiler is serviced every October.\n",
        "papers/pump.md": "# Pump\n\nThe pump feeds the garden.\n",
    }.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PERSONA_MOE_WORKSPACE", str(folder / "workspace"))
    assert main(["settings", "set", "model_name", "none"]) == 0
    return folder


def test_every_example_command_works_for_a_new_user(home, capsys, monkeypatch):
    opened: list[PersonaMoeApp] = []

    def play(app: PersonaMoeApp) -> None:
        async def begin() -> None:
            async with app.run_test() as pilot:
                await script.ready(pilot)
                opened.append(app)

        asyncio.run(begin())

    monkeypatch.setattr(PersonaMoeApp, "run", play)
    monkeypatch.setattr("tui.terminal.requirements.terminal_problem", lambda *_args, **_options: "")
    (block,) = re.findall(r"```sh\n(.*?)```", section("The first five minutes"), re.DOTALL)
    commands = [line.partition(" #")[0].strip() for line in block.splitlines()]
    assert commands == list(EXAMPLES)
    capsys.readouterr()
    for command in commands:
        words = [str(Path(word).expanduser()) if word.startswith("~") else word for word in shlex.split(command)]
        assert main(words[1:]) == 0, command
        out = capsys.readouterr().out
        assert EXAMPLES[command] in out, command
        assert "Your library does not say" not in out
    assert [app.session.library.documents.roots for app in opened] == [(str(home / "notes"), str(home / "papers"))]


def parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the actions of a command."""
    return {
        name: inner
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, inner in action.choices.items()
    }


def test_its_table_has_every_command_and_every_action():
    table: dict[str, set[str]] = {}
    for cell, _ in rows(section("Commands")):
        words = cell.strip("`").replace("\\|", "|").split()
        assert words[0] == "persona-moe"
        if words[1] != "[LIBRARY":
            choices = next((word for word in words[2:] if "|" in word), "")
            table.setdefault(words[1], set()).update(choices.split("|") if choices else ())
    assert set(table) == set(COMMANDS)
    for name, actions in table.items():
        parser = Parser()
        import_module(f"tui.commands.{name}").add_arguments(parser)
        valid = set(parsers(parser)) or {str(choice) for a in parser._actions for choice in a.choices or ()}
        assert actions == valid, name


# -- keys -----------------------------------------------------------------------------------------------------


def keys_of(cell: str) -> Iterator[str]:
    for word in cell.replace(", ", " ").split():
        if re.fullmatch(r"F\d", word):
            yield word.lower()
        elif word == "1-9":
            yield from "123456789"
        elif word not in {"to", "and"}:
            yield word


def test_its_table_of_keys_has_keys_that_work():
    screens = {screen.title for screen in SCREENS} | {"Ask", EVERYWHERE}
    keys = {"ctrl+p", "enter", "tab"}  # of textual: the palette, sending an input, the next pane
    screen = ""
    for first, cell, _ in rows(section("Keys")):
        screen = {"every screen": EVERYWHERE, "a replay": "Ask"}.get(first, first.partition(",")[0]) or screen
        assert screen in screens
        bound = {
            key for b in bound_keys() if b.where == screen or b.where not in screens for key in b.shown.split(", ")
        }
        # a comma is a key too, and parts the keys in `shown`
        unbound = [key for key in keys_of(cell) if key not in bound | keys | {","}]
        assert unbound == [], screen
    assert {screen.keys.partition(",")[0] for screen in SCREENS} <= {*keys_of("F2 F3 F4 F5 F6 F7")}


async def test_the_first_five_minutes_work_as_written(session, home):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("1", "enter")
        await script.until(
            pilot, lambda: pilot.app.ask_screen.feed.state.finished and not pilot.app.ask_screen.player.busy
        )
        await script.drawn(pilot)
        for _ in range(6):
            if isinstance(pilot.app.focused, SourceList):
                break
            await pilot.press("tab")
        await pilot.press("1")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        await pilot.press("escape")
        await script.until(pilot, lambda: pilot.app.screen is pilot.app.ask_screen)
        run_id = pilot.app.ask_screen.feed.state.run_id
        await pilot.press("plus")
        await script.until(pilot, lambda: session.runs.judgements().get(run_id) == {1: True})
        await pilot.press("f4")
        await script.until(pilot, lambda: "the answer cites" in script.screen_text(pilot.app))
        await pilot.press("c", "f3")
        await script.until(pilot, lambda: "Ysolde" in script.screen_text(pilot.app))
        await pilot.press("f5", "a", *"~/notes", "enter")
        await script.until(pilot, lambda: str(home / "notes") in session.library.documents.roots)
        assert isinstance(pilot.app.screen, LibraryScreen)


# -- the workspace --------------------------------------------------------------------------------------------


def test_it_names_what_a_workspace_holds(home, capsys):
    assert main(["ask", "Who led the Net Strike of 1894?"]) == 0
    table = {
        name for row in rows(section("Configuration, and where files lie")) for name in re.findall(r"`([^`]+)`", row[0])
    }
    workspace = home / "workspace"
    paths = [*workspace.iterdir(), *(workspace / "db").iterdir()]
    names = {f"{path.relative_to(workspace)}{'/' if path.is_dir() else ''}" for path in paths if path.name[0] != "."}
    assert names - {"db/"} <= table
    # made when something goes wrong, by `serve --api`, and by `personas export`
    assert table - names == {"db/log/", "db/api-token", "db/devices/"}
