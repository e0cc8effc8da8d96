"""The graph screen by its keys: while a run goes, stepped through, filtered, folded, searched."""

import asyncio

import pytest

from engine.errors import LibraryError
from tests.support import graph_run as run
from tests.support import scripted_run as script
from tui.graph.pane import GraphPane
from tui.graph.tree import QUESTION, LineKind
from tui.source.screen import SourceScreen

HOSTILE = "[red]x[/red]\x1b[2J\x9b31m\u202eevil\u2066\x00 鐘🔔"


def scripted(events=run.EVENTS, **how):
    session = script.ScriptedSession(events, **how)
    session.indexed = run.indexed()
    session.sources = dict(run.SOURCES)
    return session


async def opened(pilot, *, steps=16):
    """Ask, wait until so many steps of growth came, and go to the graph."""
    await script.ready(pilot)
    pilot.app.ask_screen.ask("who?")
    await pilot.press("f4")
    screen = pilot.app.screen
    await script.until(pilot, lambda: screen.selection.growth.total >= steps and not screen.pace.due)
    return screen


def line(screen):
    found = screen.query_one(GraphPane).line
    assert found is not None
    return found


def reversed_lines(app):
    """The lines of the screen below the places that have something reversed."""
    strips = app.screen._compositor.render_strips()
    return [y for y, strip in enumerate(strips) if y and any(s.style and s.style.reverse for s in strip)]


async def told(pilot, *words):
    await script.until(pilot, lambda: all(each in script.screen_text(pilot.app) for each in words))


async def test_without_a_question_it_says_what_to_do_and_escape_leads_there():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("f4")
        await told(pilot, "Ask a question first")
        await pilot.press(
            "enter", "j", "full_stop", "space", "c", "f", "1", "n", "left", "right", "y", "d", "home", "end"
        )
        await told(pilot, "Ask a question first")
        await pilot.press("escape")
        assert pilot.app.current_mode == "ask"


async def test_it_shows_the_run_of_the_ask_screen_and_grows_with_it():
    session = scripted(run.EVENTS[:5], hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, steps=2)
        await told(pilot, "step 2/2", "Berrit Hallvane")
        feed = pilot.app.ask_screen.feed
        feed.events.extend(run.RECORDED[5:8])
        feed._notify()
        await told(pilot, "step 5/5", "tracker: Ysolde Marrak")
        feed._notify()
        await script.until(pilot, lambda: not screen.pace.due)
        await pilot.press("escape")
        feed.events.extend(run.RECORDED[8:])
        feed._notify()
        assert not screen.pace.due
        await pilot.press("f4")
        await told(pilot, "step 16/16")


async def test_nothing_is_drawn_when_nothing_happens():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        draws = list[int]()
        screen.pace._draw = lambda: draws.append(1)
        pane = screen.query_one(GraphPane)
        pane.line_at = lambda *_: draws.append(2)
        await pilot.pause(0.3)
        assert draws == []
        assert not screen.auto_refresh


async def test_the_cursor_moves_and_the_details_follow():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert line(screen).kind is LineKind.QUESTION
        await told(pilot, "names ysolde marrak")
        assert reversed_lines(pilot.app) == [3]
        await pilot.press("j", "down", "j")
        assert reversed_lines(pilot.app) == [6]
        assert line(screen).node_id == run.LIGHT
        await told(pilot, "path question → ysolde marrak → Ysolde Marrak", "“Ysolde Marrak” names it")
        await pilot.press("k")
        await told(pilot, "#1 of the panel", "text # Ysolde Marrak")
        await pilot.press("G")
        assert line(screen).kind is LineKind.REFERENCE
        await pilot.press("g", "up", "k")
        assert line(screen).key == QUESTION
        await pilot.press("ctrl+d")
        assert len(line(screen).rails) > 0
        await pilot.press("ctrl+u", "pagedown", "pageup")
        assert line(screen).key == QUESTION


async def test_a_cursor_key_redraws_two_lines_of_the_tree_and_no_change_none():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("j", "j")
        pane = screen.query_one(GraphPane)
        drawn, refresh = list[tuple[int, ...]](), pane.refresh

        def noted(*regions, **how):
            drawn.append(tuple(region.y for region in regions))
            return refresh(*regions, **how)

        pane.refresh = noted
        await pilot.press("j")
        assert drawn == [(2, 3)]
        drawn.clear()
        screen._draw()
        assert drawn == []


