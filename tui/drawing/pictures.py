"""Pictures as rows of cells: coloured half blocks, placeholders of the kitty protocol, or sixels.

The rows are ordinary cells for Textual, so a picture is sent once, and again only where other cells hid it.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from itertools import groupby
from typing import TYPE_CHECKING

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engine.documents.document import Raster

CellSize = tuple[int, int]
"""Width and height of a cell of the terminal in pixels."""

CHUNK = 4096
"""Characters of data in a message of the kitty protocol, at most."""

# The combining characters that number rows and columns of a placeholder: the beginning of kitty's own list.
_NUMBERS = """305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9
    5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743
    745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17
    1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7
    20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dfa""".split()
_ENDS = [[int(end, 16) for end in span.split("-")] for span in _NUMBERS]
DIACRITICS = [chr(code) for ends in _ENDS for code in range(ends[0], ends[-1] + 1)]
RESERVED, RESERVED_SIZE = 0xF0000, 0xFFFD
"""Characters that stand for a row of sixels: a plane for private use."""
PLACEHOLDER = "\U0010eeee"


def half_blocks(raster: Raster) -> list[list[Segment]]:
    """Return a picture with two pixels in a cell, one above the other."""
    colours = [Color.from_triplet(ColorTriplet(*rgb)) for rgb in zip(*[iter(raster.palette)] * 3, strict=True)]
    width, pixels = raster.width, raster.pixels
    lines = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    rows = []
    for upper, lower in zip(lines[::2], [*lines[1::2], None] if len(lines) % 2 else lines[1::2], strict=True):
        pairs = zip(upper, lower, strict=True) if lower is not None else ((pixel, None) for pixel in upper)
        cells = ((pair, len(list(run))) for pair, run in groupby(pairs))
        rows.append([
            Segment("▀" * count, Style(color=colours[top], bgcolor=None if bottom is None else colours[bottom]))
            for (top, bottom), count in cells
        ])  # fmt: skip
    return rows


def kitty_cells(raster: Raster, space: tuple[int, int], cell: CellSize) -> tuple[int, int]:
    """Return columns and rows for a picture in a space of cells: as large as it fits, at most three times enlarged."""
    columns, rows = raster.width / cell[0], raster.height / cell[1]
    scale = min(space[0] / columns, space[1] / rows, 3.0)
    limit = len(DIACRITICS)
    return min(max(1, int(columns * scale)), limit), min(max(1, int(rows * scale)), limit)


def kitty_message(raster: Raster, number: int) -> str:
    """Return what gives a picture with its number (up to 0xffffff) to a terminal."""
    colours = [bytes(rgb) for rgb in zip(*[iter(raster.palette)] * 3, strict=True)]
    data = b64encode(zlib.compress(b"".join(map(colours.__getitem__, raster.pixels)))).decode()
    parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    first = f"a=t,q=2,f=24,o=z,i={number},s={raster.width},v={raster.height},"
    sent = (f"{first if n == 0 else 'q=2,'}m={int(n + 1 < len(parts))};{part}" for n, part in enumerate(parts))
    return "".join(f"\x1b_G{message}\x1b\\" for message in sent)


def kitty_placement(number: int, columns: int, rows: int) -> str:
    """Return what tells a terminal in how many cells it draws the picture of this number."""
    return f"\x1b_Ga=p,q=2,U=1,i={number},p=1,c={columns},r={rows}\x1b\\"


def kitty_deletion(number: int) -> str:
    """Return what lets a terminal forget a picture."""
    return f"\x1b_Ga=d,q=2,d=I,i={number}\x1b\\"


def kitty_placeholders(number: int, columns: int, rows: int) -> list[list[Segment]]:
    """Return the cells in which a terminal draws the picture of this number: their colour is the number."""
    style = Style(color=Color.from_triplet(ColorTriplet(number >> 16, number >> 8 & 255, number & 255)))
    return [
        [Segment("".join(PLACEHOLDER + row + DIACRITICS[n] for n in range(columns)), style)]
        for row in DIACRITICS[:rows]
    ]


def sixel_rows(raster: Raster, cell: CellSize, first: int) -> dict[str, str]:
    """Return what draws each row of cells of a picture, by a row of one reserved character.

    The characters are numbered from `first` on. On the screen another cell must follow: the cursor goes back from it.
    """
    import numpy as np  # noqa: PLC0415 - only where sixels are drawn

    columns, rows = -(-raster.width // cell[0]), -(-raster.height // cell[1])
    grid = np.frombuffer(raster.pixels, np.uint8).reshape(raster.height, raster.width)
    drawn = {}
    for row in range(rows):
        lines = grid[row * cell[1] : (row + 1) * cell[1]]
        groups = "-".join("$".join(_sixels(lines[top : top + 6])) for top in range(0, len(lines), 6))
        used = "".join(_colour(raster.palette, int(number)) for number in np.unique(lines))
        data = f'\x1bP0;1;0q"1;1;{raster.width};{len(lines)}{used}{groups}\x1b\\'
        cells = chr(RESERVED + (first + row) % RESERVED_SIZE) * columns
        drawn[cells] = f"{' ' * columns}\x1b7\x1b[{columns}D{data}\x1b8"
    return drawn


def _colour(palette: bytes, number: int) -> str:
    """Return the definition of a colour, in hundredths."""
    red, green, blue = (round(value / 2.55) for value in palette[3 * number : 3 * number + 3])
    return f"#{number};2;{red};{green};{blue}"


def _sixels(lines: NDArray[np.uint8]) -> Iterator[str]:
    """Yield the sixels of each colour in up to six lines of pixels, with runs shortened."""
    import numpy as np  # noqa: PLC0415 - only where sixels are drawn

    weights = (1 << np.arange(len(lines))).astype(np.uint8)
    for number in np.unique(lines):
        signs = (weights @ (lines == number) + 63).astype(np.uint8).tobytes().decode("ascii")
        runs = ((sign, len(list(run))) for sign, run in groupby(signs))
        yield f"#{number}" + "".join(f"!{count}{sign}" if count > 3 else sign * count for sign, count in runs)  # noqa: PLR2004
