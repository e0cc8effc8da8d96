"""Terminals that show less: no character, no colour comes out that they cannot show, and no column moves."""

import os
import re
import signal
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.support import ROOT
from tests.support.terminal import wait_for, walking
from tui.drawing import marks
from tui.drawing.ascii import may_draw_unicode, replacement, to_ascii, to_console
from tui.drawing.marks import ASCII

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
SOURCES = ROOT / "tui"


def named_marks() -> str:
    """All signs that have a name of their own."""
    values = [value for name, value in vars(marks).items() if name.isupper() and name not in {"ASCII", "_TWINS"}]
    return "".join("".join(value.values()) if isinstance(value, dict) else value for value in values)


def test_every_sign_of_the_screens_has_a_twin_of_one_cell():
    used = {
        character
        for path in SOURCES.rglob("*.py")
        if path.name != "marks.py"
        for character in path.read_text(encoding="utf-8")
        if not character.isascii() and unicodedata.category(character) != "Lo"  # words that are read, not drawn
    }
    used |= {sign for sign in named_marks() if not sign.isascii()}
    assert {"●", "○", "·", "…", "→", "“", "━"} <= used
    assert {c for c in used if c not in ASCII and to_ascii(c).strip("?") == "" and c.isprintable()} == set()
    assert all(cell_len(twin) == 1 and twin.isascii() for twin in ASCII.values())


@pytest.mark.parametrize(
    "text",
    ["● Answer · 3 → “x”…", "Tobiász Krelle", "鐘🔔", "e\u0301", "⣿⠀", "ﬁne", "Ωμέγα", "\x1b[1;31m━━\x1b[0m", "½"],
)
@pytest.mark.parametrize("draw", [to_ascii, to_console])
def test_the_width_stays(text, draw):
    assert cell_len(draw(text)) == cell_len(text)
    assert to_ascii(text).isascii()


def test_what_is_read_stays_readable():
    assert to_ascii("● Tobiász said “no”… → 鐘") == '* Tobiasz said "no". > ??'
    assert to_console("● Tobiász ─┐") == "* Tobiász ─┐"


@pytest.mark.parametrize(
    ("environ", "setting", "expected"),
    [
        ({}, "auto", None),
        ({"LANG": "en_GB.UTF-8"}, "auto", None),
        ({"LANG": "de_DE.utf8@euro"}, "auto", None),
        ({"LANG": "C"}, "auto", to_ascii),
        ({"LANG": "POSIX"}, "auto", to_ascii),
        ({"LANG": "de_DE.ISO-8859-1"}, "auto", to_ascii),
        ({"LANG": "en_GB"}, "auto", to_ascii),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, "auto", to_ascii),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, "auto", None),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "auto", to_ascii),  # Python's own doing
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "auto", None),
        ({"LANG": "C", "PYTHONIOENCODING": "utf-8:replace"}, "auto", None),
        ({"PYTHONIOENCODING": "latin-1"}, "auto", to_ascii),
        ({"TERM": "linux"}, "auto", to_console),
        ({"TERM": "linux", "LANG": "C"}, "auto", to_ascii),
        ({"LANG": "C"}, "never", None),
        ({"LANG": "en_GB.UTF-8"}, "always", to_ascii),
    ],
)
def test_the_locale_and_the_setting_decide(environ, setting, expected):
    assert replacement(setting, environ) is expected
    assert may_draw_unicode(setting, environ) is (expected is not to_ascii)


def played(tmp_path: Path, **environ: str) -> bytes:
    """All that the application writes from its start to its end, with a run and two screens in between."""
    terminal = walking(tmp_path / "report", **environ)
    terminal.press("\x1bOQ")  # F2
    wait_for(lambda: b"archivist" in terminal.written)
    terminal.press("\x1b[17~")  # F6
    wait_for(lambda: b"max_iterations" in terminal.written)
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.ends() == 128 + signal.SIGTERM
    terminal.vanish()
    written: bytes = terminal.written
    return written


def test_where_the_locale_is_c_only_ascii_is_written(tmp_path):
    written = played(tmp_path, LC_ALL="C", LANG="C")
    assert [byte for byte in written if byte >= 0x80] == []
    assert b">2 tracker" in written


def colours(written: bytes) -> set[bytes]:
    """The parameters that set a colour."""
    found = set()
    for sequence in SGR.findall(written):
        parts = sequence.split(b";")
        found |= {part for part in parts if part.isdigit() and (30 <= int(part) <= 49 or 90 <= int(part) <= 107)}
    return found


def test_no_color_means_none(tmp_path):
    written = played(tmp_path, NO_COLOR="1")
    assert colours(written) == set()
    sequences = b";".join(SGR.findall(written)).split(b";")
    assert {b"1", b"7"} <= set(sequences)  # bold, and reverse for where one is


@pytest.mark.parametrize("name", ["linux", "xterm"])
def test_few_colours_are_the_terminals_own(tmp_path, name):
    found = colours(played(tmp_path, TERM=name, COLORTERM=""))
    assert found
    assert not {b"38", b"48"} & found  # neither 256 nor 24 bits
