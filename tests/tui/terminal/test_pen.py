"""Moves, styles and blanks are written in the fewest bytes."""

import os
import subprocess
import sys

import pytest
from rich.console import COLOR_SYSTEMS
from rich.style import Style

from tui.terminal.pen import ANY, PLAIN, Codes, Pen, codes_of, style_change

BAR = Codes(("1",), "38;5;16", "48;5;32")
TEXT = Codes((), "38;5;253", "48;5;233")
ERASES = "from tui.terminal.requirements import erases_in_colour as f; import os; print(f(os.environ))"


def written(*parts: tuple[int, int, str, Codes], width: int = 80, can_erase: bool = True) -> str:
    """Return what a pen writes for texts at a row and a column."""
    pen = Pen(width, can_erase=can_erase)
    for y, x, text, codes in parts:
        blank = codes._replace(attributes=(), foreground=ANY)
        pen.write(y, x, [(character, blank if character == " " else codes) for character in text])
    return pen.text()


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (TEXT, TEXT._replace(background="48;5;32"), "48;5;32"),
        (BAR, BAR._replace(attributes=()), "22"),
        (Codes(("1", "2"), "39", "49"), Codes(("2",), "39", "49"), "0;2"),
        (Codes(("1", "2"), "38;5;16", "48;5;32"), Codes(("2",), "38;5;16", "48;5;32"), "22;2"),
        (BAR, PLAIN, "0"),
        (BAR, Codes(("4",), "39", "49"), "0;4"),
    ],
)
def test_only_the_codes_that_differ_are_sent_or_all_after_a_reset_if_that_is_shorter(old, new, codes):
    assert style_change(old, new) == f"\x1b[{codes}m"


def test_the_foreground_and_the_weight_of_a_blank_are_not_sent():
    assert written((0, 0, "a b", BAR)).count("m") == 2
    letters, blank = codes_of(COLOR_SYSTEMS["truecolor"], Style.parse("bold red on blue"))
    assert letters.attributes == ("1",)
    assert blank == Codes((), ANY, letters.background)


def test_an_underlined_blank_keeps_its_style():
    letters, blank = codes_of(COLOR_SYSTEMS["truecolor"], Style.parse("underline red"))
    assert letters == blank


def test_blanks_are_erased_to_the_edge_in_three_bytes_and_in_a_row_in_five():
    assert written((0, 0, "a" + " " * 79, TEXT)) == "\x1b[1H\x1b[38;5;253;48;5;233ma\x1b[K\x1b[0m"
    assert written((0, 0, "a" + " " * 30, TEXT)) == "\x1b[1H\x1b[38;5;253;48;5;233ma\x1b[30X\x1b[0m"
    assert written((0, 0, " " * 30 + "a", TEXT)) == ("\x1b[1H\x1b[48;5;233m\x1b[30X\x1b[30C\x1b[38;5;253ma\x1b[0m")


def test_a_terminal_that_cannot_erase_in_a_colour_is_sent_blanks():
    assert written((0, 0, "a" + " " * 79, PLAIN), can_erase=False) == "\x1b[1Ha" + " " * 79


def test_the_next_row_and_the_cells_to_the_right_are_reached_by_the_shortest_move():
    assert written((4, 9, "a", PLAIN), (4, 11, "b", PLAIN), (5, 0, "c", PLAIN), (5, 20, "d", PLAIN)) == (
        "\x1b[5;10Ha\x1b[Cb\r\nc\x1b[19Cd"
    )


def test_after_a_character_of_doubtful_width_the_cursor_is_placed_anew():
    assert written((4, 0, "a🔔", PLAIN), (5, 0, "c", PLAIN)).endswith("\x1b[6Hc")


def test_a_cursor_that_goes_one_line_down_costs_little_more_than_the_text_of_two_lines():
    text = "2026-01-02  answered  Who built the lighthouse?"
    assert len(written((4, 0, text + " " * 33, TEXT), (5, 0, text + " " * 33, BAR))) < 2 * len(text) + 65


@pytest.mark.parametrize(
    ("name", "can"), [("xterm-256color", True), ("tmux-256color", True), ("vt220", False), ("unheard-of", False)]
)
def test_terminfo_says_whether_blanks_are_erased_in_a_colour(name, can):
    environ = {key: text for key, text in os.environ.items() if key != "TMUX"}
    done = subprocess.run(
        [sys.executable, "-c", ERASES], env={**environ, "TERM": name}, capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == str(can)
