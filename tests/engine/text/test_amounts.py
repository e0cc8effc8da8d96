"""Amounts as exact decimals: signs of thousands and decimals, currencies, units, percent, negative in parentheses."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.amounts import Spelling, mean_of, read_amounts


@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["1,240.50", "318.00", "(35.00)"], "1,523.50"),
        (["1.284,60 €", "417,35 €"], "1.701,95 €"),
        (["€ 38.00", "€52.50"], "€90.50"),
        (["-$5.00", "$7.00", "$ (1.00)"], "$1.00"),
        (["CHF 1'200.50", "CHF 3.00"], "CHF 1'203.50"),
        (["1 234,5", "12,25"], "1 246,75"),
        (["5 %", "12%"], "17 %"),
        (["4.82 m", "5.07 m"], "9.89 m"),
        (["-5", "\u22123"], "-8"),
        (["1.500", "2.000"], "3.500"),
        (["1.500", "2.000,5"], "3.500,5"),
        (["0.1", "0.2"], "0.3"),
        (["1,23,456", "2,34,567.5"], "358,023.5"),
    ],
)
def test_a_sum_is_exact_and_in_the_spelling_of_the_cells(cells, total):
    read = read_amounts(cells)
    assert read is not None
    amounts, spelling = read
    assert spelling.write(sum((amount.value for amount in amounts), Decimal(0))) == total


@pytest.mark.parametrize(
    "cells",
    [
        ["0442 771 903"], ["3 kg", "200 g"], ["€5", "$5"], ["A1"], ["S-057"], ["2023-01-14"], ["12.03.2009"], ["04:12"],
        ["1.2.3"], ["none"], ["3 October"], ["1/2"], ["3-4"], ["1", ""], ["(5"], ["Frame 3"], [],
        ["1.234.567", "3.5", "4.5"], ["1,234.5", "3,5", "4,5"], ["1" * 25], ["1" * 20, "0.00001"],
        ["12,34", "1.5", "2.5"], ["2,5", "3.25"], ["2.5", "3,25", "0,5"],
    ],
)  # fmt: skip
def test_what_is_no_number_in_one_unit_is_no_amount(cells):
    assert read_amounts(cells) is None


def test_a_mean_says_that_it_is_rounded():
    assert mean_of([Decimal(1), Decimal(2)], Spelling()) == "1.5"
    assert mean_of([Decimal(1), Decimal(1), Decimal(2)], Spelling()) == "1.33 (rounded)"


@given(st.lists(st.decimals(-(10**7), 10**7, places=2), min_size=1, max_size=9), st.sampled_from([".", ","]))
def test_what_is_written_is_read_again(values, decimal):
    spelling = Spelling(decimal, "," if decimal == "." else ".", 2, "€")
    read = read_amounts([spelling.write(value) for value in values])
    assert read is not None
    assert [amount.value for amount in read[0]] == values
