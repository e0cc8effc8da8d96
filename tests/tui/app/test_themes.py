"""Our themes: enough contrast for text, and personas that a colour-blind eye can tell apart."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from textual.color import Color

from tests.support import scripted_run as script
from tui.app.themes import THEMES, palette_of
from tui.drawing.cells import PERSONA_COLOURS
from tui.terminal.no_color import ratio

NAMES = [theme.name for theme in THEMES]
ANSI = {
    "cyan": 6, "green": 2, "yellow": 3, "magenta": 5, "blue": 4, "bright_red": 9, "bright_cyan": 14, "bright_green": 10,
}  # fmt: skip

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def needed(name: str) -> float:
    return 7.0 if "high-contrast" in name else 4.5


def persona_colours(name: str) -> list[Any]:
    theme = next(theme for theme in THEMES if theme.name == name)
    palette = palette_of(theme)
    assert palette is not None
    return [palette.ansi_colors[ANSI[colour]] for colour in PERSONA_COLOURS]


def seen(colour: Any, eye: np.ndarray) -> np.ndarray:
    """CIE Lab of what an eye sees."""
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    x = XYZ @ np.clip(eye @ linear, 0, 1) / WHITE
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("eye", EYES)
def test_no_two_personas_look_alike(name, eye):
    colours = persona_colours(name)
    assert len(colours) == len(PERSONA_COLOURS)
    nearest = min(np.linalg.norm(seen(a, EYES[eye]) - seen(b, EYES[eye])) for a, b in combinations(colours, 2))
    assert nearest >= 14  # CIE 1976; 2.3 is a just noticeable difference


@pytest.mark.parametrize("name", NAMES)
def test_each_persona_can_be_read_on_the_background(name):
    theme = next(theme for theme in THEMES if theme.name == name)
    background = Color.parse(str(theme.background))
    assert min(ratio(Color(*colour), background) for colour in persona_colours(name)) >= needed(name)


def test_the_ratio_is_that_of_wcag():
    assert ratio(Color(255, 255, 255), Color(0, 0, 0)) == pytest.approx(21)
    assert ratio(Color(118, 118, 118), Color(255, 255, 255)) == pytest.approx(4.54, abs=0.01)


def faint(app: Any, least: float) -> list[str]:
    """Text on the screen with less contrast than that; rules and scroll bars are no text."""
    found = []
    dialog = next(iter(app.screen.query("#dialog")), None)  # what lies below it is faint on purpose
    x, y, width, height = (dialog or app.screen).region
    for strip in app.screen._compositor.render_strips()[y : y + height]:
        for segment in strip.crop(x, x + width):
            style = segment.style
            if style is None or not any(character.isalnum() for character in segment.text):
                continue
            front, back = (
                Color.from_rich_color(colour, app.ansi_theme) for colour in (style.color, style.bgcolor) if colour
            )
            contrast = ratio(front, back)
            if contrast < least:
                found.append(f"{segment.text.strip()!r} {contrast:.1f}")
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("keys", [(), ("down",), ("f2",), ("f3",), ("f6",), ("f1",)], ids=str)
async def test_every_text_on_every_screen_can_be_read(name, keys):
    session = script.ScriptedSession(script.answered(), runs=3)
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme=name))
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press(*keys)
        await script.drawn(pilot)
        assert faint(pilot.app, needed(name)) == []


@pytest.mark.parametrize("keys", [("down",), ("f2",), ("f3",), ("f6",), ("f1",)], ids=str)
async def test_every_text_can_be_read_in_every_theme(keys):
    async with script.app(script.ScriptedSession(script.answered(), runs=3)).run_test(size=(120, 40)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        await script.until(pilot, lambda: pilot.app.ask_screen.feed.state.finished)
        await pilot.press(*keys)
        for name in (name for name, theme in pilot.app.available_themes.items() if not theme.ansi):
            pilot.app.theme = name
            await script.drawn(pilot)
            await pilot.pause()
            assert faint(pilot.app, 4.5) == [], name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("keys", "styles"), [(("f6", "j"), {"bold", "underline"}), (("f2", "j"), {"bold", "reverse"})])
async def test_the_line_of_the_cursor_is_told_without_a_colour(name, keys, styles):
    session = script.ScriptedSession()
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme=name))
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press(*keys)
        await script.until(pilot, lambda: "batch_size" in script.screen_text(pilot.app) or keys[0] != "f6")
        strips = pilot.app.screen._compositor.render_strips()
        shown = {str(segment.style) for strip in strips[2:12] for segment in strip if segment.text.strip()}
        assert any(styles <= set(style.split()) for style in shown)


@pytest.mark.parametrize("name", ["textual-dark", "textual-light", "ansi-dark", "high-contrast-light"])
async def test_without_colours_the_cursor_is_the_only_bar(name, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    session = script.ScriptedSession()
    session.settings = replace(session.settings, screen=replace(session.settings.screen, theme=name))
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("f6", "j")
        await script.until(pilot, lambda: "system.batch_size" in script.screen_text(pilot.app))
        segments = [segment for strip in pilot.app.screen._compositor.render_strips() for segment in strip]
        styles = [segment.style for segment in segments if segment.style is not None]
        assert all(style.color is None and style.bgcolor is None for style in styles)
        barred = [s.text.strip() for s in segments if s.style and s.style.reverse and s.text.strip().isascii()]
        assert [text.split() for text in barred if text] == [["Settings"], ["batch_size", "6"]]
