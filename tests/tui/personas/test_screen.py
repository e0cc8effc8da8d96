"""The persona manager: every key does one thing to the real roster, says what it did, and the ledger agrees."""

import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import DataTable, Input

from db.personas.files import save_persona_to_file
from engine.personas.persona import Persona, PersonaState
from engine.personas.roster import performance_of
from tests.support import scripted_run as script
from tests.support.ten_personas import write_ten_personas
from tui.personas.card import card_lines
from tui.personas.compare_screen import PersonaCompareScreen
from tui.personas.family_screen import FamilyScreen
from tui.personas.form import PersonaForm
from tui.personas.table import listed, persona_cells

REWARDS = {"analyst": 0.5, "reader": 0.25, "tracker": 1.0}


@pytest.fixture
def workspace(workspace: Path) -> Path:
    """The sample workspace with ten personas in three states."""
    write_ten_personas(workspace)
    return workspace


async def opened(pilot: Any) -> None:
    await script.ready(pilot)
    await pilot.press("f2")
    await script.until(pilot, lambda: "Personas ·" in script.screen_text(pilot.app))


async def says(pilot: Any, words: str) -> None:
    await script.until(pilot, lambda: words in script.screen_text(pilot.app))


async def go_to(pilot: Any, persona_id: str) -> None:
    """Put the cursor on a persona, the last step by a key."""
    await script.until(pilot, lambda: persona_id in rows(pilot))
    row = rows(pilot).index(persona_id)
    pilot.app.screen.query_one("#table", DataTable).move_cursor(row=row - 1 if row else 1)
    await pilot.press("j" if row else "k")
    assert highlighted(pilot) == persona_id


def highlighted(pilot: Any) -> str:
    return str(pilot.app.screen.table.entry.persona.persona_id)


def rows(pilot: Any) -> list[str]:
    return [entry.persona.persona_id for entry in pilot.app.screen.table.listed]


def state_of(session: Any, persona_id: str) -> PersonaState:
    found: PersonaState = session.personas.roster.find(persona_id).state
    return found


async def test_every_persona_stands_in_the_table_by_its_state(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        entries = session.personas.roster.entries()
        assert all(entry.persona.name in text for entry in entries)
        order = [state for state in PersonaState for entry in entries if entry.state is state]
        assert [state_of(session, name) for name in rows(pilot)] == order


async def test_the_keys_change_the_real_roster_and_u_takes_it_back_step_by_step(session):
    for n in range(3):
        session.personas.roster.record_rewards(f"run-{n}", REWARDS)
    begun = session.personas.roster.find("reader")
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await go_to(pilot, "reader")
        await pilot.press("p")
        await says(pilot, "✓ reader: stable → active")
        await pilot.press("d")
        await says(pilot, "✓ reader: active → stable")
        await pilot.press("x")
        await says(pilot, "✓ reader: stable → pruned; u takes it back")
        await pilot.press("r")
        await says(pilot, "✓ reader: pruned → experimental, and starts afresh")
        assert session.personas.roster.verify() == []
        assert performance_of(session.personas.roster.find("reader").persona).samples == 0
        for told in ("experimental → pruned", "pruned → stable", "stable → active", "active → stable"):
            await pilot.press("u")
            await says(pilot, f"✓ undone: the change of state of reader ({told})")
            assert session.personas.roster.verify() == []
        await pilot.press("u")
        await says(pilot, "! there is nothing to undo")
    assert session.personas.roster.find("reader") == begun


async def test_the_card_says_what_the_state_rests_on(session):
    for n in range(12):
        session.personas.roster.record_rewards(f"run-{n}", {"reader": 0.4 + n % 3 / 10})
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "reader")
        await pilot.press("enter")
        await says(pilot, "12 samples (a review needs 15) · mean .50")
        await says(pilot, "x prune below .40 · d demote below .50 · p promote above .75")
        await says(pilot, "Next review: no change. It needs 3 more samples.")
        text = script.screen_text(pilot.app)
        assert "Promoted once its lower bound (now .45) is above .75 (" in " ".join(text.split())
        scale = next(line[line.index("0 ─") :] for line in text.splitlines() if "0 ─" in line)
        # .40, .45, .50, .55 and .75: the threshold of demotion stands under the mean
        assert scale.index("x") < scale.index("[") < scale.index("●") < scale.index("]") < scale.index("p")


