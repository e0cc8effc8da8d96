"""Tell how the terminal draws pictures, without a question to it: the answer could be late, or taken for keys."""

import struct
import sys
from collections.abc import Mapping
from enum import Enum


class Graphics(Enum):
    """A way to draw pictures."""

    KITTY = "kitty"  # its protocol, with placeholders in the cells
    SIXEL = "sixel"
    BLOCKS = "blocks"  # two pixels a cell
    NONE = "never"


_KITTY = ("xterm-kitty", "xterm-ghostty", "ghostty")
_SIXEL = ("foot", "mlterm", "contour", "wezterm", "iterm.app", "yaft", "xterm-sixel")


def graphics_of(setting: str, environ: Mapping[str, str], *, is_web: bool) -> Graphics:
    """Return the way for this terminal; `setting` is `screen.pictures`.

    A terminal is known by TERM or TERM_PROGRAM. The page of `serve` draws blocks alone, and tmux passes nothing else.
    """
    if is_web:
        return Graphics.NONE if setting == Graphics.NONE.value else Graphics.BLOCKS
    if setting != "auto":
        return Graphics(setting)
    term, program = (environ.get(name, "").lower() for name in ("TERM", "TERM_PROGRAM"))
    if "TMUX" in environ or term.startswith(("tmux", "screen")):
        return Graphics.BLOCKS
    names = (term, program)
    if any(name.startswith(_KITTY) for name in names):
        return Graphics.KITTY
    return Graphics.SIXEL if any(name.startswith(_SIXEL) for name in names) else Graphics.BLOCKS


def cell_size() -> tuple[int, int]:
    """Return width and height of a cell of the terminal in pixels; 10 and 20 where the system does not know them."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
        import termios  # noqa: PLC0415

        size = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8)) if sys.__stdout__ else bytes(8)
    except (ImportError, OSError, ValueError):
        return 10, 20
    rows, columns, width, height = struct.unpack("HHHH", size)
    return (width // columns, height // rows) if width >= columns > 0 and height >= rows > 0 else (10, 20)
