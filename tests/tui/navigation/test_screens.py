"""The line at the top of every screen: where one can go, and by which key."""

import pytest
from msgspec.structs import replace

from tests.support import scripted_run as script
from tui.navigation.screen_bar import bar_text
from tui.navigation.screens import SCREENS

KEYS = {place.mode: place.keys.partition(",")[0] for place in SCREENS}


def test_every_place_stands_there_with_its_key_and_fits_eighty_columns():
    text = bar_text("history", KEYS, 80)
    assert text.plain.startswith("esc Ask  f2 Personas  f3 History")
    assert text.cell_len <= 80


def test_a_narrow_line_names_only_where_one_is():
    text = bar_text("personas", KEYS, 30).plain
    assert text.startswith("esc Ask  f2 Personas  f3")
    assert "History" not in text


@pytest.mark.parametrize("place", SCREENS, ids=lambda place: place.mode)
async def test_each_key_leads_to_its_place_and_escape_back(place):
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        for key in place.keys.split(","):
            await pilot.press(key)
            assert pilot.app.current_mode == place.mode
            await script.until(pilot, lambda: "esc Ask  f2" in script.screen_text(pilot.app))
            await pilot.press("escape")
            assert pilot.app.current_mode == "ask"


async def test_a_click_on_a_name_goes_there():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.click("ScreenBar", offset=(8, 0))
        assert pilot.app.current_mode == "personas"


async def test_keys_of_the_users_own_are_shown():
    session = script.ScriptedSession()
    screen = replace(session.settings.screen, keymap={"personas": "ctrl+p"})
    session.settings = replace(session.settings, screen=screen)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        assert "^p Personas" in script.screen_text(pilot.app)