async def test_two_parents_are_chosen_and_their_child_joins(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("b")
        await says(pilot, "✓ analyst is a parent: b on another crosses the two, b again varies its traits")
        await pilot.press("j", "b")
        await says(pilot, "✓ analyst-archivist-2 is experimental, a child of analyst and archivist")
        await says(pilot, "Child of Analyst and Archivist")
        await says(pilot, "child of analyst, archivist (t goes there)")
        child = session.personas.roster.find("analyst-archivist-2")
        assert (child.state, child.persona.parents) == (PersonaState.EXPERIMENTAL, ("analyst", "archivist"))
        assert session.personas.roster.verify() == []
        await pilot.press("u")
        await says(pilot, "✓ undone: the addition of analyst-archivist-2 (experimental → pruned)")
    assert state_of(session, "analyst-archivist-2") is PersonaState.PRUNED
    assert session.personas.roster.verify() == []


async def test_t_goes_to_parents_and_children(session):
    session.personas.breed(["analyst", "archivist"])
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("t")
        assert isinstance(pilot.app.screen, FamilyScreen)
        await says(pilot, "child   analyst-archivist-2")
        await pilot.press("enter")
        await script.until(pilot, lambda: not isinstance(pilot.app.screen, FamilyScreen))
        assert highlighted(pilot) == "analyst-archivist-2"
        await pilot.press("t", "j", "enter")
        await script.until(pilot, lambda: not isinstance(pilot.app.screen, FamilyScreen))
        assert highlighted(pilot) == "archivist"
        await go_to(pilot, "tracker")
        await pilot.press("t")
        await says(pilot, "! tracker has no parents and no children")


async def test_one_parent_twice_has_a_nudged_child_and_escape_forgets_a_parent():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "archivist")
        await pilot.press("b", "b")
        await says(pilot, "✓ archivist-2 is experimental, a child of archivist")
        await pilot.press("b", "escape")
        await says(pilot, "✓ archivist-2 is no longer chosen as a parent")
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_who_can_have_no_children_is_told():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "control")
        await pilot.press("b", "j", "b")
        await says(pilot, "! control is the neutral control (it has no traits to pass on)")


async def test_the_control_stays_and_a_verdict_that_cannot_apply_is_one_line():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "control")
        await says(pilot, "Reviews never move the control.")
        await pilot.press("x")
        await says(pilot, "! control is the neutral control")
        await pilot.press("r")
        await says(pilot, "! control is active (only a pruned persona can be restored)")


async def test_files_that_cannot_be_read_are_named():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "! active/broken.json" in script.screen_text(pilot.app)


