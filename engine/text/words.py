"""Split a text into words, and reduce each word to the forms by which it is found.

Every comparison of words uses the forms made here; spans always count in the text as it is written. A text is first
normalised (`normalised`). Numbers are one word in one spelling: `4,500`, `4.500` and `4500` are the same word, `3,5`
is `3.5`, and dotted numbers (addresses, versions) stay whole. Scripts without spaces give pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from engine.text.dates import date_terms
from engine.text.languages import ENGLISH, stemmer
from engine.text.stop_words import STOP_WORDS

__all__ = [
    "STOP_WORDS", "content_stems", "exact_terms", "folded", "is_camel_case", "is_unspaced", "normalised", "raw_words",
    "stemmed", "stems", "words", "words_of_pieces",
]  # fmt: skip

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATOR = "\x1e"  # between the pieces of `words_of_pieces`
_WORD = re.compile(r"[^\W_]+|\x1e")
# The engine searches for a set of first characters three times faster than for alternatives.
_NOT_PLAIN = re.compile(r"[0-9+#](?:(?<=[0-9])[.,'][0-9]|(?<=\+)\+|(?<=#))")
_NUMBERS = (
    r"[0-9]{1,3}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+(?:,[0-9]+)?|(?:'[0-9]{3})+(?:[.,][0-9]+)?)(?![.,']?[0-9])"
    r"|(?:\bv)?[0-9]+(?:\.[0-9]+){2,}"  # an address or a version
    r"|[0-9]+(?:\.[0-9]+|(?<![0-9],[0-9])(?<![0-9],[0-9]{2}),[0-9]{1,2}(?![0-9]|,[0-9]))"
    r"|[A-Za-z](?:\+\+|#(?![^\W_]))"
)
_TOKEN = re.compile(rf"(?!v[0-9])[^\W\d_][^\W_]+|{_NUMBERS}|[^\W_]+|\x1e")  # most words are of letters: first
_NO_NUMBER = re.compile("[^.,']+")
_GROUPED = re.compile(r"([0-9]{1,3}(?:([.,'])[0-9]{3})(?:\2[0-9]{3})*)(?:[.,]([0-9]+))?")
_YEARS = re.compile(r"[12][0-9]{3}(?:[-/][12][0-9]{3})+")
_DATE = re.compile(r"[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)?[0-9]{2}")
_JOINED = re.compile(r"[^\W_]+(?:[-/][^\W_]+)+")
_OTHER_SCRIPTS = re.compile(
    "[\u0300-\u036f\u0590-\u1dff\u2e80-\ua4cf\ua960-\ud7ff\uf900-\ufaff\ufe70-\ufeff\uff66-\uffdc\U00020000-\U0003ffff]"
)
_NEAR = 20  # characters after a word of another script in which the next one is looked for
_SIGN_INSIDE = re.compile(r"[-/](?=[^\W_])")
_GROUP_BLANK = re.compile("(?<=[0-9])[\u00a0\u202f\u2009](?=[0-9]{3})")
_DROPPED = dict.fromkeys([
    0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF,  # invisible signs
    0x640, *range(0x64B, 0x660), 0x670, *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,  # vowel points
]) | dict.fromkeys(map(ord, "™®©№½¼¾⅓⅔"), " ")  # fmt: skip
_IS_DROPPED = re.compile(f"[\u00a0\u202f\u2009{re.escape(''.join(map(chr, _DROPPED)))}]")
_MARKS = dict.fromkeys(range(0x300, 0x370)) | {ord("ё"): "е"}  # noqa: RUF001 - Cyrillic
_STEMS: dict[str, dict[str, str]] = {}  # by language and word, shared by all texts
_CACHED = 200_000


def normalised(text: str) -> str:
    """Return `text` in compatibility composition (NFKC), without invisible signs and vowel points."""
    if text.isascii():
        return text
    if _IS_DROPPED.search(text):
        text = _GROUP_BLANK.sub("", text).translate(_DROPPED)
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def raw_words(text: str) -> list[str]:
    """Return the words of `text` as written, CamelCase split: chat logs write names as `LiHua`."""
    return _split(_CAMEL.sub(" ", normalised(text.replace(_SEPARATOR, " "))))


def words_of_pieces(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the words of all pieces as written, CamelCase not split, and the number of words up to each one's end."""
    text = _SEPARATOR.join(pieces)
    if text.count(_SEPARATOR) >= len(pieces):  # a piece has one, too
        text = _SEPARATOR.join(piece.replace(_SEPARATOR, " ") for piece in pieces)
    tokens = _split(normalised(text))
    ends, end = [], 0
    for number in range(len(pieces) - 1):
        end = tokens.index(_SEPARATOR, end)
        ends.append(end - number)
        end += 1
    return [word for word in tokens if word != _SEPARATOR], [*ends, len(tokens) - len(pieces) + 1]


def _split(text: str) -> list[str]:
    """Return the words of a normalised text, with separators; only what is around other scripts is read as such."""
    if text.isascii() or not (sign := _OTHER_SCRIPTS.search(text)):
        return _plain_words(text)
    words, end = [], 0
    while sign:
        start = max(end, text.rfind(" ", end, sign.start()) + 1)
        while sign:
            blank = text.find(" ", sign.end())
            stop = blank if blank >= 0 else len(text)
            sign = _OTHER_SCRIPTS.search(text, stop, stop + _NEAR)
        words += _plain_words(text[end:start])
        words += [word for token in _any_script().findall(text[start:stop]) for word in _words_of(token)]
        end, sign = stop, _OTHER_SCRIPTS.search(text, stop)
    return words + _plain_words(text[end:])


