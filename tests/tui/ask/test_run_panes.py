"""The panes of a run, by their keys: the panel's columns and order, the log's cursor and filter, citations, saving."""

import json
from typing import Any

import pytest

from engine.errors import LibraryError
from engine.events import AnswerFragment, AnswerThought, AnswerWritten, Citation, OutputScored, RunStarted, Scores
from engine.run.state import Phase, RunState
from tests.support import graph_run
from tests.support import scripted_run as script
from tui.ask.answer_pane import drawn_answer
from tui.ask.panel_table import Columns, PanelTable, signed
from tui.ask.status_text import status_text
from tui.ask.walk_log import WalkLog
from tui.drawing.answer_markdown import AnswerMarkdown
from tui.run.waiting import waiting_for
from tui.source.screen import SourceScreen
from tui.widgets.save_prompt import SaveScreen

SMALL, WIDE = (80, 24), (200, 60)


async def running(pilot: Any, pane: Any = None) -> Any:
    """Ask, wait for the script's end, and focus a pane."""
    await script.ready(pilot)
    await pilot.press("w", "enter")
    view = pilot.app.ask_screen.feed.state
    session = pilot.app.session
    await script.until(pilot, lambda: view is not pilot.app.ask_screen.feed.state or session.asked)
    wanted = len(session.script)
    await script.until(pilot, lambda: len(pilot.app.ask_screen.feed.events) >= wanted)
    await script.drawn(pilot)
    if pane is None:
        return None
    found = pilot.app.ask_screen.query_one(pane)
    found.focus()
    await pilot.pause()
    return found


def text(pilot: Any) -> str:
    shown: str = script.screen_text(pilot.app)
    return shown


# -- the panel --------------------------------------------------------------------------------------------------------


async def test_while_a_run_goes_the_panel_tells_where_each_persona_is():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)
        assert panel.columns is Columns.WALK
        lines = [panel.line_at(n, 45).plain for n in range(panel.lines)]
        assert lines[0].split() == ["persona", "steps", "now", "at"]
        assert lines[2] == "▸2 tracker          4  Orrin Bell 鐘🔔       "
        assert lines[5].startswith("○5 wanderer     not called: gain below cost")


async def test_once_there_are_scores_the_panel_shows_them_and_the_change():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)
        assert panel.columns is Columns.SCORES
        assert panel.line_at(0, 45).plain.split() == "persona earned vs usual gate".split()
        assert panel.line_at(2, 45).plain.split() == "✓2 tracker .65 +.25 .71".split()
        wide = panel.line_at(2, 100).plain.split()
        assert wide[:6] == "✓2 tracker active .65 +.25 .71".split()  # all that weighs something
        assert " ".join(wide[-3:]) == "Orrin Bell 鐘🔔"


async def test_a_score_is_shown_only_if_it_weighs_something():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)
        assert "on topic" not in panel.line_at(0, 120).plain
        panel.weights = {"relevance": 0.5}
        assert "on topic" in panel.line_at(0, 120).plain
        assert "agrees" not in panel.line_at(0, 120).plain


async def test_the_panel_is_sorted_by_key_both_ways_and_back():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)

        def names() -> list[str]:
            return [panel.line_at(n, 45).plain.split()[1] for n in range(1, panel.lines)]

        gate_order = names()
        await pilot.press("s", "S")
        assert "by earned ▴" in text(pilot)
        assert names() == ["skeptic", "archivist", "tracker", "control", "wanderer"]  # who has none stays last
        await pilot.press("S")
        assert names() == ["control", "tracker", "archivist", "skeptic", "wanderer"]
        await pilot.press(*"ss")
        assert "by gate ▾" in text(pilot)
        assert names() == ["tracker", "control", "archivist", "skeptic", "wanderer"]
        await pilot.press("s")
        assert "by steps" in text(pilot)
        await pilot.press("s")
        assert ("by " in panel.border_title, names()) == (False, gate_order)


async def test_the_columns_are_chosen_by_key():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)
        await pilot.press("v")
        assert panel.line_at(2, 66).plain.strip() == "✓2 tracker       active        .40+.10+.50-.02=.71 voice 1.0"
        shown = []
        for _ in range(2):
            await pilot.press("v")
            shown.append(panel.columns)
        assert shown == [Columns.WALK, Columns.SCORES]


