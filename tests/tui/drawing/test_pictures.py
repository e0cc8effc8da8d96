"""Pictures as cells: every pixel comes out again of what the terminal gets."""

import re
import zlib
from base64 import b64decode

import pytest
from rich.cells import cell_len

from engine.documents.document import Raster
from tui.drawing import pictures
from tui.terminal.graphics import Graphics, cell_size, graphics_of

PALETTE = bytes((0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255))
RASTER = Raster(30, 25, PALETTE, bytes((x * y) % 4 for y in range(25) for x in range(30)))
RGB = [PALETTE[3 * pixel : 3 * pixel + 3] for pixel in RASTER.pixels]


def rgb_of(colour):
    """Red, green and blue of a colour of rich."""
    return None if colour is None else bytes(colour.get_truecolor())


def test_half_blocks_have_two_pixels_in_a_cell():
    rows = pictures.half_blocks(RASTER)
    assert len(rows) == 13
    for y, row in enumerate(rows):
        assert sum(cell_len(segment.text) for segment in row) == 30
        x = 0
        for text, style, _ in row:
            for _ in text:
                assert style is not None
                assert rgb_of(style.color) == RGB[2 * y * 30 + x]
                assert rgb_of(style.bgcolor) == (RGB[(2 * y + 1) * 30 + x] if y < 12 else None)
                x += 1


def test_the_kitty_protocol_gets_the_pixels_in_short_messages_and_numbered_placeholders():
    message = pictures.kitty_message(RASTER, 0x012345)
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", message)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in parts) == message
    assert "a=t,q=2,f=24,o=z,i=74565,s=30,v=25" in parts[0][0]
    assert [keys[-3:] for keys, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
    assert zlib.decompress(b64decode("".join(data for _, data in parts))) == b"".join(RGB)
    rows = pictures.kitty_placeholders(0x012345, 3, 2)
    assert [cell_len(segment.text) for (segment,) in rows] == [3, 3]
    assert rows[1][0].text == "".join("\U0010eeee\u030d" + column for column in ("\u0305", "\u030d", "\u030e"))
    assert {rgb_of(segment.style.color) for row in rows for segment in row if segment.style} == {b"\x01\x23\x45"}
    assert len(set(pictures.DIACRITICS)) == len(pictures.DIACRITICS) == 240


@pytest.mark.parametrize(
    ("size", "space", "cells"),
    [((800, 600), (40, 40), (40, 15)), ((800, 600), (400, 12), (32, 12)), ((16, 16), (80, 20), (4, 2))],
)
def test_a_picture_of_the_kitty_protocol_keeps_its_shape(size, space, cells):
    assert pictures.kitty_cells(Raster(size[0], size[1], b"", b""), space, (10, 20)) == cells


def pixels_of(sixels):
    """The hundredths of red, green and blue of each pixel, by its row and column."""
    colours = {n: rgb for n, *rgb in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", sixels)}
    pixels, top = {}, 0
    for group in re.sub(r"#\d+;2;\d+;\d+;\d+", "", sixels).split("-"):
        for number, runs in re.findall(r"#(\d+)([^#$]*)", group):
            x = 0
            for repeat, sign in re.findall(r"(?:!(\d+))?(.)", runs):
                for _ in range(int(repeat or 1)):
                    for bit in range(6):
                        if ord(sign) - 63 >> bit & 1:
                            pixels[top + bit, x] = tuple(map(int, colours[number]))
                    x += 1
        top += 6
    return pixels


def test_sixels_draw_each_row_of_cells_from_its_end():
    rows = pictures.sixel_rows(RASTER, (10, 20), 5)
    assert list(rows) == ["\U000f0005" * 3, "\U000f0006" * 3]
    assert list(map(cell_len, rows)) == [3, 3]
    seen = []
    for text, height in zip(rows.values(), (20, 5), strict=True):
        data = re.fullmatch(rf'   \x1b7\x1b\[3D\x1bP0;1;0q"1;1;30;{height}(.*)\x1b\\\x1b8', text)
        assert data
        pixels = pixels_of(data[1])
        seen += [pixels[y, x] for y in range(height) for x in range(30)]
        assert len(pixels) == height * 30
    assert seen == [tuple(round(value / 2.55) for value in rgb) for rgb in RGB]


@pytest.mark.parametrize(
    ("setting", "environ", "is_web", "graphics"),
    [
        ("auto", {"TERM": "xterm-256color"}, False, Graphics.BLOCKS),
        ("auto", {"TERM": "xterm-kitty"}, False, Graphics.KITTY),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, False, Graphics.KITTY),
        ("auto", {"TERM": "foot-extra"}, False, Graphics.SIXEL),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, False, Graphics.SIXEL),
        ("auto", {"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"}, False, Graphics.BLOCKS),
        ("auto", {"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, False, Graphics.BLOCKS),
        ("auto", {"TERM": "xterm-kitty"}, True, Graphics.BLOCKS),
        ("never", {"TERM": "xterm-kitty"}, True, Graphics.NONE),
        ("sixel", {"TERM": "tmux-256color"}, False, Graphics.SIXEL),
        ("auto", {}, False, Graphics.BLOCKS),
    ],
)
def test_a_terminal_is_known_by_its_environment(setting, environ, is_web, graphics):
    assert graphics_of(setting, environ, is_web=is_web) is graphics


def test_without_a_terminal_a_cell_has_a_usual_size():
    assert cell_size() == (10, 20)