async def test_keys_act_on_the_persona_under_the_cursor_when_another_session_changed_the_roster(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await go_to(pilot, "reader")
        session.personas.roster.add(Persona("aaa", {}), PersonaState.ACTIVE)
        session.personas.roster.change("reader", "promote", rule="manual", decided_by="user")
        await pilot.press("p")
        await says(pilot, "! reader is active already (there is no higher state)")
        assert highlighted(pilot) == "reader"
        assert "aaa" in rows(pilot)
    assert state_of(session, "reader") is PersonaState.ACTIVE


async def test_sixty_personas_are_sorted_and_filtered(session):
    for n in range(50):
        save_persona_to_file(
            Persona(f"made-{n:02}", {"focus": 1 + n % 9}, ("ships",) if n % 2 else ()),
            session.workspace.personas / "experimental" / f"made-{n:02}.json",
        )
    session.personas.roster.record_rewards("run-1", {"made-07": 1.0, "made-09": 0.5})
    session.personas.roster.record_rewards("run-2", {"made-09": 0.5})
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert len(rows(pilot)) == 60
        await pilot.press("s")
        await says(pilot, "by name")
        assert rows(pilot)[:2] == ["made-00", "made-01"]
        await pilot.press("s")
        await says(pilot, "by mean")
        assert rows(pilot)[:2] == ["made-07", "made-09"]
        await pilot.press("s")
        assert rows(pilot)[:2] == ["made-09", "made-07"]
        await pilot.press("s", "G")
        await says(pilot, "✓ sorted by state")
        await pilot.press("slash", *"de SH", "enter")
        await says(pilot, "Personas · 25 of 60")
        await pilot.press("slash", *"zzz", "enter")
        await says(pilot, "Personas · 0 of 60")
        await says(pilot, "There is no such persona.")
        await pilot.press("p", "x", "e", "m", "t", "b", "c", "ctrl+e", "4", "1")
        await pilot.press("escape")
        await says(pilot, "Personas · 60")
    assert session.personas.roster.verify() == []


async def test_the_tabs_show_chart_ledger_and_receipts_of_the_real_workspace(session):
    async for _ in session.runs.ask("Who built the lighthouse that Ysolde Marrak kept?"):
        pass
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await go_to(pilot, "control")
        await pilot.press("2")
        await says(pilot, "One reward · 1 sample · mean")
        await pilot.press("3")
        await says(pilot, "file found, state active · no samples")
        await pilot.press("4")
        await says(pilot, "One run: score = expected")
        await says(pilot, "Who built the lighthouse that Ysolde Marrak kept?")
        await pilot.press("k", "2")
        await pilot.press("1")
        await says(pilot, "Next review")


async def test_enter_gives_the_detail_the_screen_and_escape_takes_it_back():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("2", "enter")
        await says(pilot, "Last 40 rewards")
        assert not pilot.app.screen.query_one("#table").display or pilot.app.screen.query_one("#table").size.height == 0
        await pilot.press("escape")
        await script.until(pilot, lambda: pilot.app.screen.query_one("#table").size.height > 0)


async def test_two_personas_are_compared(session):
    async for _ in session.runs.ask("Who built the lighthouse that Ysolde Marrak kept?"):
        pass
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("equals_sign")
        await says(pilot, "! mark one persona with m")
        await go_to(pilot, "analyst")
        await pilot.press("m")
        await says(pilot, "✓ marked: analyst; = compares it with the highlighted one")
        await says(pilot, "* The Analyst")
        await go_to(pilot, "control")
        await pilot.press("equals_sign")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, PersonaCompareScreen))
        await says(pilot, "Their first five passages overlap by")
        text = script.screen_text(pilot.app)
        assert "breadth        ━━━━━━━·· 7" in text
        assert "≠ ━━━━━···· 5" in text
        await pilot.press("escape")
        await pilot.press("m")
        await says(pilot, "✓ marked: analyst and control; = compares them")
        await pilot.press("escape")
        await says(pilot, "✓ no persona is marked")


async def test_a_new_persona_is_checked_at_every_key_and_joins(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, PersonaForm))
        await says(pilot, "✓ valid")
        await pilot.press("ctrl+u", *"T")
        await says(pilot, "! persona_id: 'T' does not match '^[a-z0-9]")
        pilot.app.screen.query_one("#persona_id", Input).value = "tracker"
        await says(pilot, "! persona_id: tracker is in use")
        await pilot.press("ctrl+s")
        await says(pilot, "! not saved: persona_id: tracker is in use")
        await pilot.press("end", *"-b", "down", *"B", "down", "down", *"x;y, z", "down", "end", *"1")
        await says(pilot, "✓ valid")
        await pilot.press("home", "1")
        await says(pilot, "! activation_cost: 101.0 is greater than the maximum of 1")
        await pilot.press("end", "ctrl+u", "x")
        await says(pilot, "! activation_cost: 'x' is not of type 'number'")
        await pilot.press("ctrl+u", *".5", "tab", "8", "down", "right", "right", "left", "down", "2", "delete")
        await pilot.press("a", *"humour", "enter", "3")
        await says(pilot, "humour")
        await pilot.press("ctrl+s")
        await says(pilot, "✓ tracker-b: added as experimental")
        assert highlighted(pilot) == "tracker-b"
    made = session.personas.roster.find("tracker-b").persona
    assert made.traits == {"words": 8, "names": 6, "humour": 3}
    assert (made.name, made.expertise, made.activation_cost) == ("B", ("x", "y, z"), 0.5)
    assert session.personas.roster.verify() == []


