"""The pictures of the README: the real application on the sample library, drawn by these tests."""

import re
from typing import Any

from tests.support import ROOT
from tests.support import scripted_run as script

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"


async def answered(pilot: Any) -> None:
    await script.ready(pilot)
    pilot.app.ask_screen.ask(QUESTION)
    await script.until(pilot, lambda: pilot.app.ask_screen.feed.view.finished)
    await script.drawn(pilot)


def test_ask(snap_compare, session):
    assert snap_compare(script.app(session), run_before=answered, terminal_size=(120, 36))


def test_graph(snap_compare, session):
    async def play(pilot: Any) -> None:
        await answered(pilot)
        await pilot.press("f4")
        await script.until(pilot, lambda: "the answer cites" in script.screen_text(pilot.app))

    assert snap_compare(script.app(session), run_before=play, terminal_size=(120, 36))


def test_every_file_that_the_readme_shows_or_names_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", text) + re.findall(r"`python -m (tests\.\w+\.\w+)", text)
    assert {"tests/whole/__snapshots__/test_readme/test_ask.svg", "tests.trials.crash"} <= set(named)
    paths = [f"{name.replace('.', '/')}.py" if name.startswith("tests.") else name for name in named]
    assert [name for name in paths if not (ROOT / name).exists()] == []
