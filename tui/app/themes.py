"""Themes of our own: high contrast, and colours that a colour-blind eye can tell apart; each dark and light.

Widgets name the terminal's own sixteen colours; a theme says what those are. So a persona's colour, a mark and a
warning follow the theme wherever they are drawn, and the ansi themes leave them to the terminal.
"""

from dataclasses import replace

from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import Theme

FEW_COLOURS = "ansi-dark"
"""The theme for terminals of sixteen colours or fewer, where the blends of others end as black on black."""

# What cyan, green, yellow, magenta, blue, bright red, bright cyan and bright green are: the order of the personas.
# From the palette of Okabe and Ito (2008), moved until the two nearest of them are far apart for eyes without red or
# green cones as well (simulated after Machado, Oliveira and Fernandes 2009), with the contrast that text needs.
_COLOURS = {
    "colour-blind": "#53c5ff #5dbf89 #ffff80 #b36198 #587ef9 #cc5b27 #e0fff6 #ff9600",
    "colour-blind-light": "#357aa7 #015b3d #6f7c1a #9b036e #3c58d5 #da3514 #1a3225 #733000",
    "high-contrast": "#a5c4fd #68de9c #f5f97a #b78aa3 #7292ff #df7d45 #f5ffff #ff9700",
    "high-contrast-light": "#13458f #1d382b #3e2d00 #9e0363 #3138dd #9a3701 #11080e #784e35",
}


def _dark(name: str, background: str, foreground: str, surface: str) -> Theme:
    cyan, green, yellow, _magenta, blue, red, *_ = _COLOURS[name].split()
    return Theme(
        name=name, primary=blue, secondary=cyan, accent=yellow, warning=yellow, error=red, success=green,
        foreground=foreground, background=background, surface=surface, panel=surface, text_alpha=1.0,
        variables={  # a cursor turns the colours of its line round, so each of them keeps its contrast
            "block-cursor-background": background, "block-cursor-foreground": foreground,
            "block-cursor-text-style": "bold reverse",
            "block-cursor-blurred-background": background, "block-cursor-blurred-foreground": foreground,
            "block-cursor-blurred-text-style": "underline", "block-hover-background": surface,
        },
    )  # fmt: skip


def _light(name: str) -> Theme:
    cyan, green, *_, blue, red, _bright_cyan, brown = _COLOURS[name].split()
    return replace(
        _dark(name, "#ffffff", "#000000", "#f2f2f2"),
        dark=False, primary=blue, secondary=cyan, accent=blue, warning=brown, error=red, success=green,
    )  # fmt: skip


THEMES = (
    _dark("colour-blind", "#101010", "#eeeeee", "#1c1c1c"),
    _light("colour-blind-light"),
    _dark("high-contrast", "#000000", "#ffffff", "#000000"),
    _light("high-contrast-light"),
)
"""Registered beside textual's own."""


def palette_of(theme: Theme) -> TerminalTheme | None:
    """What the names of the terminal's colours mean in one of our themes; None for all others."""
    if theme.name not in _COLOURS:
        return None
    cyan, green, yellow, magenta, blue, red, bright_cyan, bright_green = map(_rgb, _COLOURS[theme.name].split())
    background, foreground = _rgb(str(theme.background)), _rgb(str(theme.foreground))
    return TerminalTheme(
        background,
        foreground,
        [background, red, green, yellow, blue, magenta, cyan, foreground],
        [foreground, red, bright_green, yellow, blue, magenta, bright_cyan, foreground],
    )


def _rgb(name: str) -> tuple[int, int, int]:
    return Color.parse(name).rgb