async def test_an_edit_of_the_walk_starts_afresh_unless_the_record_is_kept(session):
    session.personas.roster.record_rewards("run-1", REWARDS)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "analyst")
        await pilot.press("e")
        await says(pilot, "Edit The Analyst")
        await says(pilot, "record: kept, 1 sample (^r starts afresh)")
        await pilot.press(*["down"] * 4, "9")
        await says(pilot, "record: starts afresh, 1 sample will no longer count (^r keeps the record)")
        await pilot.press("ctrl+r")
        await says(pilot, "record: kept, 1 sample")
        await pilot.press("ctrl+r", "ctrl+s")
        await says(pilot, "✓ analyst: saved, and starts afresh")
        edited = session.personas.roster.find("analyst").persona
        assert edited.traits == {"breadth": 7, "analysis": 7, "words": 9}
        assert performance_of(edited).samples == 0
        await pilot.press("u")
        await says(pilot, "✓ undone: the edit of analyst (words 9 → -)")
    assert performance_of(session.personas.roster.find("analyst").persona).samples == 1
    assert session.personas.roster.verify() == []


async def test_the_form_asks_once_before_it_forgets_what_was_typed(session):
    assert session.personas.roster.verify() == []
    lines = session.workspace.ledger.read_bytes()
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("e")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, PersonaForm))
        await pilot.press("escape")
        await script.until(pilot, lambda: not isinstance(pilot.app.screen, PersonaForm))
        await pilot.press("e", *"zz", "escape")
        await says(pilot, "! not saved: ^s saves the changes, esc again discards them")
        await pilot.press(*"z", "escape")
        assert isinstance(pilot.app.screen, PersonaForm)
        await pilot.press("tab", "tab", "tab", "tab", "a", "escape")
        assert isinstance(pilot.app.screen, PersonaForm)
        await pilot.press("escape")
        await script.until(pilot, lambda: not isinstance(pilot.app.screen, PersonaForm))
    assert session.workspace.ledger.read_bytes() == lines


async def test_the_control_keeps_its_traits_and_may_be_renamed(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "control")
        await pilot.press("e")
        await says(pilot, "the control has none")
        await pilot.press(*"!", *["tab"] * 4, "9", "delete", "a", "ctrl+s")
        await says(pilot, "✓ control: saved")
    assert session.personas.roster.find("control").persona.traits == {}
    assert session.personas.roster.find("control").persona.name.endswith("!")
    assert session.personas.roster.find("control").persona.is_control
    assert session.personas.roster.verify() == []


async def test_a_copy_is_a_new_persona_without_record_and_parents(session):
    session.personas.roster.record_rewards("run-1", REWARDS)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "tracker")
        await pilot.press("c")
        await says(pilot, "tracker-copy")
        await pilot.press("ctrl+s")
        await says(pilot, "✓ tracker-copy: added as experimental")
    copy = session.personas.roster.find("tracker-copy").persona
    assert (copy.traits, performance_of(copy).samples) == (session.personas.roster.find("tracker").persona.traits, 0)
    assert session.personas.roster.verify() == []


