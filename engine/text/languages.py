"""Detect the language of a text, and look up the stemmer and the function words of a language.

Languages are ISO 639-1 codes. Text in a script without spaces needs no stemmer; its words are pairs of characters
(`engine.text.words`).
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from engine.text.stop_words import STOP_WORDS

ENGLISH = "en"
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german", "el": "greek",
    "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "no": "norwegian", "fa": "persian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball stemmers by language; English is stemmed apart (`engine.text.words`)."""
COMPOUNDING = frozenset({"da", "de", "et", "fi", "hu", "nl", "no", "sv"})
"""Languages that write compounds as one word."""

UNSPACED = ("ja", "ko", "th", "zh")
"""Languages that are written without spaces, or whose words are found by pairs of characters."""

_SAMPLE, _CLASSIFIED = 1000, 400  # characters in which words are counted, and that are classified: 0.5 ms
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_SHARE = 0.25  # of the words of a text: with so many English function words it is English
_SHARE = 0.2  # of the words of a text: as many function words of its language, at least
_MORE, _MORE_THAN_OWN = 2, 4  # times as many as English function words, and as those that its language has not
_SHORT = 4  # letters of a function word that is not searched for
_UNSPACED = (("ja", re.compile("[\u3040-\u30ff]")), ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
             ("zh", re.compile("[\u3400-\u9fff]")), ("th", re.compile("[\u0e00-\u0e7f]")))  # fmt: skip


def language_of(text: str) -> str:
    """Return the language of a text by its first thousand characters; English where none is evident."""
    sample = text[:_SAMPLE]
    if not sample.isascii():
        for language, script in _UNSPACED:
            if len(script.findall(sample)) * 4 > len(sample):
                return language
    if sample.isascii():
        words = _LATIN_WORD.findall(sample.lower())
    else:
        words = [word.casefold() for word in _LATIN_WORD.findall(sample)]
    if not words or (english := _share(words, STOP_WORDS)) >= _ENGLISH_SHARE:
        return ENGLISH
    language = str(_detector().classify(sample[:_CLASSIFIED])[0])
    language = "no" if language in {"nb", "nn"} else language
    if not english and not sample.isascii():  # some languages have few function words
        return language
    own = function_words(language)
    limit = max(_MORE * english, _MORE_THAN_OWN * _share(words, STOP_WORDS - own))
    return language if (share := _share(words, own)) >= _SHARE and share > limit else ENGLISH


def _share(words: list[str], function_words: frozenset[str]) -> float:
    return sum(map(function_words.__contains__, words)) / len(words)


@cache
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - only for text that is not English

    detector = LanguageIdentifier.from_model_file(MODEL_FILE)
    codes = {*STEMMERS, ENGLISH, "nb", "nn", "bg", "he", "uk"}
    detector.set_languages([code for code in detector.nb_classes if code in codes])
    return detector


@cache
def function_words(language: str) -> frozenset[str]:
    """Return the words of a language that carry grammar, not meaning, case folded; empty where none are known."""
    if language == ENGLISH:
        return STOP_WORDS
    from stopwordsiso import has_lang, stopwords  # noqa: PLC0415 - only for text that is not English

    return frozenset(word.casefold() for word in stopwords(language)) if has_lang(language) else frozenset()


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the function words that are not searched for: of languages other than English the short ones."""
    words = function_words(language)
    return words if language == ENGLISH else frozenset(word for word in words if len(word) <= _SHORT)


@cache
def stemmer(language: str) -> Callable[[list[str]], list[str]] | None:
    """Return the function that stems a list of case-folded words; None for a language without a stemmer."""
    if language not in STEMMERS:
        return None
    from Stemmer import Stemmer  # noqa: PLC0415 - only for text that is not English

    stem: Callable[[list[str]], list[str]] = Stemmer(STEMMERS[language]).stemWords
    return stem