def _plain_words(text: str) -> list[str]:
    if not _NOT_PLAIN.search(text):
        return _WORD.findall(text)
    return [word for token in _TOKEN.findall(text) for word in ([token] if token.isalnum() else _numbers(token))]


def _words_of(token: str) -> list[str]:
    """Return the pairs of characters of a run without spaces, with each Han character; else the token."""
    if token.isascii() or _unspaced().match(token) is None:
        return _numbers(token)
    pairs = [token[k : k + 2] for k in range(len(token) - 1)] or [token]
    return pairs + [sign for sign in token if "\u3400" <= sign <= "\u9fff"] if len(token) > 1 else pairs


def _numbers(token: str) -> list[str]:
    """Return a number in its one spelling, a date as its parts, and any other token as it is."""
    if not token[-1].isdigit() or _NO_NUMBER.fullmatch(token):
        return [token]
    token = token.removeprefix("v")
    if _DATE.fullmatch(token):
        return token.split(".")
    if whole := _GROUPED.fullmatch(token):
        digits, decimals = whole[1].replace(whole[2], ""), (whole[3] or "").rstrip("0")
        return [f"{digits}.{decimals}" if decimals else digits]
    if token.count(".") > 1:
        return [token]
    digits, decimals = token.replace(",", ".").split(".")
    return [f"{digits}.{decimals.rstrip('0')}".rstrip(".")]


@cache
def _any_script() -> Any:
    import regex  # noqa: PLC0415 - only for text in other scripts

    spaced = rf"[[\p{{L}}\p{{N}}\p{{M}}]--{_SCRIPTS}]"
    return regex.compile(rf"{_SCRIPTS}+|{_NUMBERS}|(?!\p{{M}}){spaced}+|\x1e", regex.VERSION1)


@cache
def _unspaced() -> Any:
    import regex  # noqa: PLC0415 - as above

    return regex.compile(_SCRIPTS)


_SCRIPTS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc]"


def is_unspaced(word: str) -> bool:
    """Tell whether a word is written in a script without spaces, and so may be a pair of characters."""
    return not word.isascii() and _unspaced().match(word) is not None


def is_camel_case(word: str) -> bool:
    """Tell whether `raw_words` splits this word."""
    return _CAMEL.search(word) is not None


def folded(raw: list[str]) -> list[str]:
    """Return each word in lower case and without diacritics."""
    joined = " ".join(raw)
    if joined.isascii():
        return joined.lower().split()
    return _analyzers()[0].analyze(joined.casefold().translate(_MARKS))  # type: ignore[no-any-return]


def stemmed(raw: list[str], language: str = ENGLISH) -> tuple[list[str], list[str]]:
    """Return the folded forms of the words, and their stems in a language (Snowball)."""
    forms, known = folded(raw), _STEMS.setdefault(language, {})
    keys = forms if language == ENGLISH else raw
    new = list({word for word in keys if word not in known})
    fresh = dict(zip(new, _stems_of(new, language), strict=True)) if new else {}
    if len(known) < _CACHED:  # never emptied: another thread may be reading it
        known.update(fresh)
    return forms, [fresh.get(word) or known[word] for word in keys]


def _stems_of(words: list[str], language: str) -> list[str]:
    """Return the stems of English words that are folded already, or of words of another language as written."""
    if language == ENGLISH:
        return _analyzers()[1].analyze(" ".join(words))  # type: ignore[no-any-return]
    stem = stemmer(language)
    return folded(stem([word.casefold() for word in words])) if stem else folded(words)


def words(text: str) -> list[str]:
    """Return the folded words of `text`."""
    return folded(raw_words(text))


def stems(text: str, language: str = ENGLISH) -> list[str]:
    """Return the search terms of `text`: the stems of its words, then its dates and part numbers."""
    raw = raw_words(text)
    return stemmed(raw, language)[1] + date_terms(text, raw) + exact_terms(text)


def exact_terms(text: str) -> list[str]:
    """Return the part numbers in `text`, such as `s-057`, in lower case: words joined by signs, with a digit."""
    if "-" not in text and "/" not in text:
        return []
    text = normalised(text)
    tokens = (match.lower() for chunk in _chunks(text) for match in _JOINED.findall(chunk))
    return list(dict.fromkeys(term for term in tokens if any(map(str.isdigit, term)) and not _YEARS.fullmatch(term)))


def _chunks(text: str) -> Iterator[str]:
    """Yield what is between blanks around signs that join words, each once."""
    end = 0
    for sign in _SIGN_INSIDE.finditer(text):
        if (at := sign.start()) >= end:
            blank = text.find(" ", at)
            end = blank if blank >= 0 else len(text)
            yield text[text.rfind(" ", 0, at) + 1 : end]


def content_stems(text: str) -> list[str]:
    """Return the stems of the words of `text` that are not stop words."""
    return [stem for word, stem in zip(*stemmed(raw_words(text)), strict=True) if word not in STOP_WORDS]


@cache
def _analyzers() -> tuple[Any, Any]:
    """Return tantivy's analyzers for folding and for stemming; they split at blanks only: one stem for each word."""
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer  # noqa: PLC0415 - not needed for the first paint

    def folding() -> Any:
        return TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.lowercase()).filter(Filter.ascii_fold())

    return folding().build(), folding().filter(Filter.stemmer("english")).build()
