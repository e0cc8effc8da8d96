"""Completing the name of a folder or file."""

from typing import Any

import pytest
from textual.app import App
from textual.widgets import Button

from tui.library.path_input import PathInput, completion


@pytest.fixture
def tree(tmp_path, monkeypatch):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "\x1b[31m").touch()
    (tmp_path / ".hidden").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("no", "notes.txt"),
        ("notes/", None),
        ("~/notes/", None),
        ("~/no", "~/notes.txt"),
        ("", "notes.txt"),
        (".", ".hidden/"),
        ("x", None),
        ("nowhere/", None),
        ("~nobody-has-this-name/", None),
        ("\x1b", None),
        ("a\x00/", None),
    ],
)
def test_the_first_name_that_goes_on_so(tree, typed, completed):
    assert completion(typed) == completed


def test_a_folder_ends_in_a_slash(tree):
    (tree / "notes.txt").unlink()
    assert completion(f"{tree}/n") == f"{tree}/notes/"


async def test_tab_completes_and_without_completion_moves_on(tree):
    class Form(App[None]):
        def compose(self) -> Any:
            yield PathInput(placeholder="path", pane="Button", id="path")
            yield Button("ok")

    async with Form().run_test() as pilot:
        line = pilot.app.query_one(PathInput)
        line.open()
        await pilot.press("n")
        while not line._suggestion:
            await pilot.pause(0.01)
        await pilot.press("tab")
        assert line.value == "notes.txt"
        await pilot.pause()
        await pilot.press("tab")
        assert isinstance(pilot.app.focused, Button)