async def test_one_steps_through_the_growth_and_the_cursor_goes_to_what_was_added():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("home")
        await told(pilot, "before the first step", "step 0/16")
        for _ in range(5):
            await pilot.press("full_stop")
        await told(pilot, "step 5/16", "Ysolde Marrak → Gannet Stack Light by gannet stack light")
        assert line(screen).node_id == run.LIGHT
        assert [text for text in script.screen_text(pilot.app).splitlines() if text.startswith("»")]
        await pilot.press("comma")
        await told(pilot, "step 4/16")
        assert line(screen).node_id == run.YSOLDE
        await pilot.press("comma", "comma", "comma", "comma", "comma")
        await told(pilot, "step 0/16")
        await pilot.press("end")
        await told(pilot, "step 16/16")
        await pilot.press("full_stop")
        await told(pilot, "step 16/16")


async def test_the_growth_plays_and_stops():
    async with script.app(scripted(run.wide_run(60))).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, steps=182)
        await pilot.press("space")
        await script.until(pilot, lambda: 2 <= screen.selection.growth.steps < 182)
        await told(pilot, "playing · step")
        await pilot.press("space")
        shown = screen.selection.growth.steps
        assert "playing" not in script.screen_text(pilot.app)
        await pilot.pause(0.15)
        assert screen.selection.growth.steps == shown < 182
        await pilot.press("end", "comma", "comma", "space")
        await script.until(pilot, lambda: screen.selection.growth.position is None)
        assert screen._timer is None
        await pilot.press("space", "f2")
        await script.until(pilot, lambda: screen._timer is None)


async def test_what_is_folded_hides_and_shows_and_a_reference_leads_to_its_passage():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(GraphPane)
        await pilot.press("j", "j", "left")
        assert (pane.lines, line(screen).folded) == (7, True)
        assert "Ysolde Marrak (1) +5" in script.screen_text(pilot.app)
        await pilot.press("left")
        assert line(screen).label == "ysolde marrak"
        await pilot.press("h")
        assert pane.lines == 5
        await pilot.press("l")
        assert pane.lines == 7
        await pilot.press("right", "right")
        assert pane.lines == 12
        assert line(screen).node_id == run.YSOLDE
        await pilot.press("l")
        assert line(screen).node_id == run.LIGHT
        await pilot.press("g", "enter")
        assert pane.lines == 1
        await pilot.press("enter")
        assert pane.lines == 12
        for key in ("enter", "right"):
            await pilot.press("G")
            assert line(screen).kind is LineKind.REFERENCE
            await pilot.press(key)
            assert (line(screen).kind, line(screen).node_id) == (LineKind.NODE, run.YSOLDE)


async def test_one_personas_steps_alone_and_only_the_paths_to_what_is_cited():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f")
        await told(pilot, "Graph · only control")
        await pilot.press("4")
        await told(pilot, "Graph · only analyst")
        assert screen.query_one(GraphPane).lines == 4
        await pilot.press("9")
        await told(pilot, "Graph · only analyst")
        await pilot.press("f")
        await script.until(pilot, lambda: "only" not in script.screen_text(pilot.app))
        await pilot.press("4", "home", "full_stop")
        await told(pilot, "analyst has not walked by now")
        await pilot.press("0")
        await told(pilot, "Berrit Hallvane")
        await pilot.press("end", "c")
        await told(pilot, "only what leads to citations")
        assert screen.query_one(GraphPane).lines == 4
        await pilot.press("c", "comma", "c")
        await told(pilot, "nothing is cited by this step")
        assert screen.query_one(GraphPane).lines == 12


async def test_a_passage_is_found_by_its_title_even_where_it_is_folded():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("j", "left", "slash", *"tobia", "enter")
        assert line(screen).node_id == run.KRELLE
        await pilot.press("slash")
        await told(pilot, "tobia")
        await pilot.press(*"ysolde", "enter")  # in place of the words before
        assert line(screen).node_id == run.YSOLDE_2
        await pilot.press("n")
        assert line(screen).node_id == run.YSOLDE
        await pilot.press("slash", *"xyz", "enter")
        await told(pilot, "no passage here has")
        await pilot.press("slash", "escape")
        assert pilot.app.current_mode == "graph"
        assert not screen.query_one("#graph-find").display


