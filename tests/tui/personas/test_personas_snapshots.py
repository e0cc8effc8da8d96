"""What the persona manager, its tabs, its form and the comparison look like, small and large."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from engine.personas.persona import PersonaState, RosterEntry
from tests.support import scripted_run as script

SMALL, LARGE = (80, 24), (120, 40)
both_sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])


@pytest.fixture(autouse=True)
def _one_time_zone(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def playing(*steps: tuple[str, str]) -> Any:
    """Press f2, then each key, and wait after it until these words stand on the screen."""

    async def play(pilot: Any) -> None:
        await script.ready(pilot)
        for key, words in (("f2", "Personas ·"), *steps):
            await pilot.press(key)
            await script.until(pilot, lambda words=words: words in script.screen_text(pilot.app))

    return play


def hostile() -> script.ScriptedSession:
    session = script.ScriptedSession()
    texts: dict[str, Any] = {
        "name": "[b]\x1b[31m鐘🔔" * 4,
        "description": "\u202e[x]\x07" + "é" * 300,
        "parents": ["p", "q"],
    }
    persona = script.persona("archivist", **texts)
    traits = {"[red]\x1b]0;x\x07": 9, "persistence": 1}
    persona = type(persona)("archivist", traits, ("\x1b[2Jships",) * 9, 0.5, persona.historical_performance, texts)
    session.personas.roster._entries["archivist"] = RosterEntry(persona, PersonaState.STABLE)
    return session


@both_sizes
@pytest.mark.parametrize(
    ("key", "words"),
    [("1", "Next review"), ("2", "Last 40 rewards"), ("3", "state stable"), ("4", "Last 3 runs")],
    ids=["card", "chart", "ledger", "receipts"],
)
def test_tab(snap_compare, size, key, words):
    steps = (("j", "archivist · stable"), (key, words))
    assert snap_compare(script.app(script.ScriptedSession()), run_before=playing(*steps), terminal_size=size)


def test_light(snap_compare):
    session = script.ScriptedSession()
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme="textual-light"))
    steps = (("j", "archivist · stable"), ("2", "Last 40 rewards"))
    assert snap_compare(script.app(session), run_before=playing(*steps), terminal_size=SMALL)


def test_moved(snap_compare):
    steps = (("j", "archivist · stable"), ("p", "✓ archivist: stable → active"))
    assert snap_compare(script.app(script.ScriptedSession()), run_before=playing(*steps), terminal_size=SMALL)


@both_sizes
def test_form(snap_compare, size):
    steps = (("j", "archivist · stable"), ("e", "✓ valid"))
    assert snap_compare(script.app(script.ScriptedSession()), run_before=playing(*steps), terminal_size=size)


def test_form_with_mistakes(snap_compare):
    steps = (("n", "✓ valid"), ("X", "! persona_id: 'new-personaX' does not match"))
    assert snap_compare(script.app(script.ScriptedSession()), run_before=playing(*steps), terminal_size=SMALL)


@both_sizes
def test_comparison(snap_compare, size):
    steps = (("m", "✓ marked: control"), ("j", "archivist · stable"), ("equals_sign", "Jaccard"))
    assert snap_compare(script.app(script.ScriptedSession()), run_before=playing(*steps), terminal_size=size)


@pytest.mark.parametrize("key", ["1", "e"], ids=["card", "form"])
def test_hostile_text(snap_compare, key):
    steps = (("j", "archivist · stable"), (key, "✓ valid" if key == "e" else "Next review"))
    assert snap_compare(script.app(hostile()), run_before=playing(*steps), terminal_size=SMALL)


@pytest.mark.parametrize("steps", [(("n", "✓ valid"),), (("e", "✓ valid"), ("up", "✓ valid"))], ids=["new", "edit"])
async def test_the_keys_of_the_form_fit_eighty_columns(steps):
    async with script.app(script.ScriptedSession()).run_test(size=SMALL) as pilot:
        await playing(*steps)(pilot)
        shown = [active.binding for active in pilot.app.screen.active_bindings.values() if active.binding.show]
        assert all(binding.id and binding.tooltip for binding in shown)
        cells = {b.action: len(pilot.app.get_key_display(b)) + len(b.description) + 2 for b in shown}
        assert sum(cells.values()) - 1 <= 80
