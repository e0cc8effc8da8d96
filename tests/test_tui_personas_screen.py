"""The persona manager: every key does one thing and says what it did."""

from typing import Any

import scripted_run as script

from engine.persona import PersonaState
from tui.personas_screen import persona_cells
from tui.widgets.persona_card import card_text


async def opened(pilot: Any) -> None:
    await script.ready(pilot)
    await pilot.press("f2")
    await script.until(pilot, lambda: "Personas ·" in script.screen_text(pilot.app))


async def says(pilot: Any, words: str) -> None:
    await script.until(pilot, lambda: words in script.screen_text(pilot.app))


async def test_every_persona_stands_in_the_table(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        for entry in session.roster.entries():
            assert entry.persona.name in text


async def test_the_keys_change_the_real_roster(session):
    entries = session.roster.entries()
    row = next(
        n for n, entry in enumerate(entries) if entry.state is PersonaState.STABLE and not entry.persona.is_control
    )
    name = entries[row].persona.persona_id
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press(*["j"] * row, "p")
        await says(pilot, f"✓ {name}: stable → active")
        await pilot.press("x")
        await says(pilot, f"✓ {name}: active → pruned; r restores it")
        await pilot.press("r")
        await says(pilot, f"✓ {name}: pruned → experimental, and starts afresh")
    states = {entry.persona.persona_id: entry.state for entry in session.roster.entries()}
    assert states[name] is PersonaState.EXPERIMENTAL


async def test_two_parents_are_chosen_and_their_child_joins(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("b")
        await says(pilot, "✓ analyst is a parent: b on another crosses the two, b again nudges its traits")
        await pilot.press("j", "b")
        await says(pilot, "✓ analyst-archivist-2 is experimental, a child of analyst and archivist")
        await says(pilot, "Child of Analyst and Archivist")
    child = session.roster.find("analyst-archivist-2")
    assert (child.state, child.persona.parents) == (PersonaState.EXPERIMENTAL, ("analyst", "archivist"))
    assert session.roster.verify() == []


async def test_one_parent_twice_has_a_nudged_child_and_escape_forgets_a_parent():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("b", "b")
        await says(pilot, "✓ archivist-2 is experimental, a child of archivist")
        await pilot.press("b", "escape")
        await says(pilot, "✓ archivist-2 is no parent any more")
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_who_can_have_no_children_is_told():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("b", "j", "b")
        await says(pilot, "! control is the neutral control (it has no traits to pass on)")
        await pilot.press("b", "j", "j", "b")
        await says(pilot, "! control is the neutral control")


async def test_the_control_stays():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "x")
        await says(pilot, "! control is the neutral control")


async def test_a_verdict_that_cannot_apply_is_one_line():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await says(pilot, "! archivist is stable (only a pruned persona can be restored)")


async def test_files_that_cannot_be_read_are_named():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "! active/broken.json" in script.screen_text(pilot.app)


async def test_the_card_follows_the_cursor():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("j", "j")
        await says(pilot, "The Skeptic  skeptic")
        assert "no samples yet" in script.screen_text(pilot.app)


async def test_escape_goes_back_to_the_question():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await opened(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen


def test_texts_of_a_persona_file_are_data():
    entry = script.ScriptedRoster().entries()[0]
    hostile = script.persona("archivist", name="[b]\x1b[31m", description="\u202e[x]\x07")
    cells = persona_cells(type(entry)(hostile, entry.state))
    assert cells[0].plain.startswith("[b][31m")
    assert "[x]" in card_text(type(entry)(hostile, entry.state), 40).plain
    assert not set(card_text(type(entry)(hostile, entry.state), 40).plain) & set("\x1b\x07\u202e")
