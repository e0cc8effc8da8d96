"""What is written to the terminal: only cells that differ, and a terminal that is told so shows the same."""

import random
from typing import Any

import pyte
import pytest
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.changed_cells import ShownCells, cells_of, changed_runs
from tui.terminal.textual_fixes import ChangedCells

WIDTH, HEIGHT = 40, 12
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)
STYLES = [
    None, Style.parse("red on black"), Style.parse("bold red on black"), Style.parse("#102030 on #a0b0c0 italic"),
    Style.parse("bold green underline"), Style.parse("italic on red"),
]  # fmt: skip
SYSTEM = COLOR_SYSTEMS["truecolor"]
WORDS = ["the light ", "鐘", "é", "e\u0301", "🔔", "a", "   ", " " * 12, "·─", "kept"]


class Shown:
    """A terminal that gets each frame, and one that gets each frame whole."""

    def __init__(self, *, can_erase: bool = False) -> None:
        self.cells = ShownCells()
        self.cells.can_erase = can_erase
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.stream = pyte.Stream(self.screen)

    def draw(self, rows: list[Strip]) -> str:
        update = LayoutUpdate([[row] for row in rows], Region(0, 0, WIDTH, HEIGHT))
        text = ChangedCells(update, self.cells).render_segments(CONSOLE)
        self.stream.feed(text)
        return text

    def picture(self) -> list[list[Any]]:
        return [[seen(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def seen(cell: Any) -> Any:
    """Return a cell without what cannot be seen of it: the foreground and the weight of a blank."""
    is_plain_blank = cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough)
    return cell._replace(fg="", bold=False, italics=False) if is_plain_blank else cell


def strip(text: str, style: Style | None = STYLES[1]) -> Strip:
    return Strip([Segment(text, style)]).adjust_cell_length(WIDTH, STYLES[1])


def random_strip(source: random.Random) -> Strip:
    segments = [Segment(source.choice(WORDS), source.choice(STYLES[1:])) for _ in range(source.randrange(9))]
    return Strip(segments).adjust_cell_length(WIDTH, STYLES[1])


def lines(first: int) -> list[Strip]:
    return [strip(f"line {n} of the document") for n in range(first, first + HEIGHT)]


def test_the_first_frame_is_sent_whole_and_the_same_frame_not_again():
    shown = Shown()
    assert "line 3" in shown.draw(lines(0))
    assert shown.draw(lines(0)) == ""


def test_one_changed_character_costs_its_move_its_style_and_itself():
    shown = Shown()
    shown.draw(lines(0))
    changed = lines(0)
    changed[4] = strip("line 4 of the documents")
    text = shown.draw(changed)
    assert text.startswith("\x1b[5;23H")
    assert text.endswith("ms\x1b[0m")
    assert len(text) < 45


@pytest.mark.parametrize("by", [1, -1, 3, -5])
def test_lines_that_move_together_are_scrolled_by_the_terminal(by):
    shown, whole = Shown(), Shown()
    shown.draw(lines(10))
    text = shown.draw(lines(10 + by))
    whole.draw(lines(10 + by))
    assert shown.picture() == whole.picture()
    assert text.count("document") == abs(by)


def test_after_forgetting_all_is_sent():
    shown = Shown()
    whole = shown.draw(lines(0))
    shown.cells.forget()
    assert shown.draw(lines(0)) == whole


@pytest.mark.parametrize("can_erase", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_any_frames_leave_the_picture_of_the_last_one(seed, can_erase):
    source = random.Random(seed)
    shown, rows = Shown(can_erase=can_erase), [random_strip(source) for _ in range(HEIGHT)]
    for _ in range(20):
        if source.random() < 0.4:
            rows = [*rows[1:], random_strip(source)] if source.random() < 0.5 else [random_strip(source), *rows[:-1]]
        for _ in range(source.randrange(4)):
            rows[source.randrange(HEIGHT)] = random_strip(source)
        shown.draw(rows)
        whole = Shown()
        whole.draw(rows)
        assert shown.picture() == whole.picture()


def test_a_part_of_a_larger_screen_is_sent_before_the_whole_of_it():
    shown, width = Shown(), WIDTH + 10
    shown.draw(lines(0))
    shown.screen.resize(HEIGHT + 3, width)
    part = strip("the last row").adjust_cell_length(width, STYLES[1])
    chops = [{0: part if y == HEIGHT + 2 else None} for y in range(HEIGHT + 3)]
    update = ChopsUpdate(chops, [(HEIGHT + 2, 0, width)], [[width]] * (HEIGHT + 3))
    shown.stream.feed(ChangedCells(update, shown.cells).render_segments(CONSOLE))
    assert shown.screen.display[-1].startswith("the last row")


def test_what_is_not_known_is_left_as_it_is():
    shown = Shown()
    shown.draw(lines(0))
    shown.cells.forget()
    chops = [{0: None, 4: strip("!").crop(0, 1) if y == 2 else None} for y in range(HEIGHT)]
    update = ChopsUpdate(chops, [(2, 4, 5)], [[4, 5, WIDTH]] * HEIGHT)
    shown.stream.feed(ChangedCells(update, shown.cells).render_segments(CONSOLE))
    assert shown.screen.display[2].startswith("line!2 of")


@pytest.mark.parametrize("hidden", ["w" + "\U000f0001" * 4, "\U000f0001" * 2 + "w" + "\U000f0001" * 2])
def test_a_picture_is_not_drawn_over_a_window_on_a_part_of_its_row(hidden):
    terminal = Shown()
    terminal.cells.pictures["\U000f0001" * 5] = "<sixels>"
    frame = [strip("\U000f0001" * 5 + " text")] + [strip("")] * (HEIGHT - 1)
    terminal.draw(frame)
    text = terminal.draw([strip(hidden + " text"), *frame[1:]])
    assert "<sixels>" not in text
    assert terminal.screen.display[0].rstrip() == hidden.replace("\U000f0001", " ") + " text"
    assert "<sixels>" in terminal.draw(frame)


@pytest.mark.parametrize("text", ["\u304b\u3099", "\u1112\u1161\u11ab", "\u2764\ufe0f", "\U0001f469\u200d\U0001f467"])
def test_joined_and_combining_characters_have_the_cells_that_textual_gives_them(text):
    row = Strip([Segment(text), Segment("x")])
    assert [cell and cell[0] for cell in cells_of(row, SYSTEM)] == [text, "", "x"]
    split = Strip([Segment(text[0]), Segment(text[1:2]), Segment("x")])
    assert len(cells_of(split, SYSTEM)) == split.cell_length


def test_a_wide_character_is_sent_whole():
    old, new = cells_of(strip("a鐘b"), SYSTEM), cells_of(strip("a鍾b"), SYSTEM)
    assert changed_runs(old, new) == [(1, 3)]
    assert changed_runs(cells_of(strip("axyb"), SYSTEM), old) == [(1, 3)]


def test_a_row_with_an_emoji_is_sent_whole():
    assert changed_runs(cells_of(strip("a 🔔 b"), SYSTEM), cells_of(strip("a 🔔 c"), SYSTEM)) == [(0, WIDTH)]


def test_a_picture_is_written_once_and_again_where_other_cells_hid_it():
    terminal = Shown()
    terminal.cells.pictures["\U000f0001" * 5] = "<sixels>"
    frame = [strip("text")] * 3 + [strip("\U000f0001" * 5 + " text")] + [strip("")] * (HEIGHT - 4)
    assert terminal.draw(frame).count("<sixels>") == 1
    assert terminal.draw(frame) == ""
    assert "<sixels>" not in terminal.draw([strip("other"), *frame[1:]])
    hidden = [*frame[:3], strip("window"), *frame[4:]]
    assert "<sixels>" not in terminal.draw(hidden)
    assert terminal.draw(frame).count("<sixels>") == 1
