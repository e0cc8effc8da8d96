"""Write cells to the terminal in few bytes: short moves, only the codes of a style that change, blanks erased."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.color import ColorSystem
    from rich.style import Style

ENDS = {
    "1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24",
    "51": "54", "52": "54", "53": "55",
}  # fmt: skip
"""The code that ends each attribute (ECMA-48, 8.3.117)."""

SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Attributes that change how a blank looks: lines, frames and the exchange of the colours."""

FIRST_EMOJI = "\U0001f000"
"""Terminals disagree on the width of characters from here on."""

FEWEST_ERASED, FEWEST_PASSED = 5, 10
"""Blanks that cost more than to erase them, at the end of a run, and where the cursor has to move past them."""


class Codes(NamedTuple):
    """The codes of a style: those of its attributes, of its foreground and of its background."""

    attributes: tuple[str, ...]
    foreground: str
    background: str


ANY = ""
"""The foreground of blanks on which no foreground can be seen."""

PLAIN = Codes((), "39", "49")
"""The style of the terminal itself, after a reset."""

Cell: TypeAlias = tuple[str, Codes]
"""A character with what combines with it, and its style; the second cell of a wide character is empty."""


@lru_cache(maxsize=4)
def coder(system: ColorSystem) -> Callable[[Style | None], tuple[Codes, Codes]]:
    """Return `codes_of` for a system of colours with a memory of its own: hashing a system costs more than a style."""
    return lru_cache(maxsize=4096)(partial(codes_of, system))


def codes_of(system: ColorSystem, style: Style | None) -> tuple[Codes, Codes]:
    """Return the codes of a style for letters and for blanks, on which neither foreground nor weight can be seen."""
    if style is None:
        return PLAIN, PLAIN._replace(foreground=ANY)
    uncoloured = style.without_color.update_link(None).render(" ", color_system=system)
    attributes = uncoloured.partition(" ")[0].removeprefix("\x1b[").removesuffix("m")
    foreground, background = (
        ";".join(colour.downgrade(system).get_ansi_codes(foreground=is_foreground)) if colour is not None else default
        for colour, is_foreground, default in (
            (style.color, True, PLAIN.foreground), (style.bgcolor, False, PLAIN.background),
        )
    )  # fmt: skip
    codes = Codes(tuple(filter(None, attributes.split(";"))), foreground, background)
    is_seen = not SEEN_ON_BLANKS.isdisjoint(codes.attributes)
    return codes, codes if is_seen else Codes((), ANY, background)


@lru_cache(maxsize=4096)
def style_change(old: Codes, new: Codes) -> str:
    """Return the shortest sequence that changes the terminal's style from `old` to another one."""
    ended = {ENDS[code] for code in old.attributes if code not in new.attributes}
    begun = [code for code in new.attributes if code not in old.attributes or ENDS[code] in ended]
    colours = [code for old_code, code in zip(old[1:], new[1:], strict=True) if old_code != code]
    afresh = [code for default, code in zip(PLAIN[1:], new[1:], strict=True) if default != code]
    changed, complete = ";".join([*sorted(ended), *begun, *colours]), ";".join(["0", *new.attributes, *afresh])
    return f"\x1b[{min(changed, complete, key=len)}m"


@lru_cache(maxsize=4096)
def blank_style(present: Codes, blank: Codes) -> Codes:
    """Return the style with the fewest changes in which a blank looks as it should."""
    if SEEN_ON_BLANKS.isdisjoint(present.attributes):
        return present._replace(background=blank.background)
    return blank._replace(foreground=PLAIN.foreground)


class Pen:
    """Collects what to write on a terminal of `width` columns, whose style is `PLAIN`, and `can_erase` blanks."""

    def __init__(self, width: int, *, can_erase: bool) -> None:
        self._width, self._can_erase = width, can_erase
        self._parts: list[str] = []
        self._style = PLAIN
        self._position: tuple[int, int] | None = None

    def scroll(self, first: int, last: int, lines: int) -> None:
        """Move the rows from `first` to `last` up by so many lines, or down by as many if negative."""
        if lines:  # a line feed in the last row, or a reverse one in the first, is what every terminal can do
            move = f"\x1b[{last + 1}H" + "\n" * lines if lines > 0 else f"\x1b[{first + 1}H" + "\x1bM" * -lines
            self._parts.append(f"\x1b[{first + 1};{last + 1}r{move}\x1b[r")

    def write(self, y: int, x: int, cells: Sequence[Cell]) -> None:
        """Write cells from column `x` of row `y` on."""
        self._move(y, x)
        end = x + len(cells)
        for codes, group in groupby(cells, key=itemgetter(1)):
            characters = [character for character, _ in group]
            start, x = x, x + len(characters)
            self._change(blank_style(self._style, codes) if codes.foreground == ANY else codes)
            if codes.foreground != ANY or not self._is_erased(len(characters), is_last=x == end):
                self._parts += characters
                self._position = y, x
            else:
                self._parts.append("\x1b[K" if x == self._width else f"\x1b[{x - start}X")
                if x < end:
                    self._move(y, x)
        if are_risky(cells):
            self._position = None

    def _is_erased(self, blanks: int, *, is_last: bool) -> bool:
        """Tell whether to erase so many blanks; the cursor stays on the first of them."""
        return self._can_erase and blanks >= (FEWEST_ERASED if is_last else FEWEST_PASSED)

    def text(self) -> str:
        """Return everything, with the style reset at its end."""
        self._change(PLAIN)
        return "".join(self._parts)

    def _move(self, y: int, x: int) -> None:
        """Move the cursor in the shortest of the ways that every terminal knows."""
        row, column = self._position or (-2, -1)
        ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"]
        if row == y and x >= column:
            ways.append(_right(x - column))
        if row + 1 == y:
            ways.append(f"\r\n{_right(x)}")
        self._parts.append(min(ways, key=len))
        self._position = y, x

    def _change(self, codes: Codes) -> None:
        if codes != self._style:
            self._parts.append(style_change(self._style, codes))
            self._style = codes


def _right(columns: int) -> str:
    """Return the sequence that moves the cursor to the right by so many columns."""
    return f"\x1b[{columns if columns > 1 else ''}C" if columns else ""


def are_risky(cells: Sequence[Cell]) -> bool:
    """Tell whether terminals disagree on the width of a character among these."""
    text = "".join([character for character, _ in cells])
    if text.isascii():
        return False
    return max(text) >= FIRST_EMOJI or any(len(character) > 1 for character, _ in cells)
