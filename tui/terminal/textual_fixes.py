"""All uses of Textual's private names, each with its reason: the one file to read for another version of Textual.

Written for Textual 8.2. `SteadyApp` is the base of the application, `lasting` changes the driver, and the functions
below them read or set what Textual offers no public way to.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import textual.screen
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.events import Resize, ScreenResume
from textual.filter import Monochrome, NoColor
from textual.geometry import Size
from textual.worker import WorkerFailed

from tui.terminal.changed_cells import ShownCells
from tui.terminal.requirements import erases_in_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from textual.css.model import RuleSet
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen
    from textual.strip import Strip
    from textual.timer import Timer
    from textual.widget import AwaitMount
    from textual.widgets import Input

    from tui.drawing.ascii import Draw

ASK_FOR_SYNC = "\x1b[?2026$p"
"""DECRQM of synchronized output: a harmless question that every terminal with that mode answers in order."""

vars(textual.screen)["UPDATE_PERIOD"] = 1 / 120
"""Seconds that Textual waits at most before it draws what has changed, as after a key: half as long as by itself."""


class SteadyApp(App[None]):
    """Textual's application without three of its races: they lose a new size of the terminal, a frame, or the start.

    `defect` is the first exception that nobody caught, `shown_cells` is what the terminal shows: only other cells are
    sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.defect: Exception | None = None
        self.stylesheet = ParsedOnce(variables=self.get_css_variables())
        self.shown_cells = ShownCells()
        self._has_dropped = False

    async def _process_messages(self, *args: Any, **options: Any) -> None:
        # Since Python 3.12 Textual lets tasks begin at once. The first screen of a mode is then composed before it is
        # on the stack, and an input in it ends the program with a ScreenStackError.
        asyncio.get_running_loop().set_task_factory(None)
        await super()._process_messages(*args, **options)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Show the screen of a mode; Textual says twice to a new one that it is shown, which then reads all twice."""
        if mode in self._screen_stacks or mode not in self._modes:
            return super().switch_mode(mode)
        with self.prevent(ScreenResume):
            mounted = self._init_mode(mode)
        super().switch_mode(mode)
        return mounted

    def set_timer(self, *args: Any, **options: Any) -> Timer:
        """Set a timer that fires however late it is: by such a timer Textual lays out a new size of the terminal."""
        return sure(super().set_timer(*args, **options))

    def on_resize(self, event: Resize) -> None:
        """Send everything again: a terminal rearranges what it shows when its size changes, even back and forth."""
        self.shown_cells.forget()
        if event.size == self._size and self.screen_stack:  # Textual draws nothing then
            self.screen.refresh()

    def _check_resize(self) -> None:
        # After a change of the size that was taken back before the screen was laid out, Textual draws nothing either.
        event = self._resize_event
        super()._check_resize()
        if event is not None and self.screen_stack and event.size == self.screen.size:
            self.screen.refresh()

    def action_redraw(self) -> None:
        """Send everything again, as after another program has written to the terminal."""
        self.shown_cells.forget()
        self.screen.refresh()

    def check_size(self) -> None:
        """Tell the screens of a size of the terminal that they have missed, as happens in tmux on a busy machine."""
        size = Size(*shutil.get_terminal_size())
        if self.screen_stack and size != self.screen.size:
            for screen in (self.screen, *self._background_screens):
                screen.post_message(Resize(size, size))
            self._size = size

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        # While widgets are exchanged, as those of a footer, Textual drops what is drawn. `_batch_count` says that.
        self._has_dropped |= bool(self._batch_count) and renderable is not None
        if isinstance(renderable, CompositorUpdate):
            renderable = ChangedCells(renderable, self.shown_cells)
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        # Draw afterwards what was dropped meanwhile.
        super()._end_batch()
        if self._has_dropped and not self._batch_count:
            self._has_dropped = False
            self.screen.refresh()

    def _handle_exception(self, error: Exception) -> None:
        # A defect ends the program, but Textual would print its traceback, which belongs into the log.
        super()._handle_exception(error)
        self._exit_renderables.clear()
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.defect = self.defect or (cause if isinstance(cause, Exception) else error)

    def replace_colour_filters(self, replacement: LineFilter) -> None:
        """Use this filter in place of Textual's own for NO_COLOR, which loses highlighted backgrounds."""
        self._filters = [own for own in self._filters if not isinstance(own, Monochrome | NoColor)]
        self._filters.append(replacement)

    def add_filter(self, line_filter: LineFilter) -> None:
        """Pass every line through a filter before it is drawn."""
        self._filters.append(line_filter)

    def all_screens(self) -> Iterator[Screen[Any]]:
        """Return the screens of all modes; Textual gives only those of the present one."""
        return chain.from_iterable(self._screen_stacks.values())

    def ask_terminal(self, screen: Screen[Any] | None) -> bool:
        """Ask the terminal for an answer after everything drawn so far; False where none would come to `screen`."""
        # `_sync_available` says that the terminal has answered this question before.
        if self.is_headless or not self._sync_available or self.screen is not screen:
            return False
        return self.call_after_refresh(self._write_question)

    def _write_question(self) -> None:
        self.write(ASK_FOR_SYNC)

    def write(self, text: str) -> None:
        """Write to the terminal after what is drawn already; it must change no cell."""
        if self._driver is not None:  # Textual has no public way to write to the terminal
            self._driver.write(text)


