"""Choose what a pronoun or an omission of a question stands for, by what the library tells of each candidate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from engine.index.retriever import Retriever
from engine.question.follow_up_words import Referent
from engine.question.question import Question, read_question
from engine.text.names import name_key, root
from engine.text.words import content_stems, raw_words

_PASSAGES = 8  # of a candidate that are read
_UNKNOWN = 0.1  # added to each coverage, so that a fitting pronoun counts where nothing is covered
_FEW = 20  # passages; a name in so many is never common
_COMMON, _EVERYWHERE = 0.2, 0.5  # share of passages that mention a name; factor for a name in more of them
_MENTIONED = 0.6  # factor for what a passage tells that only mentions the candidate
_USUAL = 0.3  # share of a pronoun that leaves no doubt
_NO_PERSON = 0.1  # fit of "he" to a name with an article
_NOT_OF_PERSONS = re.compile(r"[0-9&]|[a-z]{3}[A-Z]")
_ARTICLE = re.compile("^the ", re.IGNORECASE)
_AFTER = 160  # characters after a name in which pronouns are counted
_PRONOUNS = {
    Referent.MAN: re.compile(r"\b(?:he|him|his|er|ihm|seine?[nmrs]?|il|lui)\b", re.IGNORECASE),
    Referent.WOMAN: re.compile(r"\b(?:she|her|hers|ihr|ihre[nmrs]?|elle|ella)\b", re.IGNORECASE),
    Referent.THING: re.compile(r"\b(?:it|its|es)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name or a noun phrase of the conversation; `weight` says how likely it is referred to, whatever is asked."""

    text: str
    is_name: bool
    weight: float = 1.0


def best_referent(
    question: str, candidates: Sequence[Candidate], retriever: Retriever, referent: Referent | None = None
) -> Candidate | None:
    """Return the candidate whose passages hold most of the question, the first of equals; None without candidates.

    Of a pronoun, those are preferred to which the passages refer by the same pronoun.
    """
    read = read_question(question, retriever)
    worth = {candidate: _worth(read, candidate, retriever, referent) for candidate in candidates}
    return max(candidates, key=lambda candidate: worth[candidate], default=None)


def coverage(question: Question, name: str, retriever: Retriever) -> float:
    """Return the share of the question that the passages with this title hold, in [0, 1]."""
    numbers = retriever.titled(name_key(name))[:_PASSAGES]
    return question.coverage({root_ for number in numbers for root_ in retriever.open(number).roots})


def support(question: str, retriever: Retriever) -> float:
    """Return the largest share of a question that one of the first passages of a plain search holds, in [0, 1]."""
    read = read_question(question, retriever)
    hits = retriever.search(read.search_terms(), _PASSAGES) if read.terms else []
    return max((read.coverage(set(retriever.open(number).roots)) for number, _ in hits), default=0.0)


def _worth(question: Question, candidate: Candidate, retriever: Retriever, referent: Referent | None) -> float:
    numbers = _passages_of(candidate, retriever)
    roots = [set(retriever.open(number).roots) for number in numbers]
    if retriever.titled(name_key(candidate.text)):
        covered = question.coverage(set().union(*roots))
    else:
        covered = _MENTIONED * max(map(question.coverage, roots), default=0.0)
    frequency = retriever.name_frequency(name_key(candidate.text)) if candidate.is_name else 0
    weight = candidate.weight * (_EVERYWHERE if frequency > max(_FEW, _COMMON * len(retriever)) else 1.0)
    return weight * (covered + _UNKNOWN) * _fit(candidate, numbers, retriever, referent)


def _passages_of(candidate: Candidate, retriever: Retriever) -> list[int]:
    """Return the passages with the candidate as title; else some that mention the name or have all its words."""
    key = name_key(candidate.text)
    if titled := list(retriever.titled(key)[:_PASSAGES]):
        return titled
    stems = content_stems(candidate.text)
    if candidate.is_name:
        return [number for number, _ in retriever.search(dict.fromkeys(stems, 1.0), _PASSAGES, mention=key)]
    hits = retriever.search(dict.fromkeys(stems, 1.0), 4 * _PASSAGES) if stems else []
    needed = {root(stem) for stem in stems}
    return [number for number, _ in hits if needed <= set(retriever.open(number).roots)][:_PASSAGES]


def _fit(candidate: Candidate, numbers: Sequence[int], retriever: Retriever, referent: Referent | None) -> float:
    """Return how well a pronoun fits a candidate: its share of the pronouns that its passages refer to it by."""
    if referent is None or referent is Referent.SEVERAL:
        return 1.0
    if not candidate.is_name and referent is Referent.THING:
        return 1.0
    key = name_key(candidate.text)
    is_titled = bool(retriever.titled(key))
    texts = [retriever.open(number).passage.text for number in numbers]
    words = " ".join(texts if is_titled else (part for text in texts for part in _after_mentions(candidate.text, text)))
    if referent is not Referent.THING and _is_no_person(candidate.text, " ".join(texts)):
        return _NO_PERSON
    counts = {kind: len(pattern.findall(words)) for kind, pattern in _PRONOUNS.items()}
    share = (counts[referent] + 1) / (sum(counts.values()) + len(counts))
    return min(1.0, share / _USUAL)


def _is_no_person(name: str, text: str) -> bool:
    """Tell whether a text puts an article before a name, or the name is written as no person's is."""
    plain = _ARTICLE.sub("", name)
    return bool(_NOT_OF_PERSONS.search(plain)) or bool(re.search(rf"\b[Tt]he {re.escape(plain)}\b", text))


def _after_mentions(name: str, text: str) -> list[str]:
    pattern = _mention(name)
    return [text[match.end() : match.end() + _AFTER] for match in pattern.finditer(text)]


@cache
def _mention(name: str) -> "re.Pattern[str]":
    return re.compile(r"[\W_]+".join(map(re.escape, raw_words(name))), re.IGNORECASE)
