"""Find the numbers in the words of a text, whether they are written in digits or as number words."""

import re
from collections.abc import Iterator, Sequence

_UNITS = """
zero null ноль; one eins ein eine один одна одно; two zwei zwo два две двух; three drei три трех;
four vier четыре четырех; five funf fünf пять пяти; six sechs шесть шести; seven sieben семь семи;
eight acht восемь восьми; nine neun девять девяти; ten zehn десять десяти; eleven elf одиннадцать;
twelve zwolf zwölf двенадцать dozen dutzend; thirteen dreizehn тринадцать; fourteen vierzehn четырнадцать;
fifteen funfzehn fünfzehn пятнадцать; sixteen sechzehn шестнадцать; seventeen siebzehn семнадцать;
eighteen achtzehn восемнадцать; nineteen neunzehn девятнадцать
"""
_TENS = """
twenty zwanzig двадцать; thirty dreissig dreißig тридцать; forty vierzig сорок; fifty funfzig fünfzig пятьдесят;
sixty sechzig шестьдесят; seventy siebzig семьдесят; eighty achtzig восемьдесят; ninety neunzig девяносто
"""
_VALUES = {word: n for n, group in enumerate(_UNITS.split(";")) for word in group.split()} | {
    word: 10 * n for n, group in enumerate(_TENS.split(";"), start=2) for word in group.split()
}
_DIGITS = re.compile(r"([0-9]+(?:\.[0-9]+)*)(?:st|nd|rd|th|s|m|km|kg|ft|h|x)?", re.IGNORECASE)
_LOWEST_TENS, _HIGHEST_UNIT = 20, 9


def number_in(word: str) -> str:
    """Return the number that a word of `raw_words` writes, in digits; empty if it writes none."""
    if match := _DIGITS.fullmatch(word):
        return match[1]
    value = _VALUES.get(word.casefold())
    return "" if value is None else str(value)


def numbers_in(raw: Sequence[str]) -> Iterator[str]:
    """Yield the numbers in the words of a text, in digits; "twenty-five" is one number."""
    words = iter([*raw, ""])
    word = next(words)
    for following in words:
        tens, unit = _VALUES.get(word.casefold(), 0), _VALUES.get(following.casefold(), 0)
        if tens >= _LOWEST_TENS and 0 < unit <= _HIGHEST_UNIT:
            yield str(tens + unit)
            following = next(words, "")  # noqa: PLW2901 - the unit is used up
        elif number := number_in(word):
            yield number
        word = following
