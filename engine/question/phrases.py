"""Find names and noun phrases in a question, as they are written."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import regex

from engine.question.follow_up_words import FollowUpWords, follow_up_words
from engine.text.names import name_key
from engine.text.words import STOP_WORDS, folded, raw_words

_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_LONGEST_PHRASE = 4  # words after the article
_LONGEST_NAME = 8  # words
_NAME_WORD = r"\p{Lu}[\p{L}\p{N}]*(?:[-'\u2019]\p{L}+)*"
_NAME = regex.compile(rf"{_NAME_WORD}(?: (?:(?:of|the|de|la|le|du|di|von|van|der|den|&) ){{0,2}}{_NAME_WORD})*")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_CALENDAR = frozenset(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday""".split()
)


class Word(NamedTuple):
    """A word as written, case folded, and its characters `start` to `end` (excluded)."""

    text: str
    key: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Return the words of a text with their places."""
    return [Word(match[0], match[0].casefold(), *match.span()) for match in _WORD.finditer(text)]


def span_of(key: str, text: str) -> tuple[int, int] | None:
    """Return where a text has the name with this key, in characters; None if it does not have it.

    A compound that is written as one word (`SunSpider`) has the key of its parts.
    """
    raw, spans = raw_words(text), []
    end = 0
    for word in raw:
        start = text.find(word, end)
        start, end = (start, start + len(word)) if start >= 0 else (end, end)
        spans.append((start, end))
    plain, parts = folded(raw), key.split()
    for number in range(len(plain) - len(parts) + 1):
        if parts and plain[number : number + len(parts)] == parts:
            return spans[number][0], spans[number + len(parts) - 1][1]
    return None


def as_written(key: str, text: str) -> str:
    """Return a name as the text writes it; its key if the text does not have it."""
    span = span_of(key, text)
    return (span and text[slice(*span)]) or key


def names_in(text: str) -> Iterator[str]:
    """Yield the names of a text as written (see `name_spans`)."""
    return (name for name, _ in name_spans(text))


def name_spans(text: str) -> Iterator[tuple[str, int]]:
    """Yield the names of a text as written, each with its first character: runs of capitalised words without dates.

    A single word at the beginning of a sentence may have its capital from there, and is left out.
    """
    for match in _NAME.finditer(text):
        words = _POSSESSIVE.sub("", match[0]).split()
        while words and words[0].casefold() in STOP_WORDS:
            words.pop(0)
        begins_sentence = not text[: match.start()].rstrip() or text[: match.start()].rstrip()[-1] in ".!?:\n*#-|"
        is_dated = any(word.casefold() in _CALENDAR for word in words)
        name = " ".join(words)
        if len(name) > 1 and not is_dated and len(words) <= _LONGEST_NAME and not (begins_sentence and len(words) == 1):
            yield name, match.start()


def noun_phrases(question: str, texts: Collection[str]) -> list[str]:
    """Return the noun phrases of a question that begin with an article, in order, else the longest one without.

    Without a grammar of the language, a phrase ends at a function word; a verb after it is cut off by its form in
    `texts`, which are expected to have the phrase, else by the auxiliary before it.
    """
    grammar, words = follow_up_words(question), words_of(question)
    plain = " ".join(" ".join(word.key for word in words_of(text)) for text in texts)
    phrases = []
    for number, word in enumerate(words):
        if word.key in grammar.articles:
            nouns = list(_up_to_function_word(words[number + 1 :], grammar))
            follows_auxiliary = number > 0 and words[number - 1].key in grammar.auxiliaries
            count = _noun_count(nouns, plain, follows_auxiliary=follows_auxiliary)
            if count:
                phrases.append(question[word.start : nouns[count - 1].end])
    return phrases or _bare_phrase(words, grammar, plain, question)


def _up_to_function_word(words: Sequence[Word], grammar: FollowUpWords) -> Iterator[Word]:
    for word in words[: _LONGEST_PHRASE + 1]:
        if is_function_word(word.key, grammar):
            return
        yield word


def is_function_word(key: str, grammar: FollowUpWords) -> bool:
    """Tell whether a case-folded word carries grammar, not meaning."""
    groups = (STOP_WORDS, grammar.auxiliaries, grammar.prepositions, grammar.question_words, grammar.articles)
    return any(key in group for group in (*groups, grammar.pronouns, grammar.possessives, grammar.openings))


def _noun_count(nouns: Sequence[Word], plain: str, *, follows_auxiliary: bool) -> int:
    """Return how many of the words after an article belong to its phrase."""
    if not follows_auxiliary:
        return min(len(nouns), _LONGEST_PHRASE)
    for count in range(len(nouns), 0, -1):
        if f" {' '.join(word.key for word in nouns[:count])} " in f" {plain} ":
            return count
    return min(len(nouns), max(1, len(nouns) - 1))


def _bare_phrase(words: Sequence[Word], grammar: FollowUpWords, plain: str, question: str) -> list[str]:
    """Return the longest run of content words that the texts have, the last of equals."""
    best: Sequence[Word] = ()
    for number in range(len(words)):
        run = list(_up_to_function_word(words[number:], grammar))[:_LONGEST_PHRASE]
        if len(run) == 1 and number + 1 == len(words) and not grammar.auxiliaries.isdisjoint(w.key for w in words):
            break  # it may be a verb
        for count in range(len(run), len(best) - 1, -1):
            if count and f" {' '.join(word.key for word in run[:count])} " in f" {plain} ":
                best = run[:count]
                break
    return [question[best[0].start : best[-1].end]] if best else []


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once, by their keys."""
    by_key: dict[str, str] = {}
    for name in names:
        by_key.setdefault(name_key(name), name)
    return tuple(name for key, name in by_key.items() if key)