async def test_the_table_is_not_drawn_for_each_draw_of_the_walk():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test(size=SMALL) as pilot:
        panel = await running(pilot, PanelTable)
        view, drawn = pilot.app.ask_screen.feed.state, list[int]()
        panel._draw = lambda: drawn.append(1)
        for n in range(8):
            view.apply(script.step("tracker", n))
            panel.show(view)
        assert len(drawn) == 2
        view.apply(script.scored()[0])
        panel.show(view)
        assert len(drawn) == 3


@pytest.mark.parametrize(("value", "shown"), [(None, "    ·"), (0.125, " +.12"), (-0.3, " -.30"), (1.0, " +1.0")])
def test_a_difference_shows_its_sign(value, shown):
    assert signed(value) == shown


def test_the_change_is_what_was_earned_less_what_was_expected():
    view = RunState()
    view.apply(script.receipt("a"))
    assert view.rows["a"].change is None
    view.apply(OutputScored("a", Scores(1, 1, 1, 1, 0.9), 0.3))
    assert view.rows["a"].change == pytest.approx(0.6)  # 1 at most is earned, .4 were expected


# -- the log ----------------------------------------------------------------------------------------------------------


async def test_the_log_shows_one_persona_alone():
    session = script.ScriptedSession(script.walk(), hold=True)
    async with script.app(session).run_test(size=SMALL) as pilot:
        log = await running(pilot, WalkLog)
        everything = log.lines
        await pilot.press("2")
        assert ("Walk · tracker · 4 steps" in text(pilot), log.lines) == (True, 6)
        assert all(log.line_at(n, 60).plain.startswith(("tracker", "round")) for n in range(log.lines))
        pilot.app.ask_screen.feed.state.apply(script.step("skeptic", 9))
        pilot.app.ask_screen.feed.state.apply(script.step("tracker", 9))
        pilot.app.ask_screen.pace.mark()
        await script.drawn(pilot)
        assert log.lines == 7
        await pilot.press("f")
        assert log.only == "archivist"
        await pilot.press("f", "f")
        assert (log.only, log.lines) == ("", everything + 2)
        await pilot.press("f", "9", "0")
        assert log.only == ""


async def test_the_log_stands_still_when_it_is_paused_and_follows_again():
    session = script.ScriptedSession([*script.walk(), *(script.step("tracker", 1) for _ in range(50))], hold=True)
    async with script.app(session).run_test(size=SMALL) as pilot:
        log = await running(pilot, WalkLog)
        lines = log.lines
        await pilot.press("p")
        pilot.app.ask_screen.feed.state.apply(script.step("skeptic", 3))
        pilot.app.ask_screen.pace.mark()
        await script.drawn(pilot)
        assert ("Walk · stands" in text(pilot), log.lines) == (True, lines)
        await pilot.press("p")
        assert ("Walk · stands" in text(pilot), log.lines, log.cursor) == (False, lines + 1, lines)
        await pilot.press("up", "k")
        assert (log.following, log.cursor) == (False, lines - 2)
        await pilot.press("down", "j")
        assert (log.following, log.cursor) == (True, lines)
        await pilot.press("home")
        assert (log.top, log.cursor) == (0, 0)
        await pilot.press("pagedown", "ctrl+u", "ctrl+d", "pageup", "end")
        assert log.top == log.last_top > 0


async def test_enter_on_a_step_opens_its_passage():
    session = script.ScriptedSession(script.walk(), hold=True)
    session.indexed = script.PASSAGES
    async with script.app(session).run_test(size=SMALL) as pilot:
        log = await running(pilot, WalkLog)
        await pilot.press("enter")  # the last step's passage left the library
        await script.until(pilot, lambda: "this passage is not in the index any more" in text(pilot))
        await pilot.press(*["up"] * 4, "enter")
        await script.until(pilot, lambda: "The passage p2." in text(pilot))
        assert isinstance(pilot.app.screen, SourceScreen)
        await pilot.press("escape", "home", "enter")  # a line that is no step
        assert log.cursor == 0
        assert pilot.app.screen is pilot.app.ask_screen


