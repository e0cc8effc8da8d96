"""Columns that hold whatever a document's title is made of."""

import pytest
from rich.cells import cell_len

from tui.drawing.cells import PERSONA_COLOURS, bar, colour_of, fit, plain, score, short_source, title

TEXTS = (
    "short",
    "a title that is much longer than its column",
    "鐘鐘鐘鐘鐘鐘鐘",
    "bell 🔔🔔🔔🔔🔔",
    "👩‍👩‍👧 family ☎️",
    "é" * 30,
    "e\u0301" * 30,
    "",
)


@pytest.mark.parametrize("width", [0, 1, 2, 7, 12])
@pytest.mark.parametrize("text", TEXTS)
def test_a_fitted_text_has_exactly_its_width(text, width):
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(text, width, right=True)) == width


def test_a_cut_text_says_so():
    assert fit("lighthouse", 6) == "light…"


def test_figures_stand_at_the_right():
    assert fit("12", 5, right=True) == "   12"


def test_what_steers_a_terminal_is_gone():
    assert plain("a\x1b[31mb\x9b2Jc\u202ed\ne\tf") == "a[31mb2Jcd e f"


def test_joiners_are_shown_apart_so_that_every_terminal_agrees():
    assert plain("👩\u200d👧 ☎\ufe0f") == "👩👧 ☎"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "   ·"),
        (0.0, " .00"),
        (0.71, " .71"),
        (-0.12, "-.12"),
        (1.0, " 1.0"),
        (0.999, " 1.0"),
        (2.24, " 2.2"),
        (-1.0, "-1.0"),
    ],
)
def test_a_score_has_four_cells(value, text):
    assert score(value) == text


def test_a_bar_is_as_long_as_its_value():
    assert (bar(9, full=9, width=9), bar(0, full=9, width=3), bar(12, full=9, width=3)) == ("━" * 9, "···", "━━━")


def test_a_persona_keeps_its_colour():
    assert colour_of(1) == colour_of(1 + len(PERSONA_COLOURS)) != colour_of(2)
    assert colour_of(-1) == "default"


def test_a_source_is_named_by_its_end():
    assert short_source("/home/me/notes/people/odo.md") == "people/odo.md"
    assert short_source("C:\\notes\\odo.md") == "notes/odo.md"
    assert short_source("odo.md") == "odo.md"


def test_a_title_is_never_markup():
    assert title("[red]x").plain == " [red]x "
