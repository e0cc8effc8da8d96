"""A picture above or beside its text: drawn for the size of the pane, and only once."""

import sys

import pytest
from msgspec.structs import replace
from PIL import Image, ImageDraw

from engine.events import Citation
from tests.support import scripted_run as script
from tests.support.terminal import Terminal, wait_for
from tui.source.picture_pane import PicturePane
from tui.source.screen import SourceScreen

SOURCE = "/library/boat-house.png"
TEXT = "Boat house rules\n\nThe key hangs behind the stove.\n\nThe last one out turns off the water."
QUOTE = "The key hangs behind the stove."
CITED = Citation(1, SOURCE, "Boat house", 18, 18 + len(QUOTE), QUOTE, location="picture", box=(0.1, 0.3, 0.9, 0.4))
sizes = pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])


@pytest.fixture
def session(tmp_path):
    """A session with a picture of a house, a sea and a sign."""
    image = Image.new("RGB", (400, 300), (250, 246, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 200, 400, 300), fill=(40, 90, 160))
    draw.rectangle((40, 150, 160, 260), fill=(170, 60, 40))
    draw.polygon([(30, 150), (100, 120), (170, 150)], fill=(90, 60, 40))
    draw.rectangle((60, 98, 340, 112), fill=(20, 20, 20))
    image.save(tmp_path / "boat-house.png")
    scripted = script.ScriptedSession()
    scripted.sources[SOURCE] = TEXT
    scripted.pictures[SOURCE] = tmp_path / "boat-house.png"
    return scripted


async def opened(pilot, citation=CITED):
    await script.ready(pilot)
    screen = SourceScreen(pilot.app.session.library, [citation])
    await pilot.app.push_screen(screen)
    await script.until(pilot, lambda: "reading ..." not in script.screen_text(pilot.app) and not screen.workers)
    await script.drawn(pilot)
    await script.until(pilot, lambda: not any(not worker.is_finished for worker in pilot.app.workers))
    return screen


@sizes
def test_a_picture(snap_compare, session, size):
    assert snap_compare(script.app(session), run_before=opened, terminal_size=size)


async def test_it_is_drawn_once_for_each_size_and_zoomed_by_a_key(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        pane = screen.query_one(PicturePane)
        assert script.screen_text(pilot.app).count("▀") > 200
        assert session.drawn[-1].size == (pane.size.width - 1, 2 * pane.size.height)
        assert session.drawn[-1].mark == CITED.box
        times = len(session.drawn)
        await pilot.press("G", "g", "question_mark", "escape", "y")
        await script.drawn(pilot)
        assert len(session.drawn) - times <= 1  # the message line takes a row
        await pilot.press("shift+tab")
        assert screen.focused is pane
        await pilot.press("z")
        await script.until(pilot, lambda: session.drawn[-1].size[1] > 36)
        await pilot.press("z")
        await script.until(pilot, lambda: "hangs behind" in script.screen_text(pilot.app))


async def test_the_next_citation_of_a_text_has_no_picture(session):
    session.sources["/library/a.md"] = "Nothing."
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        screen = SourceScreen(session.library, [CITED, Citation(2, "/library/a.md", "A", 0, 8, "Nothing.")])
        await pilot.app.push_screen(screen)
        await script.until(pilot, lambda: "▀" in script.screen_text(pilot.app))
        await pilot.press("right_square_bracket")
        await script.until(pilot, lambda: "1▌ Nothing." in script.screen_text(pilot.app))
        assert "▀" not in script.screen_text(pilot.app)
        await pilot.press("left_square_bracket")
        await script.until(pilot, lambda: "▀" in script.screen_text(pilot.app))


async def test_a_damaged_picture_is_a_message_above_its_text(session):
    session.pictures[SOURCE].write_bytes(b"no picture")
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        assert "! the picture cannot be drawn: no picture of a known format" in text
        assert QUOTE in text


@pytest.mark.parametrize("setting", [{"pictures": "never"}, {"ascii": "always"}])
async def test_none_is_drawn_where_it_is_not_wanted_or_could_not_be_seen(session, setting):
    session.settings = replace(session.settings, screen=replace(session.settings.screen, **setting))
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert not screen.query_one(PicturePane).display
        assert session.drawn == []
        assert QUOTE in script.screen_text(pilot.app)


async def test_pictures_may_be_refused_in_the_settings_while_one_is_shown(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        times, pane = len(session.drawn), screen.query_one(PicturePane)
        session.settings = replace(session.settings, screen=replace(session.settings.screen, pictures="never"))
        size = pane.size
        await pilot.resize_terminal(100, 30)
        await script.until(pilot, lambda: pane.size != size)
        await script.drawn(pilot)
        assert len(session.drawn) == times
        assert QUOTE in script.screen_text(pilot.app)


COLOURS = {"COLORTERM": "truecolor"}
PROGRAM = """
import sys
from pathlib import Path
from engine.events import Citation
from tests.support import scripted_run as script
from tui.source.screen import SourceScreen

session = script.ScriptedSession()
session.sources["/library/house.png"] = "The key hangs behind the stove."
session.pictures["/library/house.png"] = Path(sys.argv[1])
cited = Citation(1, "/library/house.png", "House", 0, 31, "The key hangs behind the stove.", box=(0.1, 0.3, 0.9, 0.4))
app = script.app(session)


async def open_source(pilot):
    await app.push_screen(SourceScreen(session.library, [cited]))


app.run(auto_pilot=open_source)
"""


def test_a_terminal_gets_the_pixels_once_and_no_key_sends_them_again(session):
    terminal = Terminal(
        [sys.executable, "-c", PROGRAM, str(session.pictures[SOURCE])], term="xterm-kitty", environ=COLOURS
    )
    terminal.shows("hangs behind")
    wait_for(lambda: b"\x1b_Ga=p" in terminal.written)
    terminal.press("y")
    terminal.shows("Quotation copied")
    terminal.press("/")
    terminal.shows("find words")
    terminal.press("house\r")
    terminal.shows("not in this document")
    terminal.press("\x1b")
    terminal.shows("Suggest")
    wait_for(lambda: b"\x1b_Ga=d" in terminal.written)
    assert terminal.written.count(b"\x1b_Ga=t") == 1
    terminal.press("\x11")
    assert terminal.ends() == 0
    assert terminal.is_as_it_was


def test_without_exact_colours_a_terminal_gets_no_picture_numbered_by_a_colour(session):
    terminal = Terminal([sys.executable, "-c", PROGRAM, str(session.pictures[SOURCE])], term="xterm-kitty")
    terminal.shows("▀▀▀")
    assert b"\x1b_G" not in terminal.written
    terminal.press("\x11")
    assert terminal.ends() == 0


def test_a_terminal_with_sixels_gets_sixels(session):
    terminal = Terminal([sys.executable, "-c", PROGRAM, str(session.pictures[SOURCE])], term="foot")
    terminal.shows("hangs behind")
    wait_for(lambda: terminal.written.count(b"\x1bP0;1;0q") >= 10)
    terminal.press("\x11")
    assert terminal.ends() == 0
    assert terminal.is_as_it_was
