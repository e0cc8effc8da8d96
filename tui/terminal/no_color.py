"""NO_COLOR support: removes all colour; highlighted backgrounds become reverse video."""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

HIGHLIGHTED = 1.25
"""The least contrast ratio with the screen at which a background means something and becomes reverse video."""
READABLE = 4.5


class Colourless(LineFilter):
    """Removes colours; a cursor's bar becomes reverse video, faint text becomes dim."""

    def __init__(self, screen: Color) -> None:
        super().__init__()
        self._screen = screen

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the same text without colours."""
        del background
        return [Segment(text, style and _plain(style, self._screen), control) for text, style, control in segments]


@lru_cache(1024)
def _plain(style: Style, screen: Color) -> Style:
    back = _colour(style.bgcolor, screen)
    front = _colour(style.color, screen.get_contrast_text(1.0))
    barred = ratio(back, screen) >= HIGHLIGHTED
    plain = style.without_color + Style(reverse=bool(style.reverse) != barred)
    return plain + Style(dim=True) if ratio(front, back) < READABLE and not barred else plain


def _colour(colour: RichColor | None, default: Color) -> Color:
    return default if colour is None or colour.is_default else Color.from_rich_color(colour)


def ratio(first: Color, second: Color) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 (none) to 21 (black and white)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = map(_linear, colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - of sRGB
