"""Earlier questions by their keys: scrolled, found, opened, replayed, asked again, compared, exported, deleted."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from engine.errors import StoreError
from engine.events import RecordedEvent, RunFinished, RunStarted
from engine.run.state import Phase
from tests.support import scripted_run as script
from tui.history import search as runs_screen
from tui.history.compare_screen import RunCompareScreen
from tui.history.run_table import RunTable
from tui.widgets.save_prompt import SaveScreen

HOSTILE = "[red]bold[/red]\x1b[2J\x1b]0;gone\x07\x9b31m\u202eevil\u2066\x00 鐘🔔"
SHOWN = "[red]bold[/red][2J]0;gone31mevil 鐘🔔"


async def exporting(pilot: Any) -> Input:
    """The line for the name of a file, after the key that asks for it."""
    await pilot.press("e")
    await script.until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
    name: Input = pilot.app.screen.query_one(Input)
    return name


async def opened(pilot: Any) -> RunTable:
    await script.ready(pilot)
    await pilot.press("f3")
    await said(pilot, "History ·")
    await listed(pilot)
    table: RunTable = pilot.app.screen.query_one(RunTable)
    return table


async def listed(pilot: Any) -> None:
    """Wait until everything was found and nothing is being read."""
    screen = pilot.app.screen
    await script.until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers if worker.node is screen))


async def entered(pilot: Any, words: str) -> None:
    """Open the search, and enter these words in it."""
    await pilot.press("slash")
    pilot.app.screen.query_one("#search", Input).value = words
    await pilot.press("enter")


async def said(pilot: Any, words: str) -> None:
    await script.until(pilot, lambda: words in script.screen_text(pilot.app))


def highlighted(pilot: Any) -> str:
    run = pilot.app.screen.search.run_under_cursor()
    return run.run_id if run else ""


async def test_an_empty_history_says_so_and_its_keys_do_nothing():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "No question was asked here yet" in script.screen_text(pilot.app)
        await pilot.press("enter", "p", "a", "c", "e", "D", "j", "G", "g", "ctrl+d")
        await listed(pilot)
        await pilot.press("u")
        await said(pilot, "! there is no deleted run")
        await pilot.press("escape")
        assert pilot.app.current_mode == "ask"


async def test_a_run_of_the_real_session_is_opened_at_its_end_and_replayed(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        ask = pilot.app.ask_screen
        ask.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: not ask.player.busy)
        first = ask.feed.state
        for key in ("enter", "p"):
            await opened(pilot)
            await pilot.press(key)
            await script.until(pilot, lambda first=first: ask.player.replay is not None and ask.feed.state is not first)
            assert ask.player.replay.paused is (key == "enter")
            await pilot.press("escape" if key == "p" else "y")
            await script.until(pilot, lambda: not ask.player.busy)
            again = ask.feed.state
            assert (again.answer, again.rows, list(again.log)) == (first.answer, first.rows, list(first.log))
            first = again


async def test_what_was_said_of_a_run_stands_beside_it():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await said(pilot, "20 passages · no model")
        assert "judged" not in script.screen_text(pilot.app)
        await pilot.press("j", "j")
        await said(pilot, "no model · judged + [1]-")
        assert "\n ± 2026-01-02" in script.screen_text(pilot.app)


async def test_a_damaged_ledger_leaves_the_history_as_it_is(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
        with session.workspace.ledger.open("ab") as file:
            file.write(b'{"entry":"Feedback"}\n')
        await opened(pilot)
        await said(pilot, "Who led the Net Strike of 1894?")


async def test_the_keys_go_anywhere_in_thousands_of_runs():
    async with script.app(script.ScriptedSession(runs=2345)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert "History · 2,345 " in script.screen_text(pilot.app)
        page = table.size.height - 1
        for keys, row in (
            (["j", "down"], 2),
            (["k", "up", "up"], 0),
            (["ctrl+d", "pagedown"], 2 * page),
            (["ctrl+u", "pageup"], 0),
            (["G"], 2344),
            (["g"], 0),
            (["end"], 2344),
            (["home"], 0),
        ):
            await pilot.press(*keys)
            await listed(pilot)
            assert (table.cursor, highlighted(pilot)) == (row, f"run-{row}")
            assert row in table.in_sight
        await pilot.press("G")
        await said(pilot, "Question 2344: ")
        assert len(pilot.app.screen.search.pages._pages) <= 3


async def test_the_mouse_moves_the_cursor_and_the_wheel_the_list():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.click(RunTable, offset=(10, 4))
        assert table.cursor == 3
        table.on_mouse_scroll_down()
        assert (table.top, table.cursor) == (3, 3)
        table.on_mouse_scroll_up()
        assert table.top == 0


async def test_it_lives_on_a_very_small_terminal():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(40, 10)) as pilot:
        table = await opened(pilot)
        await pilot.press("G")
        await listed(pilot)
        assert 59 in table.in_sight
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert 59 in table.in_sight
        assert "Question 59" in script.screen_text(pilot.app)


async def test_runs_are_found_while_typing_and_escape_ends_the_search():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash")
        assert 'words  "a phrase"' in script.screen_text(pilot.app)
        await pilot.press(*"QUESTION 42")
        await said(pilot, "Found “QUESTION 42” · 1 ")
        await pilot.press("down")
        await listed(pilot)
        assert (table.has_focus, highlighted(pilot)) == (True, "run-42")
        assert 'words  "a phrase"' not in script.screen_text(pilot.app)
        await pilot.press("escape")
        await said(pilot, "History · 60 ")
        await entered(pilot, "nothing of the kind")
        await said(pilot, "Nothing found. Esc ends the search.")
        await pilot.press("escape")
        await said(pilot, "History · 60 ")
        await pilot.press("escape")
        assert pilot.app.current_mode == "ask"


async def test_fields_are_combined():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await entered(pilot, "persona:tracker is:cancelled before:2027")
        await said(pilot, "Found “persona:tracker is:cancelled…” · 9 ")
        await entered(pilot, "is:liked")
        await said(pilot, "Found “is:liked” · 1 ")


async def test_a_search_that_cannot_be_read_is_told_when_it_is_entered_and_can_be_mended():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"is:anwered")
        await listed(pilot)
        assert "! no run is" not in script.screen_text(pilot.app)
        await pilot.press("enter")
        await said(pilot, "! no run is 'anwered' (did you mean is:answered?")
        search = pilot.app.screen.query_one("#search", Input)
        assert search.has_focus
        search.value = "is:answered"
        await pilot.press("enter")
        await said(pilot, "Found “is:answered” · 2 ")


async def test_the_next_search_ends_the_one_that_goes_on(monkeypatch):
    monkeypatch.setattr(runs_screen, "SECONDS", 0.0)
    async with script.app(script.ScriptedSession(runs=9000)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        screen = pilot.app.screen
        await entered(pilot, "nowhere")
        await script.until(pilot, lambda: screen.search.requested.text == "nowhere")
        await pilot.press("escape")
        await said(pilot, "History · 9,000 ")
        await listed(pilot)
        assert screen.search.query.text == ""


async def test_how_far_a_search_is_stands_in_the_title(monkeypatch):
    monkeypatch.setattr(runs_screen, "SECONDS", 0.0)
    titles, draw = [], runs_screen.RunSearch.draw_count

    def draw_and_note(search):
        draw(search)
        titles.append(str(search._table.border_title))

    monkeypatch.setattr(runs_screen.RunSearch, "draw_count", draw_and_note)
    async with script.app(script.ScriptedSession(runs=3000)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await entered(pilot, "Question 17")
        await said(pilot, "Found “Question 17” · 159 ")
        await listed(pilot)
    assert " Found “Question 17” · 20 in the newest 1,000, looking on " in titles
    assert " History · 2,000+ " in titles


async def test_what_is_found_later_is_read_as_well():
    async with script.app(script.ScriptedSession(runs=9000)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await entered(pilot, "Question 8765")
        await said(pilot, "Found “Question 8765” · 1 ")
        await listed(pilot)
        assert highlighted(pilot) == "run-8765"
        await entered(pilot, "Question 765")
        await said(pilot, "Found “Question 765” · 19 ")
        await listed(pilot)
        assert "  Question 7657: " in script.screen_text(pilot.app)


async def test_the_cursor_stays_on_its_run_when_the_screen_is_left():
    session = script.ScriptedSession(script.answered(), runs=60)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("ctrl+d", "ctrl+d", "j")
        before = highlighted(pilot)
        await pilot.press("f2")
        session.runs.history.add(script.summary(99))
        await pilot.press("f3")
        await said(pilot, "History · 61 ")
        await listed(pilot)
        assert highlighted(pilot) == before
        assert table.cursor in table.in_sight


async def test_a_run_that_cannot_be_read_is_one_line():
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j")
        for key in ("enter", "p", "e"):
            await pilot.press(key)
            if key == "e":
                await pilot.press("enter")
            await said(pilot, "! the events of run-1 are damaged")
            assert pilot.app.current_mode == "history"


async def test_a_run_of_which_nothing_was_recorded_is_told(monkeypatch):
    session = script.ScriptedSession(runs=1)
    monkeypatch.setattr(session.runs, "replay", lambda _run_id: [])
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await said(pilot, "! nothing of this run was recorded")


async def test_a_history_that_cannot_be_read_is_one_line(monkeypatch):
    def refuse(_history):
        raise StoreError("db/history: Permission denied", hint="check its rights")

    monkeypatch.setattr("db.runs.history.History._files", refuse)
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("f3")
        await said(pilot, "! db/history: Permission denied (check its rights)")


async def test_a_running_question_is_not_replaced():
    session = script.ScriptedSession(script.walk(), hold=True, runs=3)
    async with script.app(session).run_test(notifications=True) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await script.until(pilot, lambda: session.asked)
        await opened(pilot)
        for key in ("enter", "p", "a"):
            await pilot.press(key)
            await script.until(pilot, lambda: len(pilot.app._notifications) > 0)
            pilot.app.clear_notifications()
        assert (pilot.app.ask_screen.player.replay, session.cancelled, session.asked) == (None, False, ["who?"])
        assert pilot.app.ask_screen.feed.state.phase is Phase.WALKING


async def test_a_replay_gives_way_to_another_run_and_to_a_question():
    session = script.ScriptedSession(script.answered(), runs=3)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        ask = pilot.app.ask_screen
        await script.until(pilot, lambda: ask.player.replay is not None)
        first = ask.player.replay
        await opened(pilot)
        await pilot.press("p")
        await script.until(pilot, lambda: ask.player.replay is not first)
        await opened(pilot)
        await pilot.press("a")
        await script.until(pilot, lambda: session.asked != [])
        await script.until(pilot, lambda: not ask.player.busy)
        assert (session.asked, ask.player.replay) == ([session.runs.history.recent(1)[0].question], None)
        assert pilot.app.current_mode == "ask"


async def test_a_question_that_the_list_has_only_the_beginning_of_is_asked_in_full(monkeypatch):
    session = script.ScriptedSession(script.answered(), runs=1)
    long = "Who " + "really " * 100 + "built it?"
    session.runs.history = script.history_of(
        [script.summary(0, question=long[:200] + "…", question_is_cut=True)], Path(session.root / "other")
    )
    events = [RecordedEvent(0.0, RunStarted("run-0", long, 7, 412, None)), RecordedEvent(1.0, RunFinished({}))]
    monkeypatch.setattr(session.runs, "replay", lambda _run_id: events)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await script.until(pilot, lambda: session.asked != [])
    assert session.asked == [long]


async def test_two_runs_are_compared():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("c")
        await said(pilot, "✓ chosen: c on another run compares the two, esc forgets it")
        assert "\n*  2026-01-02" in script.screen_text(pilot.app)
        await pilot.press("c")
        await said(pilot, "✓ no run is chosen any more")
        await pilot.press("c", "escape")
        await said(pilot, "✓ no run is chosen any more")
        await pilot.press("c", "j", "j", "c")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, RunCompareScreen))
        await said(pilot, "Two runs · what differs is bold")
        pane = pilot.app.screen.query_one("#comparison")
        for keys, where in ((["G"], pane.max_scroll_y), (["g"], 0), (["j", "j", "k"], 1), (["ctrl+d"], None)):
            await pilot.press(*keys)
            await script.until(pilot, lambda where=where: pane.scroll_y == where if where is not None else True)
        assert pane.scroll_y > 1
        await pilot.press("ctrl+u", "escape")
        await said(pilot, "History · 60 ")
        assert highlighted(pilot) == "run-2"
        assert "\n*  " not in script.screen_text(pilot.app)


async def test_a_run_is_exported_and_nothing_is_replaced_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        name = await exporting(pilot)
        assert (name.has_focus, name.value) == (True, "who-built-the-lighthouse-that-ysolde-marrak-kept.md")
        await pilot.press("enter")
        await said(pilot, "✓ written to ")
        written = tmp_path / name.value
        assert written.read_text(encoding="utf-8").startswith(f"# {script.QUESTION}\n\nShe kept")
        written.write_text("mine")
        await exporting(pilot)
        await pilot.press("enter")
        await said(pilot, "is there already: enter again replaces it, esc leaves it")
        await pilot.press("escape")
        assert written.read_text() == "mine"
        await exporting(pilot)
        await pilot.press("enter")
        await said(pilot, "is there already")
        await pilot.press("enter")
        await script.until(pilot, lambda: written.read_text(encoding="utf-8") != "mine")
        await script.until(pilot, lambda: isinstance(pilot.app.focused, RunTable))
        name = await exporting(pilot)
        name.value = str(tmp_path / "run.json")
        await pilot.press("enter")
        await script.until(pilot, (tmp_path / "run.json").exists)
        assert json.loads((tmp_path / "run.json").read_text())["question"] == script.QUESTION


@pytest.mark.parametrize(
    ("name", "words"), [("run.pdf", "! run.pdf: no format has that ending"), ("no/where.md", "! no/where.md: No such")]
)
async def test_a_file_that_cannot_be_written_is_told_and_can_be_mended(tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    async with script.app(script.ScriptedSession(runs=1)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        line = await exporting(pilot)
        line.value = name
        await pilot.press("enter")
        await said(pilot, words)
        assert line.has_focus
        await pilot.press("escape")
        assert pilot.app.screen.query_one(RunTable).has_focus
    assert list(tmp_path.iterdir()) == []


async def test_a_deleted_run_comes_back_to_its_place():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("j", "j", "D")
        await said(pilot, "✓ deleted; u brings it back for a day (the ledger keeps what personas earned)")
        await said(pilot, "History · 59 ")
        await listed(pilot)
        assert (table.cursor, highlighted(pilot)) == (2, "run-3")
        await pilot.press("delete")
        await said(pilot, "History · 58 ")
        await listed(pilot)
        assert highlighted(pilot) == "run-4"
        await pilot.press("u")
        await said(pilot, "✓ back again: Question 3")
        await listed(pilot)
        assert highlighted(pilot) == "run-3"
        await pilot.press("u")
        await said(pilot, "History · 60 ")
        await listed(pilot)
        assert (table.cursor, highlighted(pilot)) == (2, "run-2")


async def test_pressing_twice_deletes_no_second_run():
    session = script.ScriptedSession(runs=60)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        screen = pilot.app.screen
        screen.action_delete()
        screen.action_delete()
        assert "\n   deleted  " in script.screen_text(pilot.app) or highlighted(pilot) == ""
        await said(pilot, "History · 59 ")
        await listed(pilot)
    assert session.runs.history.count() == 59


async def test_the_last_run_of_a_search_can_be_deleted():
    async with script.app(script.ScriptedSession(runs=60)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await entered(pilot, "Question 42")
        await said(pilot, "Found “Question 42” · 1 ")
        await pilot.press("D")
        await said(pilot, "Nothing found")
        await pilot.press("u")
        await said(pilot, "Found “Question 42” · 1 ")


async def test_a_run_that_another_session_deleted_is_told():
    session = script.ScriptedSession(runs=60)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        session.runs.trash.delete(["run-0"])
        await pilot.press("D")
        await said(pilot, "! there is no run run-0 any more (it was deleted already)")
        await said(pilot, "History · 59 ")
        await listed(pilot)
        session.runs.trash.delete(["run-55"])
        await pilot.press("G")
        pilot.app.screen.search.pages._pages.clear()
        pilot.app.screen.query_one(RunTable).action_scroll_to_top()
        await listed(pilot)
        pilot.app.screen.query_one(RunTable).action_scroll_to_end()
        await listed(pilot)
        await said(pilot, "\n   deleted  ")


async def test_a_read_only_disk_deletes_nothing(monkeypatch):
    def refuse(*_arguments, **_options):
        raise StoreError("db/trash: Read-only file system", hint="check the disk")

    monkeypatch.setattr("db.runs.trash.write_atomically", refuse)
    async with script.app(script.ScriptedSession(runs=3)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("D")
        await said(pilot, "! db/trash: Read-only file system (check the disk)")
        assert "History · 3 " in script.screen_text(pilot.app)


async def test_while_something_is_typed_its_letters_are_no_keys():
    session = script.ScriptedSession(runs=3)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"paceDu/jkgG")
        assert pilot.app.screen.query_one("#search", Input).value == "paceDu/jkgG"
        assert "Replay" not in script.screen_text(pilot.app)
        await pilot.press("escape")
        name = await exporting(pilot)
        await pilot.press("home", *"paceDu/jkgG ")
        assert name.value.startswith("paceDu/jkgG ")
        await pilot.press("escape")
    assert (session.asked, session.runs.history.count()) == ([], 3)


async def test_nothing_that_was_asked_or_answered_steers_the_terminal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = script.ScriptedSession(runs=1)
    hostile = script.summary(0, question=HOSTILE, answer=HOSTILE, model=HOSTILE, top_persona=HOSTILE, at=HOSTILE)
    session.runs.history = script.history_of([hostile], Path(session.root / "other"))
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        assert text.count(SHOWN) >= 3
        await pilot.press("e")
        await pilot.pause()
        await pilot.press("escape", "slash", *"evil", "enter")
        await said(pilot, "Found “evil” · 1 ")
        assert not set(script.screen_text(pilot.app)) & set("\x1b\x9b\u202e\x07\u2066\x00")
        assert "bold" in str(pilot.app.screen.query_one("#run-answer", Static).render())