class ChangedCells(CompositorUpdate):
    """Reduces an update of Textual's compositor to the cells that `shown_cells` does not have, and notes them there."""

    def __init__(self, update: CompositorUpdate, shown_cells: ShownCells) -> None:
        self._update, self._shown_cells = update, shown_cells

    def render_segments(self, console: Console) -> str:
        """Return what to write to the terminal."""
        update = self._update
        if isinstance(update, LayoutUpdate):
            self._shown_cells.resize(*update.region.size)
            return self._shown_cells.changes(_layout_pieces(update), console)
        if isinstance(update, ChopsUpdate):
            self._shown_cells.resize(max((ends[-1] for ends in update.chop_ends if ends), default=0), len(update.chops))
            return self._shown_cells.changes(_chopped_pieces(update), console)
        self._shown_cells.forget()
        return update.render_segments(console)


def _layout_pieces(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield column, row and strip of each part of a whole screen."""
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _chopped_pieces(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield column, row and strip of each part of the widgets that were drawn again."""
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= right and end > left:
                yield x, y, strip


class ParsedOnce(Stylesheet):
    """Parses each style sheet once for each theme; Textual parses all of them again for each new screen."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = _parsed(frozenset(variables.items()))

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take the colours of a theme; those of the present one change nothing."""
        if variables != self._variables:
            self._parse_cache = LRUCache(1)  # Textual clears it
            super().set_variables(variables)
            self._parse_cache = _parsed(frozenset(variables.items()))

    def reparse(self) -> None:
        """Parse what is new; if that fails, the rules stay as they were."""
        self.parse()


@lru_cache(maxsize=4)
def _parsed(_variables: frozenset[tuple[str, str]]) -> LRUCache[tuple[Any, ...], list[RuleSet]]:
    """Return the rules that were parsed with these variables; they hold nothing of an application."""
    return LRUCache(1024)


class LastingFile:
    """The terminal's output; when the terminal is gone, what is written is dropped.

    Textual's writer thread would end with an OSError and leave the event loop waiting for it forever.
    """

    def __init__(self, file: IO[str], draw: Draw | None = None) -> None:
        self._file = file
        self._draw = draw

    def write(self, text: str) -> None:
        """Write the text as the terminal can show it (see `tui.drawing.ascii`), or drop it."""
        with suppress(OSError):
            self._file.write(text if self._draw is None else self._draw(text))

    def flush(self) -> None:
        """Flush, unless the terminal is gone."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """Return the number of the file beneath."""
        return self._file.fileno()


def lasting(base: type[Driver], draw: Draw | None = None) -> type[Driver]:
    """Return a driver that survives a terminal that vanishes, as it does when an SSH connection breaks.

    `base` is the driver that Textual chose; it is returned where there is no lasting kind. `draw` changes all output.
    """
    if sys.platform == "win32":
        return base
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - it does not import on Windows

    if base is not LinuxDriver:
        return base

    class LastingDriver(LinuxDriver):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._file: Any = LastingFile(self._file, draw)
            if isinstance(self._app, SteadyApp):
                self._app.shown_cells.can_erase = erases_in_colour(os.environ)

        def start_application_mode(self) -> None:
            # At the start and after a suspension the screen is empty.
            if isinstance(self._app, SteadyApp):
                self._app.shown_cells.forget()
            super().start_application_mode()  # type: ignore[no-untyped-call]

        def _sigcont_application(self, *_: object) -> None:
            # A hang-up sends SIGCONT as well, which the base class takes for the end of a suspension.
            if self._must_signal_resume:
                super()._sigcont_application()

    return LastingDriver


def sure(timer: Timer) -> Timer:
    """Make the timer that `set_timer` just returned fire however late it is; its task has not begun yet.

    Textual's one-shot timers never fire when their time has passed before they begin to wait, as it has for a short
    one on a busy machine: a draw that was due then never comes, and a new size of the terminal is never laid out.
    """
    timer._skip = False  # noqa: SLF001 - `set_timer` has no argument for it
    return timer


def suggestion_of(line: Input) -> str:
    """Return the text that a line suggests; empty for none."""
    return line._suggestion  # noqa: SLF001 - Textual only draws it


def suggest(line: Input, text: str) -> None:
    """Suggest a text in a line; empty for none."""
    line._suggestion = text  # noqa: SLF001 - a suggester is asked at every key, and only for what begins as typed


def key_name(character: str) -> str:
    """Return the name that Textual gives the key of a character, as in its own keymaps."""
    from textual.keys import _character_to_key  # noqa: PLC0415 - Textual has no public function for it

    return _character_to_key(character)
