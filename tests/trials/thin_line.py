"""Measure what each key costs on a thin line: python -m tests.trials.thin_line [--size 120x40] [--json].

The real program runs in a pseudo-terminal on the sample library with some questions in its history. For each screen the
keys that move through it are pressed, and the bytes are counted that it writes until it is quiet: so much costs a key
after which the cursor rests. Then down and up are held, and what each further key costs is counted. Beside it stands
bare Textual, one input above one log. At last 2,700 characters are typed as fast as the terminal takes them, and
the processor time is read. Compare figures only with those of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support import ROOT
from tests.support.terminal import Terminal, wait_for

QUIET_SECONDS, LIMIT_SECONDS = 0.4, 20.0
QUESTIONS = (
    "Who built the lighthouse that Ysolde Marrak kept?", "Who led the Net Strike of 1894?",
    "What were the weights of the Tide Clock cast from?", "Who painted the Meridew?", "Where is Anstrake?",
    "When was Gannet Stack Light first lit?", "What does the Harbour Court decide?", "Who was Damaris Quillane?",
)  # fmt: skip
TYPED_CHARACTERS = 2_700

BARE = """
from textual.app import App
from textual.widgets import Input, RichLog
class Bare(App):
    def compose(self):
        yield Input()
        yield RichLog()
    def on_mount(self):
        self.query_one(RichLog).write("ready")
Bare().run()
"""

DOWN, UP, TAB = "\x1b[B", "\x1b[A", "\t"
HELD_KEYS, SHORT_HOLD, LONG_HOLD, REPEAT_SECONDS = (DOWN, DOWN, UP, UP), 2, 7, 1 / 30
F2, F3, F4, F5, F6, F7 = "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~"


@dataclass(frozen=True)
class Screen:
    """A screen: the keys that lead to it, words that it then shows, and the keys whose bytes are counted."""

    name: str
    way: tuple[str, ...]
    words: str
    keys: tuple[str, ...]


SCREENS = (
    Screen("Ask, typing", ("\x0e",), "Suggestions", tuple("how long is it")),
    Screen("Ask, suggestions", ("\x15", DOWN), "Suggestions", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Ask, sources", ("\x1b", "1\r"), "● answered", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Ask, walk", (TAB, TAB), "how it was found", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Source", ("\x1b", DOWN, "\r"), "citation", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Personas", ("\x1b", F2), "Personas", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("History", (F3,), "History", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Graph", (F4,), "Graph", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Library", (F5,), "Library", (DOWN, UP, DOWN, UP)),
    Screen("Settings", (F6,), "Settings", (DOWN, DOWN, DOWN, UP, UP)),
    Screen("Health", (F7,), "Health", (DOWN, DOWN, UP, UP)),
)


def pressed(terminal: Terminal, key: str) -> int:
    """Press a key, and return the bytes that were written until nothing more came."""
    begin = length = len(terminal.written)
    terminal.press(key)
    end, quiet_from = time.monotonic() + LIMIT_SECONDS, time.monotonic()
    while time.monotonic() < end and time.monotonic() - quiet_from < QUIET_SECONDS:
        time.sleep(0.02)
        if len(terminal.written) != length:
            length, quiet_from = len(terminal.written), time.monotonic()
    return length - begin


def measured(terminal: Terminal, screen: Screen) -> list[int]:
    """Go to a screen, and return the bytes of each of its keys."""
    for key in screen.way:
        pressed(terminal, key)
    terminal.shows(screen.words)
    pressed(terminal, "")
    return [pressed(terminal, key) for key in screen.keys]


def held(terminal: Terminal) -> int:
    """Hold keys for a short and for a long time, and return the bytes of each of the keys that make the difference."""
    short, long = (_held_bytes(terminal, HELD_KEYS * times) for times in (SHORT_HOLD, LONG_HOLD))
    return max(long - short, 0) // (len(HELD_KEYS) * (LONG_HOLD - SHORT_HOLD))


def _held_bytes(terminal: Terminal, keys: tuple[str, ...]) -> int:
    begin = len(terminal.written)
    for key in keys:
        terminal.press(key)
        time.sleep(REPEAT_SECONDS)
    pressed(terminal, "")
    return len(terminal.written) - begin


def typing_seconds(terminal: Terminal) -> float:
    """Type many characters at once, and return the processor time that they took."""
    before = _processor_seconds(terminal.pid)
    text = "what do the keepers of the light say about the herring " * 50
    for start in range(0, TYPED_CHARACTERS, 100):
        terminal.press(text[start : start + 100][: TYPED_CHARACTERS - start])
        time.sleep(0.005)
    pressed(terminal, "")
    return _processor_seconds(terminal.pid) - before


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _asked(workspace: Path) -> None:
    for question in QUESTIONS:
        command = [sys.executable, "-m", "tui", "--workspace", str(workspace), "ask", question, "--model", "none"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def measurements(workspace: Path, size: tuple[int, int]) -> dict[str, list[int] | float]:
    """Return the bytes of each key by screen, of typing in bare Textual, and the seconds of many characters."""
    bare = Terminal([sys.executable, "-c", BARE], size=size)
    bare.shows("ready")
    pressed(bare, "")
    figures: dict[str, list[int] | float] = {"bare Textual, typing": [pressed(bare, key) for key in "how long is it"]}
    bare.press("\x11")
    bare.ends()
    command = [sys.executable, "-m", "tui", "--workspace", str(workspace), "--model", "none"]
    terminal = Terminal(command, size=size)
    wait_for(lambda: "ready" in terminal.text and "passages" in terminal.text, lambda: terminal.text)
    for screen in SCREENS:
        figures[screen.name] = measured(terminal, screen)
        if DOWN in screen.keys:
            figures[f"{screen.name}, held"] = [held(terminal)]
    pressed(terminal, "\x1b")
    pressed(terminal, "\x1b")
    figures["seconds of the processor for 2,700 characters"] = typing_seconds(terminal)
    terminal.press("\x11")
    terminal.ends()
    return figures


def main() -> int:
    """Measure at each size, two by default, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="append", help="columns x rows, as 80x24")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        _asked(workspace)
        for size in options.size or ["80x24", "120x40"]:
            columns, _, rows = size.partition("x")
            figures = measurements(workspace, (int(columns), int(rows)))
            if options.json:
                print(json.dumps({"size": size, **figures}))  # noqa: T201 - the trial's own output
                continue
            print(f"{size}: bytes a key, median (largest)")  # noqa: T201
            for name, values in figures.items():
                text = (
                    f"{values:.2f}"
                    if isinstance(values, float)
                    else f"{statistics.median(values):,.0f} ({max(values):,})"
                )
                print(f"  {name:46} {text}", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