async def test_after_a_run_the_walk_tells_how_the_citations_were_found():
    session = script.ScriptedSession(graph_run.EVENTS)
    session.indexed = graph_run.indexed()
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        log = await running(pilot, WalkLog)
        lines = [log.line_at(n, 60).plain.rstrip() for n in range(log.lines)]
        assert lines == [
            "4 personas made 14 steps; 2 passages cited",
            "[1] Ysolde Marrak",
            "    named in the question → Ysolde Marrak",
            "    by tracker, archivist, analyst",
            "[2] Gannet Stack Light",
            "    named in the question → Ysolde Marrak → Gannet Stack Li…",
            "    by control, tracker, archivist",
        ]
        await pilot.press("s")
        assert (log.lines, "14 steps" in text(pilot)) == (15, True)
        await pilot.press("s", "enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))


async def test_a_run_is_watched_again_from_its_walk():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot, WalkLog)
        await pilot.press("r")
        player = pilot.app.ask_screen.player
        await script.until(pilot, lambda: player.replay is not None and not player.busy)
        assert player.replay.recorded[0].event == script.STARTED


@pytest.mark.parametrize(("size", "hidden"), [((80, 24), "#answer"), ((120, 40), "#work")])
async def test_the_document_of_the_citation_under_the_cursor_is_shown(size, hidden):
    session = script.ScriptedSession(script.answered())
    session.sources = {script.BUILT.source: f"{script.BUILT.quote:66}\nThe rest of the document."}
    async with script.app(session).run_test(size=size) as pilot:
        await running(pilot, "#sources")
        await script.until(pilot, lambda: "! No such file or directory" in text(pilot))
        await pilot.press("j")
        await script.until(pilot, lambda: "The rest of the document." in text(pilot))
        assert not pilot.app.screen.query_one(hidden).display
        await pilot.press("escape")
        await script.until(pilot, lambda: "The rest of the document." not in text(pilot))
        assert pilot.app.screen.query_one(hidden).display


@pytest.mark.parametrize("pane", ["#answer", "#sources", "#panel", "#walk"])
async def test_a_pane_fills_the_screen_and_goes_back(pane):
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        zoomed = await running(pilot, pane)
        height = zoomed.outer_size.height
        await pilot.press("z")
        await pilot.pause()
        assert zoomed.outer_size.height == SMALL[1] - 1
        await pilot.press("z")
        await pilot.pause()
        assert zoomed.outer_size.height == height


async def test_the_answer_is_made_large_from_the_input_and_escape_goes_back():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot)
        await pilot.press("z", "alt+z")
        assert pilot.app.screen.maximized is pilot.app.screen.query_one("#answer")
        await pilot.press("escape")
        assert pilot.app.screen.maximized is None
        assert pilot.app.ask_screen.query_one("#ask").value == "z"


async def test_the_passage_of_a_step_comes_from_the_library(session):
    async with script.app(session).run_test(size=SMALL) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await script.drawn(pilot)
        pilot.app.ask_screen.query_one(WalkLog).focus()
        await pilot.press("enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        assert str(pilot.app.screen.citation.source) in pilot.app.screen.citation.passage


# -- answer and sources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pane", ["#answer", "#sources"])
async def test_a_digit_opens_a_citation(pane):
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot, pane)
        await pilot.press("9")
        assert pilot.app.screen is pilot.app.ask_screen
        await pilot.press("2")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        assert pilot.app.screen.citation == script.BUILT


async def test_thoughts_are_hidden_until_their_key_is_pressed():
    events = script.answered()
    thoughts = [AnswerThought("Who kept it? [b]\x1b[2J"), AnswerThought(" Ysolde.")]
    async with script.app(script.ScriptedSession([*events[:-2], *thoughts, *events[-2:]])).run_test() as pilot:
        await running(pilot, "#answer")
        await script.until(pilot, lambda: "t shows its thoughts (27 characters)" in text(pilot))
        await pilot.press("t")
        await script.until(pilot, lambda: "thoughts: Who kept it? [b][2J Ysolde." in text(pilot))
        await pilot.press("t")
        await script.until(pilot, lambda: "thoughts:" not in text(pilot))


