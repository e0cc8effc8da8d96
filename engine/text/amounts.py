"""Read the cells of a column as exact decimal numbers with a unit, and write a result in the spelling of the cells."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from engine.text.dates import calendar_words

_SIGNS = r"\-+\u2212\u2013"
_CURRENCY = r"[A-Z]{3}(?=\s)|(?:US|R|C|A)?[^\w\s.,'()+\-\u2212\u2013]{1,2}|kr\.?(?=\s)|Rs\.?(?=\s)"
_UNIT = r"[^\d\s()+\-\u2212\u2013.,':/][^\d()]{0,14}?"
_THOUSANDS = r"\d{1,3}(?P<mark>[.,' \u00a0\u202f\u2009])\d{3}(?:(?P=mark)\d{3})*(?:[.,]\d+)?"
_LAKHS = r"\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?"
_NUMBER = rf"{_THOUSANDS}|{_LAKHS}|\d+(?:[.,]\d+)?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[{_SIGNS}])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[{_SIGNS}(])?(?P<number>{_NUMBER})"
    rf"\s*(?P<after>{_UNIT})?\s*(?P<close>\))?"
)
_GROUP = 3  # digits after the last sign that parts thousands
_GROUPS = re.compile(
    r"\d+(?:[.,]\d{3})*|\d+(?:,\d\d)*,\d{3}"
)  # of thousands; Indian numbers have lakhs and crores, too
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009']")
_PRECISE = 2  # decimals of a mean at most, if its values have no more
_MOST_DIGITS = 24  # before and behind the decimal sign: sums of thousands of such numbers have 28, which is exact


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact number and its unit, such as `€`, `%` or `kg`; empty if the cell has none."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the amounts of a column are written: signs of decimals and thousands, decimals, unit, and its side."""

    decimal: str = "."
    thousands: str = ""
    decimals: int = 0
    unit: str = ""
    is_unit_first: bool = False

    def write(self, value: Decimal, decimals: int | None = None) -> str:
        """Return a number in this spelling with its unit."""
        count = self.decimals if decimals is None else decimals
        rounded = value.quantize(Decimal(1).scaleb(-count), ROUND_HALF_EVEN)
        digits = f"{rounded:,f}" if self.thousands else f"{rounded:f}"
        digits = digits.translate({ord(","): self.thousands, ord("."): self.decimal})
        if not self.unit:
            return digits
        is_sign = self.is_unit_first and not self.unit.isalpha()
        return f"{self.unit}{'' if is_sign else ' '}{digits}" if self.is_unit_first else f"{digits} {self.unit}"


def read_amounts(cells: Sequence[str]) -> tuple[list[Amount], Spelling] | None:
    """Return the amounts of the cells of a column and their spelling; None unless each is a number in one unit.

    Numbers in parentheses are negative. Numbers with a leading zero, such as those of telephones, and numbers of more
    than 24 digits are no amounts. Where a sign may part thousands or decimals, the other cells decide; if none does,
    the spelling is English. Cells that cannot all be read in one spelling are no amounts.
    """
    parsed = []
    for cell in cells:
        match = _AMOUNT.fullmatch(cell.strip())
        if not match or not _is_amount(match):
            return None
        parsed.append(match)
    units = {_unit(match) for match in parsed}
    if len(units) != 1:
        return None
    numbers = [_BLANKS.sub("", match["number"]) for match in parsed]
    decimal = _decimal_sign(numbers)
    if not all(_is_spelled(number, decimal) for number in numbers):
        return None
    texts = [number.replace("," if decimal == "." else ".", "").replace(decimal, ".") for number in numbers]
    values = [Decimal(text) * (-1 if _is_negative(match) else 1) for text, match in zip(texts, parsed, strict=True)]
    decimals = max(max(0, -int(value.as_tuple().exponent)) for value in values)
    if max(value.adjusted() for value in values) + 1 + decimals > _MOST_DIGITS:
        return None
    unit = units.pop()
    sides = Counter(bool(match["before"]) for match in parsed if _unit(match))
    spelling = Spelling(decimal, _thousands_sign(parsed, decimal), decimals, unit, sides[True] > sides[False])
    return [Amount(value, unit) for value in values], spelling


def mean_of(values: Sequence[Decimal], spelling: Spelling) -> str:
    """Return the mean in the spelling of its values, with their decimals or two; said if it is rounded."""
    mean = sum(values, Decimal(0)) / len(values)
    most = max(_PRECISE, spelling.decimals)
    exact = (n for n in range(spelling.decimals, most) if mean == mean.quantize(Decimal(1).scaleb(-n)))
    count = next(exact, most)
    is_exact = mean == mean.quantize(Decimal(1).scaleb(-count))
    return spelling.write(mean, count) + ("" if is_exact else " (rounded)")


def _is_amount(match: re.Match[str]) -> bool:
    number = match["number"]
    is_code = number[0] == "0" and len(number) > 1 and number[1].isdigit()
    is_closed = bool(match["open"] or match["inner"] == "(") == bool(match["close"])
    is_date = any(word.casefold() in calendar_words() for word in (match["after"] or "").split())
    return not is_code and is_closed and not is_date and not (match["before"] and match["after"])


def _unit(match: re.Match[str]) -> str:
    return " ".join((match["before"] or match["after"] or "").split())


def _is_negative(match: re.Match[str]) -> bool:
    return bool(match["open"]) or any((match[name] or "+") != "+" for name in ("sign", "inner"))


def _decimal_sign(numbers: Sequence[str]) -> str:
    """Return the sign of decimals, by the cells that can be read in one way only."""
    votes: Counter[str] = Counter()
    for number in numbers:
        last = max(number.rfind("."), number.rfind(","))
        if last < 0:
            continue
        sign, other = number[last], "," if number[last] == "." else "."
        if other in number or (number.count(sign) == 1 and len(number) - last - 1 != _GROUP):
            votes[sign] += 1
        elif number.count(sign) > 1:
            votes[other] += 1
    return "," if votes[","] > votes["."] else "."


def _is_spelled(number: str, decimal: str) -> bool:
    """Tell whether a number has at most one sign of decimals, and before it groups of digits of the usual lengths."""
    whole, sign, decimals = number.partition(decimal)
    return decimals.isdecimal() == bool(sign) and _GROUPS.fullmatch(whole) is not None


def _thousands_sign(matches: Sequence[re.Match[str]], decimal: str) -> str:
    other = "," if decimal == "." else "."
    signs = Counter(sign for match in matches for sign in match["number"] if sign in f"{other}' \u00a0\u202f\u2009")
    return signs.most_common(1)[0][0] if signs else ""
