"""Give every text the contrast that WCAG AA asks for, in every theme: Textual's own blend some texts too far."""

import re
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.terminal.no_color import READABLE, ratio

_LETTERS = re.compile(r"\w")
_SHARES = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0)


class Legible(LineFilter):
    """Moves the colour of faint text towards black or white until it can be read; rules and bars stay faint."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the same text, its colours changed where they are too near to their background."""
        del background
        return [
            Segment(text, legible(style), control) if style is not None and _LETTERS.search(text) else segment
            for segment in segments
            for text, style, control in (segment,)
        ]


@lru_cache(4096)
def legible(style: Style) -> Style:
    """Return a style of at least the contrast ratio 4.5; one with a colour of the terminal's own stays as it is."""
    if any(colour is None or colour.triplet is None for colour in (style.color, style.bgcolor)):
        return style
    front, back = (Color.from_rich_color(colour) for colour in (style.color, style.bgcolor))
    if ratio(front, back) >= READABLE:
        return style
    strongest = max((Color(0, 0, 0), Color(255, 255, 255)), key=lambda colour: ratio(colour, back))
    blends = (front.blend(strongest, share) for share in _SHARES)
    readable = next((colour for colour in blends if ratio(colour, back) >= READABLE), strongest)
    return style + Style(color=readable.rich_color)