async def test_the_keys_of_a_list_move_through_the_sources():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        sources = await running(pilot, "#sources")
        places = []
        for key in "gjkG":
            await pilot.press(key)
            places.append(sources.highlighted)
        assert places == [0, 1, 0, 1]


async def test_what_was_judged_bears_its_mark():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot, "#sources")
        await pilot.press("G", "minus")
        await script.until(pilot, lambda: "[2]- Gannet" in text(pilot))
        pilot.app.screen.query_one("#answer").focus()
        await pilot.press("plus")
        await script.until(pilot, lambda: "● Answer · judged +" in text(pilot))
        assert "[1] Ysolde" in text(pilot)


async def test_a_run_of_the_history_bears_its_marks(session):
    session_run = ""
    async with script.app(session).run_test(size=SMALL) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        session_run = pilot.app.ask_screen.feed.state.run_id
        session.runs.judge(session_run, liked=False)
        session.runs.judge(session_run, liked=True, citation=1)
        pilot.app.ask_screen.show_run(session.runs.replay(session_run), play=False)
        await script.until(pilot, lambda: "judged -" in text(pilot))
        assert "[1]+" in text(pilot)


# -- a model's answer -------------------------------------------------------------------------------------------------

HOSTILE = (
    "# Built\x1b[2J by **Krelle** [1]\n\n[1]: http://evil.example\n\n- see [here](http://evil.example) ![x](y)\n"
    "- <b>bold</b> &lt; [red]no markup[/red]\n\n```\ncode\n```\n"
)


def written(words: str, citation: Citation = script.BUILT) -> list[Any]:
    answer = AnswerWritten(words, abstained=False, citations=(citation,), removed=0)
    return [script.STARTED, AnswerFragment(words), answer]


async def test_what_a_model_wrote_is_drawn_as_markdown_and_can_do_nothing_else():
    async with script.app(script.ScriptedSession(written(HOSTILE))).run_test(size=(120, 40)) as pilot:
        await running(pilot)
        shown = text(pilot)
        assert "**" not in shown
        assert "```" not in shown
        for words in ("[1]: http://evil.example", "[here](http://evil.example)", "![x](y)", "<b>bold</b>", "&lt;"):
            assert words in shown
        assert "[red]no markup[/red]" in shown
        assert not set(shown) & set("\x1b\x9b\x07")


def test_quotations_stay_letter_for_letter():
    view = RunState()
    quoted = Citation(1, "s", "t", 0, 9, "**not** bold", "p")
    for event in written("**not** bold [1]", quoted):
        view.apply(event)
    assert not isinstance(drawn_answer(view), AnswerMarkdown)
    view = RunState()
    for event in written("It is **bold** [1]", quoted):
        view.apply(event)
    assert isinstance(drawn_answer(view), AnswerMarkdown)


# -- waiting and cancelling -------------------------------------------------------------------------------------------


def test_it_is_said_what_a_silent_run_waits_for():
    view = RunState(question="w")
    assert (waiting_for(view, 1), waiting_for(view, 3)) == ("", "looking for the model, 3 s")
    view.apply(RunStarted("r", "w", 0, 1, "llama"))
    assert waiting_for(view, 3) == "3 s"
    view.apply(script.evidence(0.5))
    assert (view.phase, waiting_for(view, 12)) == (Phase.WRITING, "waiting for the model, 12 s")
    view.model = None
    assert waiting_for(view, 12) == "12 s"


async def test_a_silent_run_is_drawn_once_a_second_and_an_idle_screen_never():
    session = script.ScriptedSession(script.streamed(), hold=True)
    async with script.app(session).run_test(size=SMALL) as pilot:
        await running(pilot)
        screen = pilot.app.ask_screen
        for _ in range(4):
            screen._tick()
        await script.until(pilot, lambda: "writing · 3 s" in text(pilot) or "writing · 4 s" in text(pilot))
        await pilot.press("escape")
        await script.until(pilot, lambda: not screen.player.busy)
        await script.drawn(pilot)
        assert " s ·" not in text(pilot)
        assert not screen._ticks._active.is_set()


