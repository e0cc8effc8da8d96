"""A chart is lines of text of a given size, and what it draws can be read back from it."""

import math

import pytest

from engine.personas.metrics import PersonaPerformance
from tui.personas.chart import ASCII, AXIS, BRAILLE, ChartPoint, chart_lines


def points(rewards: list[float]) -> list[ChartPoint]:
    curve, performance = [], PersonaPerformance()
    for reward in rewards:
        performance = performance.with_reward(reward)
        curve.append(ChartPoint(reward, performance.samples, performance.mean, *performance.bounds(1.96)))
    return curve


WAVE = points([0.5 + 0.4 * math.sin(n / 5) for n in range(90)])


@pytest.mark.parametrize("pens", [BRAILLE, ASCII], ids=["braille", "ascii"])
@pytest.mark.parametrize(("width", "height"), [(80, 12), (38, 6), (200, 50), (8, 4), (1, 1)])
@pytest.mark.parametrize("count", [1, 2, 5, 90])
def test_it_has_the_size_that_was_asked_for(pens, width, height, count):
    lines = chart_lines(WAVE[:count], {"x": 0.6, "p": 0.85}, width, height, pens)
    assert len(lines) == max(height, 3)
    drawn = [line for line in lines if line]
    assert {len(line) for line in drawn} == {max(width, AXIS + 2)}


def test_ascii_is_ascii_and_braille_is_not():
    assert "".join(chart_lines(WAVE, {"p": 0.6}, 80, 12, ASCII)).isascii()
    assert any("\u2800" < sign <= "\u28ff" for sign in "".join(chart_lines(WAVE, {}, 80, 12, BRAILLE)))


def test_a_rising_mean_rises_from_left_to_right():
    lines = chart_lines(points([n / 40 for n in range(40)]), {}, 60, 12, ASCII)[:-2]
    firsts = [line.index("*") for line in lines if "*" in line]
    assert firsts == sorted(firsts, reverse=True)
    assert len(firsts) > 4


def test_bounds_stand_on_both_sides_of_the_mean():
    lines = chart_lines(points([0.4, 0.6] * 20), {}, 60, 14, ASCII)[:-2]
    column = 50 - 50 % 2 + AXIS + 1
    marks = "".join(line[column] for line in lines).replace(" ", "")
    assert marks.strip("*") in {"..", "."} or (marks[0], marks[-1]) == (".", ".")
    assert "*" in marks


@pytest.mark.parametrize(("value", "drawn"), [(0.55, True), (0.95, False)])
def test_a_threshold_is_drawn_where_the_curves_come_near_it(value, drawn):
    lines = chart_lines(points([0.45, 0.5, 0.55] * 9), {"p": value}, 60, 12, ASCII)
    assert any(line.startswith(f"p {value:.2f}|") for line in lines) is drawn


def test_bars_are_the_rewards_one_by_one():
    (bars,) = [line for line in chart_lines(points([0.0, 0.35, 1.0]), {}, AXIS + 1 + 6, 6, ASCII) if "tenths" in line]
    assert bars.partition("|")[2] == "003399"
    upper, lower = (line.partition("┤")[2] for line in chart_lines(points([0.0, 0.5, 1.0]), {}, AXIS + 4, 6)[-2:])
    assert (upper, lower) == ("  █", "▁██")
