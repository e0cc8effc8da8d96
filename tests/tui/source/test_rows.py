"""A text of any length as rows: every character once, wrapped to the screen, found again by its place."""

import time
from itertools import pairwise

import pytest

from tui.source.rows import PIECE, Anchor, WrappedText, wrapped

TEXTS = {
    "empty": "",
    "one line": "one line",
    "ends": "a\n\nb\n",
    "wide": "鐘🔔 " * 60 + "\nend",
    "long": "word " * 3000,
    "unbroken": "x" * (2 * PIECE + 7) + "\ny",
    "hostile": "a\x1b[2Jb\u202ec\td\u200de\x00\n" * 3,
}


@pytest.fixture(params=TEXTS)
def text(request):
    return TEXTS[request.param]


@pytest.mark.parametrize("width", [8, 33, 80])
def test_rows_hold_every_character_but_the_blanks_they_break_at(text, width):
    view = WrappedText(text)
    view.width = width
    rows = list(view.rows(Anchor(), 100_000))
    assert "".join(text[row.start : row.end] for row in rows).replace(" ", "") == text.replace("\n", "").replace(
        " ", ""
    )
    assert [row.number for row in rows if row.number] == list(range(1, view.lines + 1))
    assert all(a.end <= b.start for a, b in pairwise(rows))


def test_a_file_has_the_lines_that_an_editor_counts():
    assert [WrappedText(text).lines for text in ("", "a", "a\n", "a\nb", "\n\n")] == [1, 1, 1, 2, 2]


def test_words_stay_whole_where_they_fit():
    assert [text_of for a, b in wrapped("the harbour clock", 8) if (text_of := "the harbour clock"[a:b])] == [
        "the", "harbour", "clock",
    ]  # fmt: skip
    assert list(wrapped("abcdefghij", 4)) == [(0, 4), (4, 8), (8, 10)]
    assert list(wrapped("鐘鐘鐘", 4)) == [(0, 2), (2, 3)]
    assert list(wrapped("", 4)) == [(0, 0)]
    assert list(wrapped("\t\t", 3)) == [(0, 1), (1, 2)]


def test_one_can_walk_over_all_rows_and_back(text):
    view = WrappedText(text)
    view.width = 30
    count = len(list(view.rows(Anchor(), 100_000)))
    anchors = [Anchor()]
    for _ in range(count - 1):
        anchors.append(view.moved(anchors[-1], 1))
    assert len(set(anchors)) == count
    assert view.moved(anchors[-1], 1) == anchors[-1] == view.moved(Anchor(), 100_000)
    assert view.moved(anchors[-1], -count) == Anchor()
    assert [view.moved(anchors[-1], k - count + 1) for k in range(count)] == anchors
    assert len(list(view.rows(view.last_top(5), 100))) == min(5, count)


def test_a_place_leads_to_its_row_and_line(text):
    view = WrappedText(text)
    view.width = 30
    for offset in range(0, len(text), max(1, len(text) // 50)):
        (row,) = view.rows(view.at(offset), 1)
        assert row.start <= offset
        assert text[row.end : offset].strip() == ""
        assert view.line_of(offset) == text.count("\n", 0, offset) + 1


def test_words_are_found_over_line_ends_and_round_the_end():
    view = WrappedText("The tide\n clock.\nA TIDE clock.")
    assert view.find("tide  Clock", 0) == (4, 15)
    assert view.find("tide clock", 5) == (19, 29)
    assert view.find("tide clock", 20) == (4, 15)
    assert view.find("tide clock", 19, backwards=True) == (4, 15)
    assert view.find("tide clock", 4, backwards=True) == (19, 29)
    assert view.find("(", 0) is None
    assert view.find("(", 0, backwards=True) is None
    assert view.find("  ", 0) is None


def test_a_large_text_costs_a_pass_and_then_only_what_is_shown():
    text = "The harbour clock was cast from lead weights and nobody knew why.\n" * 150_000
    started = time.process_time()
    view = WrappedText(text)
    built = time.process_time()
    for k in range(200):
        list(view.rows(view.moved(view.at(k * 40_000), 7), 40))
    list(view.rows(view.last_top(40), 40))
    shown = time.process_time()
    assert built - started < 2
    assert shown - built < 1