def editor(tmp_path: Path, code: str) -> str:
    """A program that changes the file it is given, as an editor does."""
    path = tmp_path / "editor"
    path.write_text(f"#!{sys.executable}\nimport pathlib, sys\np = pathlib.Path(sys.argv[-1])\n{code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def _suspended(monkeypatch):
    """The pilot has no terminal to hand over; the editor runs all the same."""
    import contextlib

    monkeypatch.setattr("textual.app.App.suspend", lambda _app: contextlib.nullcontext())


@pytest.mark.usefixtures("_suspended")
async def test_a_file_edited_elsewhere_is_checked_and_what_is_bad_waits(session, tmp_path, monkeypatch):
    async with script.app(session).run_test(size=(200, 24)) as pilot:
        await opened(pilot)
        await go_to(pilot, "tracker")
        monkeypatch.setenv("EDITOR", editor(tmp_path, "p.write_text(p.read_text().replace(': 8', ': 88'))"))
        await pilot.press("ctrl+e")
        await says(pilot, "! tracker.json: traits/ambition: 88 is greater than the maximum of 9")
        assert session.personas.roster.find("tracker").persona.traits["ambition"] == 8
        monkeypatch.setenv("EDITOR", editor(tmp_path, "p.write_text(p.read_text().replace(': 88', ': 7'))"))
        await pilot.press("ctrl+e")
        await says(pilot, "✓ tracker: saved")
        assert session.personas.roster.find("tracker").persona.traits == {"ambition": 7, "literalness": 7}
        monkeypatch.setenv("EDITOR", editor(tmp_path, "p.write_text('{')"))
        await pilot.press("ctrl+e")
        await says(pilot, "nothing was changed, ctrl+e opens your text again")
        await go_to(pilot, "control")
        for command, told in (
            ("", "! no editor is set"), ("'", "! EDITOR is"), ("/nowhere/editor", "! /nowhere/editor: No such file"),
            (editor(tmp_path, "sys.exit(3)"), "ended with 3"),
        ):  # fmt: skip
            monkeypatch.setenv("EDITOR", command)
            monkeypatch.delenv("VISUAL", raising=False)
            await pilot.press("ctrl+e")
            await says(pilot, told)
    assert session.personas.roster.verify() == []


async def test_where_nothing_can_be_suspended_that_is_told(session, monkeypatch):
    monkeypatch.setenv("EDITOR", "true")
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("ctrl+e")
        await says(pilot, "! no other program can run in this terminal")


async def test_escape_goes_back_to_the_question():
    async with script.app(script.ScriptedSession()).run_test() as pilot:
        await opened(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_a_damaged_ledger_is_one_line(session):
    assert session.personas.roster.verify() == []
    with session.workspace.ledger.open("ab") as file:
        file.write(b'{"entry":"Transition"}\n')
    async with script.app(session).run_test(size=(200, 24)) as pilot:
        await opened(pilot)
        await pilot.press("3")
        await says(pilot, "ledger.jsonl: line")
        await pilot.press("u")
        await says(pilot, "ledger.jsonl: line")


async def test_it_survives_a_tiny_window():
    async with script.app(script.ScriptedSession()).run_test(size=(40, 10)) as pilot:
        await opened(pilot)
        for keys in (("2",), ("3",), ("4",), ("enter",), ("escape",), ("m", "j", "equals_sign"), ("escape",), ("n",)):
            await pilot.press(*keys)
            await pilot.pause()
        await says(pilot, "New persona")
        await pilot.press(*"BAD")
        await says(pilot, "! persona_id")


def test_the_filter_takes_all_words_in_any_case():
    entries = script.ScriptedRoster().entries()
    assert [entry.persona.persona_id for entry in listed(entries, words="SHIPS skep", order="state")] == ["skeptic"]
    assert listed(entries, words="nobody", order="name") == []


def test_texts_of_a_persona_file_are_data():
    entry = script.ScriptedRoster().entries()[0]
    hostile = script.persona("archivist", name="[b]\x1b[31m", description="\u202e[x]\x07", parents=["p"])
    entry = type(entry)(hostile, entry.state)
    assert persona_cells(entry)[0].plain.startswith("  [b][31m")
    from engine.personas.outlook import outlook

    view = outlook(entry, [entry], script.ScriptedSession().settings.thresholds)
    text = "\n".join(line.plain for line in card_lines(entry, [entry], view, 40))
    assert "[x]" in text
    assert not set(text) & set("\x1b\x07\u202e")
