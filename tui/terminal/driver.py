"""Textual's driver, made to survive a terminal that vanishes, as it does when an SSH connection breaks."""

import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from textual.driver import Driver

if TYPE_CHECKING:
    from tui.drawing.ascii import Draw


class LastingFile:
    """The terminal's output; when the terminal is gone, what is written is dropped.

    Textual's writer thread would end with an OSError and leave the event loop waiting for it forever.
    """

    def __init__(self, file: IO[str], draw: "Draw | None" = None) -> None:
        self._file = file
        self._draw = draw

    def write(self, text: str) -> None:
        """Write what the terminal can show of it (see `tui.drawing.ascii`), or drop it."""
        with suppress(OSError):
            self._file.write(text if self._draw is None else self._draw(text))

    def flush(self) -> None:
        """Flush, if there is still somebody to flush to."""
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """Give the number of the file beneath."""
        return self._file.fileno()


def lasting(base: type[Driver], draw: "Draw | None" = None) -> type[Driver]:
    """The driver that textual chose, or its lasting kind where there is one; `draw` changes all that is written."""
    if sys.platform == "win32":
        return base
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - it does not import on Windows

    if base is not LinuxDriver:
        return base

    class LastingDriver(LinuxDriver):
        """A hang-up sends SIGCONT as well, which the base class takes for the end of a suspension."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._file: Any = LastingFile(self._file, draw)

        def _sigcont_application(self, *_: object) -> None:
            if self._must_signal_resume:
                super()._sigcont_application()

    return LastingDriver
