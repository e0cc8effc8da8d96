"""A citation in its document, by its keys: as it was, changed since, gone, large, in an editor."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import InputError, LibraryError
from engine.events import Citation
from tests.support import graph_run as run
from tests.support import scripted_run as script
from tui.source.pane import SourcePane
from tui.source.screen import SourceScreen
from tui.terminal.editor import editor_command

HOSTILE = "[red]x[/red]\x1b[2J\x9b31m\u202eevil\u2066\x00\t鐘🔔"
BEFORE = "She was born in Anstrake."


def scripted():
    session = script.ScriptedSession()
    session.indexed = run.indexed()
    session.sources = dict(run.SOURCES)
    return session


async def opened(pilot, citations=run.CITATIONS, at=0):
    await script.ready(pilot)
    screen = SourceScreen(pilot.app.session.library, citations, at)
    await pilot.app.push_screen(screen)
    await script.until(pilot, lambda: "reading ..." not in script.screen_text(pilot.app) and not screen.workers)
    return screen


async def told(pilot, *words):
    await script.until(pilot, lambda: all(each in script.screen_text(pilot.app) for each in words))


def styles_of(app, words):
    """The styles of the segments on the screen that hold these words."""
    strips = app.screen._compositor.render_strips()
    return [s.style for strip in strips for s in strip if s.text == words and s.style]


async def test_the_quote_stands_marked_in_its_surroundings():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        assert "[1] Ysolde Marrak · citation 1 of 2" in text
        assert "/library/ysolde-marrak.md · line 3, characters 43 to 90" in text
        assert f"3▌ {BEFORE} {run.KEPT}" in text
        assert "1  # Ysolde Marrak" in text
        assert "5  She never married." in text
        assert all(style.reverse and style.bold for style in styles_of(pilot.app, run.KEPT))
        assert styles_of(pilot.app, run.KEPT)


async def test_the_other_citations_of_the_answer_are_a_key_away():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("right_square_bracket")
        await told(pilot, "[2] Gannet Stack Light", run.BUILT)
        await pilot.press("right_square_bracket")
        await told(pilot, "[1] Ysolde Marrak", run.KEPT)
        await pilot.press("left_square_bracket")
        await told(pilot, "[2] Gannet Stack Light")
        await pilot.press("q")
        assert pilot.app.screen is pilot.app.ask_screen


async def test_the_whole_document_can_be_scrolled_and_the_quote_is_a_key_back():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot, at=1)
        await pilot.press("G")
        await told(pilot, "203  Line 199 of a long account")
        await pilot.press("k", "pageup", "ctrl+u")
        assert "Line 199 " not in script.screen_text(pilot.app)
        await pilot.press("g")
        await told(pilot, "  1  # Gannet Stack Light")
        await pilot.press("j", "ctrl+d", "pagedown")
        assert run.BUILT not in script.screen_text(pilot.app)
        await pilot.press("c")
        await told(pilot, run.BUILT)


async def test_words_are_found_in_the_document():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, at=1)
        await pilot.press("n", "slash", *"LINE 15", "enter")
        await told(pilot, "✓ “LINE 15”: line 19", "19  Line 15 of")
        assert all(style.underline for style in styles_of(pilot.app, "Line 15"))
        await pilot.press("n")
        await told(pilot, "“LINE 15”: line 154", "154  Line 150 of")
        await pilot.press("N")
        await told(pilot, "“LINE 15”: line 19")
        await pilot.press("slash", *"zzz", "enter")
        await told(pilot, "“zzz” is not in this document")
        await pilot.press("slash", "escape")
        assert pilot.app.screen is screen
        await pilot.press("slash", "backspace", "enter", "n")


async def test_a_quote_that_moved_is_shown_where_it_is_now():
    session = scripted()
    session.sources["/library/ysolde-marrak.md"] = "New words.\n" + run.SOURCES["/library/ysolde-marrak.md"]
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await told(pilot, "! the file has changed: the quote is now at characters 54 to 101", "4▌ ")


async def test_a_quote_that_is_gone_is_shown_as_recorded_and_as_indexed():
    session = scripted()
    session.sources["/library/ysolde-marrak.md"] = "# Ysolde Marrak\n\nAll was rewritten.\n"
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await told(pilot, "! the file has changed and no longer has the quote", f"“{run.KEPT}”", "All was rewritten.")
        assert "▌" not in script.screen_text(pilot.app)
        await pilot.press("i")
        await told(pilot, "this is the indexed passage; i shows the file", f"▌ {BEFORE} {run.KEPT}")
        await pilot.press("i")
        await told(pilot, "All was rewritten.")
        session.indexed.clear()
        await pilot.press("i")
        await told(pilot, "! the index does not have this passage any more")


async def test_a_file_that_is_gone_leaves_the_quote_and_the_passage_of_the_index():
    session = scripted()
    session.sources.clear()
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await told(pilot, "! No such file or directory; this is the indexed passage", f"▌ {BEFORE} {run.KEPT}")
        session.indexed.clear()
        await pilot.press("right_square_bracket")
        await told(pilot, f"“{run.BUILT}”", "the index does not have the passage either")
        assert "Editor" not in script.screen_text(pilot.app)
        await pilot.press("i", "o", "slash", "c", "n")


async def test_an_index_that_cannot_be_read_is_told():
    session = scripted()
    session.sources.clear()

    def broken(passage_id, title):
        raise LibraryError("the search index is damaged")

    session.library.passage = broken
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await told(pilot, "! the search index is damaged", f"“{run.KEPT}”")


async def test_what_was_extracted_says_so(session, tmp_path):
    path = tmp_path / "hall.html"
    path.write_text("<title>Hall</title><p>The hall.</p><p>It was built in 1771.</p>")
    text = session.library.read_source(str(path)).text
    quote = "It was built in 1771."
    at = text.index(quote)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot, [Citation(1, str(path), "Hall", at, at + len(quote), quote)])
        await told(pilot, "the visible text of the page, in which lines and characters are counted", f"3▌ {quote}")


async def test_quote_and_source_are_copied_and_one_citation_alone_offers_no_other():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot, run.CITATIONS[:1])
        assert "Next" not in script.screen_text(pilot.app)
        assert "citation 1 of" not in script.screen_text(pilot.app)
        await pilot.press("y")
        assert pilot.app.clipboard == f"“{run.KEPT}” (Ysolde Marrak, /library/ysolde-marrak.md, characters 43 to 90)"


@pytest.mark.parametrize(("name", "has_hint"), [("xterm-256color", False), ("tmux-256color", True), ("screen", True)])
async def test_what_tmux_needs_is_said_inside_tmux_alone(monkeypatch, name, has_hint):
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", name)
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("y")
        await told(pilot, "Quotation copied")
        assert ("set-clipboard" in script.screen_text(pilot.app)) is has_hint


async def test_an_editor_opens_the_file_at_the_line(session, tmp_path, monkeypatch):
    source = tmp_path / "notes.md"
    source.write_text("# Notes\n\nThe pump was repaired.\n")
    called = tmp_path / "called"
    program = tmp_path / "vim"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {called}\n')
    program.chmod(0o700)
    monkeypatch.setenv("VISUAL", f"{program} -R")
    citation = Citation(1, str(source), "Notes", 9, 31, "The pump was repaired.")
    app = script.app(session)
    monkeypatch.setattr(type(app), "suspend", lambda _app: open(os.devnull))  # noqa: PTH123,SIM115 - a block to enter
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, [citation])
        await pilot.press("o")
        await script.until(pilot, called.exists)
    assert called.read_text() == f"-R|+3|{source}|"


async def test_an_editor_that_cannot_be_started_is_told(monkeypatch):
    monkeypatch.setenv("VISUAL", 'vim "')
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("o")
        await told(pilot, "! VISUAL is no command")
        monkeypatch.setenv("VISUAL", "vim")
        await pilot.press("o")
        await told(pilot, "! no other program can run in this terminal")


def test_the_editor_is_the_users_own():
    def command(line=7, **environ):
        return editor_command(environ, Path("/l/a b.md"), line, may_page=True)

    assert command() == ["less", "+7", "/l/a b.md"]
    assert command(PAGER="more", EDITOR="code --wait") == ["code", "--wait", "/l/a b.md"]
    assert command(EDITOR=" ", PAGER="/usr/bin/most") == ["/usr/bin/most", "+7", "/l/a b.md"]
    assert command(0, VISUAL="nvim", EDITOR="ed") == ["nvim", "/l/a b.md"]
    with pytest.raises(InputError, match="EDITOR is no command"):
        command(EDITOR="'")
    with pytest.raises(InputError, match="no editor is set"):
        editor_command({"PAGER": "less"}, Path("a.json"))


@pytest.mark.parametrize("size", [(120, 40), (20, 6)])
async def test_any_size_and_any_text_can_be_shown(size):
    session = scripted()
    session.sources = {HOSTILE: f"{HOSTILE}\n{'x' * 9000}\n{HOSTILE * 50}\nquote {HOSTILE}\nend\n" * 3}
    text = session.sources[HOSTILE]
    quote = f"quote {HOSTILE}"
    hostile = Citation(1, HOSTILE, HOSTILE, text.index(quote), text.index(quote) + len(quote), quote, HOSTILE)
    async with script.app(session).run_test(size=size) as pilot:
        await opened(pilot, [hostile, replace(hostile, quote="gone"), replace(hostile, source="gone")])
        for key in ("j", "G", "c", "right_square_bracket", "i", "right_square_bracket", "k"):
            await pilot.press(key)
            assert not set(script.screen_text(pilot.app)) & set("\x1b\x9b\u202e\u2066\x00\t")
        await pilot.resize_terminal(40, 10)
        await pilot.resize_terminal(*size)


async def test_a_resize_keeps_the_words_at_the_top():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, at=1)
        pane = screen.query_one(SourcePane)
        await pilot.press("pagedown", "pagedown")
        first = pane.offset_in_sight
        await pilot.resize_terminal(30, 24)
        await script.until(pilot, lambda: pane.size.width == 30)
        assert pane.offset_in_sight == first


async def test_the_keys_fit_eighty_columns_and_have_tooltips():
    async with script.app(scripted()).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        shown = [active.binding for active in screen.active_bindings.values() if active.binding.show]
        assert all(binding.id and binding.tooltip for binding in shown)
        cells = {b.action: len(pilot.app.get_key_display(b)) + len(b.description) + 2 for b in shown}
        assert sum(cells.values()) - 1 <= 80