async def test_enter_opens_the_source_at_the_citation_of_the_passage():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "j", "j", "enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        await told(pilot, "[2] Gannet Stack Light", "citation 2 of 2", run.BUILT)
        await pilot.press("escape")
        await told(pilot, "step 16/16")
        await pilot.press("j", "enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        assert pilot.app.screen.citation.passage == run.KRELLE
        assert "[0]" not in script.screen_text(pilot.app)


async def test_a_passage_that_left_the_index_and_a_damaged_index_are_told():
    session = scripted()

    def broken(passage_id, title):
        raise LibraryError("the search index is damaged", hint="ingest again")

    async with script.app(session).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        session.indexed.clear()
        await pilot.press("j", "j", "j", "j")
        await told(pilot, "not in the index any more")
        await pilot.press("enter")
        await told(pilot, "! this passage is not in the index any more")
        session.library.passage = broken
        await pilot.press("enter")
        await told(pilot, "! the search index is damaged (ingest again)")
        screen._texts.clear()
        await pilot.press("j", "j")
        await told(pilot, "cannot be read: the search index is damaged")


async def test_a_line_is_clicked_its_path_copied_and_the_details_put_away():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(GraphPane)
        await pilot.press("y")
        assert pilot.app.clipboard == ""
        await pilot.click("#graph", offset=(10, 4))
        assert line(screen).node_id == run.LIGHT
        await pilot.press("y")
        await told(pilot, "path copied")
        assert pilot.app.clipboard.splitlines()[0] == run.QUESTION
        assert f"[2] “{run.BUILT}”" in pilot.app.clipboard
        height = pane.size.height
        await pilot.press("d")
        await script.until(pilot, lambda: pane.size.height == height + 8)
        await pilot.press("d", "tab")
        assert screen.focused is screen.query_one("#graph-details")


async def test_another_run_begins_with_everything_shown():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("2", "c", "home")
        session = pilot.app.session
        session.script = [*run.EVENTS[:9]]
        session.script[0] = script.STARTED
        pilot.app.ask_screen.ask("and now?")
        await script.until(pilot, lambda: screen.selection.growth.total == 6 and not screen.pace.due)
        await told(pilot, "step 6/6", "Graph ──")


async def test_a_failure_before_the_walk_is_told():
    async with script.app(scripted([*run.STARTED, script.failed()[-1]])).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("who?")
        await pilot.press("f4")
        await told(pilot, "No passage was walked to: failed.")


@pytest.mark.parametrize("size", [(200, 60), (20, 6)])
async def test_any_size_and_any_text_can_be_shown(size):
    steps = [script.step(HOSTILE, n, title=HOSTILE, via=HOSTILE) for n in range(30)]
    async with script.app(scripted([*run.STARTED, *steps, *run.EVENTS[3:]])).run_test(size=size) as pilot:
        screen = await opened(pilot, steps=46)
        await pilot.press("j", "j", "j", "j", "enter", "escape", "comma", "left")
        await pilot.resize_terminal(40, 10)
        await pilot.resize_terminal(*size)
        await pilot.press("G")
        text = script.screen_text(pilot.app)
        assert not set(text) & set("\x1b\x9b\u202e\u2066\x00")
        assert screen.query_one(GraphPane).size.height > 0


async def test_keys_echo_while_two_thousand_passages_come():
    session = scripted(run.wide_run(2000), hold=True)
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, steps=6000)
        await pilot.press("G")
        assert line(screen).rails
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(20):
            await pilot.press("k")
        assert (loop.time() - started) / 20 < 0.2


async def test_the_real_program_shows_the_graph_of_a_real_run(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who built the lighthouse that Ysolde Marrak kept?")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press("f4", "j", "j", "j")
        screen = pilot.app.screen
        await told(pilot, "ysolde marrak, a name in it", "Gannet Stack Light", "text ")
        view = screen.selection.growth.state
        cited = {citation.passage for citation in pilot.app.ask_screen.feed.state.answer.citations}
        assert cited <= {node.node_id for node in view.nodes.values() if node.citations}
        await pilot.press("enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        await told(pilot, "line ")
