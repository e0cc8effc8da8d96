"""Draw the picture of a source in a pane, with a frame around the cited part."""

from __future__ import annotations

import asyncio
import os
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import work
from textual.strip import Strip
from textual.widget import Widget

from engine.documents.sandbox import Drawing
from engine.errors import PersonaMoeError
from engine.text.safe import one_line
from tui.drawing import pictures
from tui.drawing.ascii import may_draw_unicode
from tui.terminal.graphics import Graphics, cell_size, graphics_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.documents.document import Box, Raster
    from tui.app.app import PersonaMoeApp
    from tui.session.library import ScopedLibrary

BLOCK_COLOURS, PIXEL_COLOURS = 64, 128
MOST_PIXELS = (800, 600)
"""Of a picture that is sent as pixels: 20 KB of a sign, 200 KB of a photograph."""

_numbers = count(os.getpid() % 0x7FFF << 8 | 1)  # of pictures in the terminal, which other programs may use too


class Drawn(NamedTuple):
    """The rows of a picture, and what is written for those of a reserved character."""

    rows: list[list[Segment]]
    sixels: Mapping[str, str] = MappingProxyType({})


class PicturePane(Widget, can_focus=True):
    """Shows one picture as large as the pane, with as many pixels as the terminal can draw."""

    BORDER_TITLE = " Picture "

    def __init__(self, library: ScopedLibrary, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._library = library
        self._source = self._note = ""
        self._mark: Box | None = None
        self._space = (0, 0)
        self._rows: list[list[Segment]] = []
        self._sixels: Mapping[str, str] = {}
        self._sent: tuple[int, Raster] | None = None

    @property
    def _application(self) -> PersonaMoeApp:
        return cast("PersonaMoeApp", self.app)

    @property
    def graphics(self) -> Graphics:
        """How pictures are drawn here: not at all without colours or Unicode."""
        app, screen = self.app, self._application.session.settings.screen
        if app.no_color or not may_draw_unicode(screen.ascii, os.environ):
            return Graphics.NONE
        way = graphics_of(screen.pictures, os.environ, is_web=app.is_web or app.is_headless)
        # A colour of 24 bits in the cells is the number of a picture; over SSH, COLORTERM may be lost.
        is_lost = way is Graphics.KITTY and app.console.color_system != "truecolor"
        return Graphics.BLOCKS if is_lost else way

    def show(self, source: str, mark: Box | None) -> None:
        """Show the picture of a source, with a frame around the part `mark`; the one that is shown stays as it is."""
        if (source, mark) != (self._source, self._mark):
            self._source, self._mark, self._space = source, mark, (0, 0)
            self._forget()
            self._say("drawing ...")
            self._draw_once()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._draw_once()

    def on_unmount(self) -> None:
        """Let the terminal forget the picture."""
        self._forget()

    def _draw_once(self) -> None:
        space = (self.size.width - 1, self.size.height)
        graphics = self.graphics  # the settings may have changed since `show`
        if self._source and min(space) > 0 and space != self._space and graphics is not Graphics.NONE:
            self._space = space
            self._draw(graphics)

    @work(group="picture", exclusive=True)
    async def _draw(self, graphics: Graphics) -> None:
        """Decode the picture in a confined process, and draw it for the present size."""
        draw = {Graphics.KITTY: self._kitty, Graphics.SIXEL: self._sixel, Graphics.BLOCKS: self._blocks}[graphics]
        try:
            drawn = await draw()
        except PersonaMoeError as error:
            self._say(f"! the picture cannot be drawn: {one_line(str(error))}")
            return
        self._exchange_sixels(drawn.sixels)
        self._rows, self._note = drawn.rows, ""
        self.refresh()

    async def _decoded(self, size: tuple[int, int], colours: int) -> Raster:
        return await asyncio.to_thread(self._library.draw_source, self._source, Drawing(size, colours, self._mark))

    async def _blocks(self) -> Drawn:
        columns, rows = self._space
        return Drawn(pictures.half_blocks(await self._decoded((columns, 2 * rows), BLOCK_COLOURS)))

    async def _kitty(self) -> Drawn:
        """Send the picture unless the terminal has it, and how many cells it gets."""
        if not self._sent:
            raster = await self._decoded(MOST_PIXELS, PIXEL_COLOURS)
            number = next(_numbers)
            message = await asyncio.to_thread(pictures.kitty_message, raster, number)
            self._sent = number, raster
            self._application.write(message)
        number, raster = self._sent
        columns, rows = pictures.kitty_cells(raster, self._space, cell_size())
        self._application.write(pictures.kitty_placement(number, columns, rows))
        return Drawn(pictures.kitty_placeholders(number, columns, rows))

    async def _sixel(self) -> Drawn:
        cell = cell_size()
        width, height = (min(n * pixels, most) for n, pixels, most in zip(self._space, cell, MOST_PIXELS, strict=True))
        raster = await self._decoded((width, height), PIXEL_COLOURS)
        sixels = await asyncio.to_thread(pictures.sixel_rows, raster, cell, next(_numbers) * 0x100)
        return Drawn([[Segment(row, Style())] for row in sixels], sixels)

    def _forget(self) -> None:
        """Let the terminal forget the picture; its sixels are needed no more once they are written."""
        if self._sent:
            self._application.write(pictures.kitty_deletion(self._sent[0]))
        self._sent = None
        self._exchange_sixels({})

    def _exchange_sixels(self, sixels: Mapping[str, str]) -> None:
        """Offer the sixels of the rows in place of the earlier ones."""
        offered = self._application.shown_cells.pictures
        for row in self._sixels:
            offered.pop(row, None)
        offered.update(sixels)
        self._sixels = sixels

    def _say(self, note: str) -> None:
        self._rows, self._note = [], note
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row: of the picture, or the note in its place."""
        width, style = self.size.width, self.rich_style
        if y < len(self._rows):
            return Strip(self._rows[y]).apply_style(style).adjust_cell_length(width, style)
        note = Text(self._note if y == 0 else "", no_wrap=True, overflow="ellipsis")
        return Strip(note.render(self.app.console, end="")).apply_style(style).adjust_cell_length(width, style)