async def test_escape_cancels_the_indexing_after_the_question():
    session = script.ScriptedSession(script.answered())
    session.may_open.clear()
    async with script.app(session).run_test(size=SMALL) as pilot:
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: "indexing 3/51" in text(pilot))
        await pilot.press("escape")
        await script.until(pilot, lambda: not pilot.app.ask_screen.player.busy)
        assert pilot.app.ask_screen.opening
        await pilot.press("escape")
        await script.until(pilot, lambda: "! indexing was cancelled" in text(pilot))
        assert not pilot.app.ask_screen.opening


async def test_a_library_that_cannot_complete_titles_is_not_asked_to():
    session = script.ScriptedSession()
    session.opening_error = LibraryError("damaged", hint="")
    async with script.app(session).run_test(size=SMALL) as pilot:
        await script.ready(pilot)
        await pilot.press(*"gannet")
        await pilot.pause()
        assert "gannet Stack Light" not in text(pilot)


# -- saving -----------------------------------------------------------------------------------------------------------


async def test_an_answer_is_saved_in_the_format_of_its_suffix(tmp_path):
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot, "#sources")
        for name in ("answer.json", "answer.md"):
            await pilot.press("w")
            await script.until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
            pilot.app.screen.query_one("#save-name").value = str(tmp_path / name)
            await pilot.press("enter")
            await script.until(pilot, lambda: pilot.app.screen is pilot.app.ask_screen)
            await script.until(pilot, lambda: "✓ written to" in text(pilot))
    assert json.loads((tmp_path / "answer.json").read_text())["question"] == script.QUESTION
    assert (tmp_path / "answer.md").read_text().startswith(f"# {script.QUESTION}\n")


async def test_a_file_that_is_there_is_replaced_by_a_second_enter_alone(tmp_path):
    (tmp_path / "a.md").write_text("mine")
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=SMALL) as pilot:
        await running(pilot, "#sources")
        await pilot.press("w")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        assert "who-built-the-lighthouse-that-ysolde-marrak-kept.md" in text(pilot)
        for name, words in (("a.md", "is there already"), ("a.doc", "no format has that ending")):
            pilot.app.screen.query_one("#save-name").value = str(tmp_path / name)
            await pilot.press("enter")
            await script.until(pilot, lambda words=words: words in text(pilot))
        await pilot.press("escape")
        assert pilot.app.screen is pilot.app.ask_screen
        assert (tmp_path / "a.md").read_text() == "mine"
        await pilot.press("w")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        pilot.app.screen.query_one("#save-name").value = str(tmp_path / "a.md")
        await pilot.press("enter")
        await script.until(pilot, lambda: "is there already" in text(pilot))
        await pilot.press("enter")
        await script.until(pilot, lambda: pilot.app.screen is pilot.app.ask_screen)
    assert (tmp_path / "a.md").read_text().startswith("# Who built")


# -- sizes ------------------------------------------------------------------------------------------------------------


async def test_the_screen_survives_forty_columns_and_comes_back():
    session = script.ScriptedSession(script.answered())
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await running(pilot)
        for size in ((40, 10), (20, 5), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            if size[0] >= 40:
                assert "Ask  a follow-up on" in text(pilot)
                assert "● answered" in text(pilot)


async def test_a_broad_window_shows_the_document_of_a_citation_beside_the_work():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=WIDE) as pilot:
        await running(pilot)
        preview = pilot.app.ask_screen.query_one("#preview")
        await script.until(pilot, lambda: "[1] Ysolde Marrak" in str(preview.border_title))
        assert (preview.region.width > 40, pilot.app.ask_screen.query_one("#walk").region.width > 40) == (True, True)
        await pilot.press("down", "down")
        await script.until(pilot, lambda: "[2] Gannet" in str(preview.border_title))
        await pilot.press("escape")
        await pilot.pause()
        assert "[2] Gannet" in str(preview.border_title)
        await pilot.resize_terminal(120, 40)
        await script.until(pilot, lambda: not preview.display)
        assert "Walk" in text(pilot)


def test_nothing_is_ready_while_the_library_is_opened():
    assert status_text(RunState(), library="en · indexing 5/80", is_opening=True).plain == "en · indexing 5/80"
    assert status_text(RunState(), library="no library", problems=("damaged",)).plain == "no library  ! damaged"
    assert status_text(RunState(), library="en · 9 passages").plain == "· ready · en · 9 passages"
