"""Numbers in words and digits."""

import pytest

from engine.text.numbers import numbers_in
from engine.text.words import raw_words


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("312 men and 4,500 nets", ["312", "4500"]),
        ("four of twenty-five", ["4", "25"]),
        ("the 19th, in the 1890s", ["19", "1890"]),
        ("vier Boote, zwölf Männer", ["4", "12"]),
        ("пять лодок", ["5"]),
        ("2.5 km, 10km", ["2.5", "10"]),
        ("no number", []),
    ],
)
def test_numbers_are_found_in_digits_and_words(text, numbers):
    assert list(numbers_in(raw_words(text))) == numbers
