# ruff: noqa: RUF001 - words of several languages
"""Decide whether a passage holds what a statement says, and which of its sentences do.

A statement is compared with one passage by its words. Names, numbers and dates that the question does not have must all
stand in the passage, its title or its heading, and so must most of the other new words. A negation must stand in the
sentence that matches, or in none of the two. Words cannot tell who did what: a statement that exchanges two names of a
passage is not recognised.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import regex

from engine.answer.quotation import Quotation, sentences
from engine.question.question_form import negations
from engine.text.dates import AskedDate, asked_dates, date_terms
from engine.text.languages import UNSPACED, function_words
from engine.text.names import root
from engine.text.numbers import number_in, numbers_in
from engine.text.words import STOP_WORDS, raw_words, stemmed

_NEW_SHARE = 0.6  # of the new words that are neither names nor numbers: in the passage
_CHARACTERS_SHARE = 0.8  # of the characters of a script without spaces: in a pair that the passage or question has
_LONGEST_NEW_RUN = 2  # characters of such a script side by side that stand in no pair: three are a new name
_SHARE = 0.4  # of all words: in the passage or the question; without new words, in one sentence
_ALIKE = 0.6  # of the words of a part of a statement: in the part of the sentence that denies the same
_CLOSE = 0.8  # of the best sentence's share of the statement's words: another sentence may be cited in its place
_CITED_SENTENCES = 2  # at most, of a passage
_NAME_PREFIX, _LONGEST_ENDING = 4, 3  # letters: "Norwegians" has the name "Norwegian"
_TITLES = frozenset("mr mrs ms miss dr sir prof herr frau".split())
_CLAUSE = re.compile(
    r"[,;:]\s+(?:and |but |while |whereas |und |aber |während |а |но |и )?|\s(?:and|but|while|whereas|und|aber)\s"
)
_CLAUSE_WORDS = 2  # content words; a shorter clause belongs to the one before
_PART = re.compile(r"[,;:()\u2014\uff0c\uff1b]|\b(?:and|but|und|aber|и|но)\b")
_NO_NEGATION = re.compile(
    r"\bnot (?:only|until|just|merely|least)\b|\bno (?:later|earlier) than\b|\bnicht nur\b"
    r"|\bcan(?: ?no|[\u2019'])t (?:wait|believe|help)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\b(\d{1,3})[- ](?:years?|Jahren?|лет|года?)\b", re.IGNORECASE)
_UNSPACED_RUN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+")
_YEAR = re.compile(r"\b[12]\d{3}\b")


class Support(NamedTuple):
    """The sentences of passages that hold a statement, and how a number in it was computed, if one was."""

    quotations: tuple[Quotation, ...] = ()
    computed: str = ""


NO_SUPPORT = Support()


class _Words:
    """The words of a text in the forms by which they are compared: roots, numbers, and terms of dates."""

    def __init__(self, text: str, language: str) -> None:
        raw = raw_words(text)
        forms, stems = stemmed(raw, language)
        self.rows = [(word, form, root(stem)) for word, form, stem in zip(raw, forms, stems, strict=True)]
        self.roots = {stem for _, _, stem in self.rows} | set(forms)
        self.numbers = set(numbers_in(raw))
        self.dates = set(date_terms(text, raw))

    @cached_property
    def beginnings(self) -> dict[str, list[str]]:
        """The words by their first letters."""
        beginnings: dict[str, list[str]] = {}
        for form in self.roots:
            beginnings.setdefault(form[:_NAME_PREFIX], []).append(form)
        return beginnings

    def has_name(self, form: str) -> bool:
        """Tell whether a word of a name stands here, perhaps with another ending."""
        if form in self.roots:
            return True
        alike = self.beginnings.get(form[:_NAME_PREFIX], ()) if len(form) > _NAME_PREFIX else ()
        return any(
            abs(len(word) - len(form)) <= _LONGEST_ENDING and (word.startswith(form) or form.startswith(word))
            for word in alike
        )

    def has_date(self, date: AskedDate) -> bool:
        """Tell whether a date stands here; its year may stand apart from its day."""
        exact, *wider = [terms for terms in date.alternatives if terms]
        if self.dates.issuperset(exact):
            return True
        year = next((word for word in date.words if _YEAR.fullmatch(word)), "")
        has_wider = any(self.dates.issuperset(terms) for terms in wider[:1])
        return has_wider and (year in self.numbers if year else exact[0].startswith("month:"))


@dataclass(frozen=True)
class _Content:
    """What a statement says beyond the question: names, numbers and dates, and its other new words, by their roots."""

    roots: frozenset[str]
    names: frozenset[str]
    name_roots: frozenset[str]
    numbers: frozenset[str]
    dates: tuple[tuple[AskedDate, ...], ...]  # the readings of each date
    others: frozenset[str]

    @property
    def is_new(self) -> bool:
        return bool(self.names or self.numbers or self.dates or self.others)

    def exact_parts(self, words: _Words) -> frozenset[object]:
        """Return the names, numbers and dates that stand in these words."""
        names = {name for name in self.names if words.has_name(name)}
        dates = {n for n, readings in enumerate(self.dates) if any(map(words.has_date, readings))}
        return frozenset({*names, *(f"number {n}" for n in self.numbers & words.numbers), *dates})

    def count(self) -> int:
        """Count the names, numbers and dates."""
        return len(self.names) + len(self.numbers) + len(self.dates)


class Grounds:
    """The passages that statements are checked against, and the question, whose words need no support."""

    def __init__(self, passages: Sequence[Quotation], question: str = "") -> None:
        self._question = question
        self._asked: dict[str, _Words] = {}
        self._sources = [_Source(passage) for passage in passages]

    def support(self, text: str, cited: Iterable[int] | None = None) -> Support:
        """Return the sentences that hold a statement, of the passages with these indices or of all.

        One passage has to hold it; or, if none does, one passage each of its clauses.
        """
        sources = self._sources if cited is None else [self._sources[n] for n in cited]
        whole = self._best(text, sources)
        clauses = [] if whole.quotations or negations(text) else _clauses(text)
        if len(clauses) < 2:  # noqa: PLR2004 - it is the whole
            return whole
        supports = [self._best(clause, sources) for clause in clauses]
        if not all(support.quotations for support in supports):
            return NO_SUPPORT
        quotations = dict.fromkeys(quotation for support in supports for quotation in support.quotations)
        return Support(tuple(quotations), "; ".join(filter(None, (support.computed for support in supports))))

    def nearest(self, cited: Iterable[int] | None = None) -> Support:
        """Return the sentence that has most of the question's words: what a bare yes or no is about."""
        sources = self._sources if cited is None else [self._sources[n] for n in cited]
        best, best_share = NO_SUPPORT, 0.0
        for source in sources:
            roots = _content_roots(self._asked_words(source.language), source.language)
            if len(roots & source.words.roots) < _SHARE * len(roots):
                continue
            share, sentence = max(((s.share(roots), s) for s in source.sentences), key=lambda pair: pair[0])
            if share > best_share:
                best, best_share = Support((sentence.quotation,)), share
        return best

    def _best(self, text: str, sources: Iterable["_Source"]) -> Support:
        best, best_share = NO_SUPPORT, -1.0
        for source in sources:
            share, support = self._supported_by(text, source)
            if support.quotations and share > best_share:
                best, best_share = support, share
        return best

    def _supported_by(self, text: str, source: "_Source") -> tuple[float, Support]:
        """Return the share of the statement's words in the best sentence of a source, and the support there."""
        question_words = self._asked_words(source.language)
        content = _content_of(text, question_words, source.language)
        if not content.roots or not source.sentences:
            return 0.0, NO_SUPPORT
        computed = _computed(content, text, source)
        if computed:
            content = _content_of(_YEARS.sub(" ", text), question_words, source.language)
        if not _is_held(text, content, source, self._question):
            return 0.0, NO_SUPPORT
        chosen = source.matching(content, text, self._question)
        if not chosen or (not content.is_new and chosen[0].share(content.roots) < _SHARE):
            return 0.0, NO_SUPPORT
        note = "; ".join(f"{later} \u2212 {earlier}" for earlier, later in computed.values())
        return chosen[0].share(content.roots), Support(tuple(s.quotation for s in chosen), note)

    def _asked_words(self, language: str) -> _Words:
        if language not in self._asked:
            self._asked[language] = _Words(self._question, language)
        return self._asked[language]


@dataclass(frozen=True)
class _Sentence:
    quotation: Quotation
    words: _Words
    titled_roots: frozenset[str]

    def share(self, roots: Collection[str]) -> float:
        """Return the share of these roots that stand in the sentence, its title or its heading."""
        return len(self.titled_roots.intersection(roots)) / max(1, len(roots))


class _Source:
    """A passage with the words of its sentences; its title, heading and metadata count with it."""

    def __init__(self, quotation: Quotation) -> None:
        self.passage, self.language = quotation.passage, quotation.passage.language
        self._number = quotation.number

    @cached_property
    def text(self) -> str:
        """The passage with its title, its heading, its metadata and the leads of its sentences."""
        passage = self.passage
        leads = " ".join(lead.text for lead in passage.leads)
        return f"{passage.headline}\n{passage.about}\n{leads}\n{passage.text}"

    @cached_property
    def words(self) -> _Words:
        return _Words(self.text, self.language)

    @cached_property
    def sentences(self) -> list[_Sentence]:
        title = _Words(self.passage.headline, self.language).roots
        return [self._sentence(quotation, title) for quotation in sentences(self._number, self.passage)]

    def _sentence(self, quotation: Quotation, title: Collection[str]) -> _Sentence:
        words = _Words(quotation.led_text, self.language)
        return _Sentence(quotation, words, frozenset(words.roots.union(title)))

    def matching(self, content: _Content, text: str, question: str) -> list[_Sentence]:
        """Return the sentence with most of what is new, and one with what it lacks; none if negation differs."""
        ranked = sorted(self.sentences, key=lambda s: self._rank(s, content), reverse=True)
        count, share = len(content.exact_parts(ranked[0].words)), ranked[0].share(content.roots)
        close = [
            sentence
            for sentence in ranked
            if negations(text)
            or (len(content.exact_parts(sentence.words)) == count and sentence.share(content.roots) >= _CLOSE * share)
        ]
        first = next((sentence for sentence in close if _agrees(text, sentence, content, question)), None)
        if first is None:
            return []
        lacking = content.exact_parts(self.words) - content.exact_parts(first.words)
        completing = [sentence for sentence in ranked if lacking & content.exact_parts(sentence.words)]
        return [first, *completing[: _CITED_SENTENCES - 1]]

    @staticmethod
    def _rank(sentence: _Sentence, content: _Content) -> tuple[int, float]:
        new = len(content.others & sentence.words.roots) / max(1, len(content.others))
        return len(content.exact_parts(sentence.words)), new + sentence.share(content.roots)


def _is_held(text: str, content: _Content, source: _Source, question: str) -> bool:
    """Tell whether a source has what is new in a statement, and enough of its other words."""
    words = source.words
    if len(content.exact_parts(words)) < content.count():
        return False
    if source.language in UNSPACED:
        return _has_characters(text, f"{source.text}\n{question}")
    if len(content.others & words.roots) < _NEW_SHARE * len(content.others):
        return False
    question_words = _Words(question, source.language).roots
    return len(content.roots & (words.roots | question_words)) >= _SHARE * len(content.roots)


def _has_characters(text: str, source: str) -> bool:
    """Tell whether a source has the words of a text in a script without spaces, by their pairs of characters."""
    are_known = []
    for run in _UNSPACED_RUN.findall(text):
        pairs = [a + b in source for a, b in pairwise(run)]
        are_known += (
            [any(beside) for beside in zip([False, *pairs], [*pairs, False], strict=True)] if pairs else [run in source]
        )
    new_runs = re.findall("0+", "".join("01"[is_known] for is_known in are_known))
    is_short = max(map(len, new_runs), default=0) <= _LONGEST_NEW_RUN
    return is_short and sum(are_known) >= _CHARACTERS_SHARE * len(are_known)


def _content_of(text: str, question_words: _Words, language: str) -> _Content:
    words = _Words(text, language)
    dates = _new_dates(text, question_words)
    dated = {word for readings in dates for date in readings for word in date.words}
    dated |= {word for date in asked_dates(text) if question_words.has_date(date) for word in date.words}
    undated = [row for row in words.rows if row[0].lower() not in dated]
    name_forms = {form for form in _names(words.rows, language) if not question_words.has_name(form)}
    names = {form for _, form, _ in undated if form in name_forms}
    counted = [word for word, form, _ in undated if form not in _ONE]
    numbers = set(numbers_in(counted)) - question_words.numbers
    roots = _content_roots(words, language)
    name_roots = frozenset(stem for _, form, stem in words.rows if form in names)
    exact = {stem for word, _, stem in words.rows if number_in(word) or word.lower() in dated} | name_roots
    others = frozenset(stem for stem in roots - exact if stem not in question_words.roots)
    return _Content(roots, frozenset(names), name_roots, frozenset(numbers), dates, others)


_ONE = frozenset({"one", "ein", "eine", "eins", "один", "одна", "одно"})  # mostly no number: "one of them"


def _new_dates(text: str, question_words: _Words) -> tuple[tuple[AskedDate, ...], ...]:
    """Return the dates that the question does not have, each with all of its readings."""
    readings: dict[frozenset[str], list[AskedDate]] = {}
    for date in asked_dates(text):
        readings.setdefault(date.words, []).append(date)
    return tuple(tuple(dates) for dates in readings.values() if not any(map(question_words.has_date, dates)))


def _names(rows: Sequence[tuple[str, str, str]], language: str) -> Iterator[str]:
    """Yield the words of names, folded: capitalised ones, the first of the text only before another.

    German writes all nouns with capitals, so only capitalised words side by side are a name there.
    """
    capitalised = [_is_capitalised(word, form, language) for word, form, _ in rows]
    for n, (_, form, _) in enumerate(rows):
        if capitalised[n]:
            beside = n + 1 < len(rows) and (capitalised[n + 1] or rows[n + 1][1] == "s")
            beside_before = n > 0 and capitalised[n - 1]
            if beside or beside_before or (n > 0 and language != "de"):
                yield form


def _is_capitalised(word: str, form: str, language: str) -> bool:
    ordinary = form in STOP_WORDS or form in _TITLES or form in function_words(language)
    return word[0].isupper() and not ordinary and not number_in(word)


def _content_roots(words: _Words, language: str) -> frozenset[str]:
    ordinary = function_words(language)
    ordinary |= STOP_WORDS | _TITLES
    return frozenset(stem for _, form, stem in words.rows if form not in ordinary and not negations(form))


def _agrees(text: str, sentence: _Sentence, content: _Content, question: str) -> bool:
    """Tell whether each part of a statement denies something if, and only if, the part of the sentence like it does.

    A part may also deny, or not, what the question denies.
    """
    language = sentence.quotation.passage.language
    source_parts = _parts(sentence.quotation.led_text, language)
    asked_parts = [roots for part, roots in _parts(question, language) if negations(part)]
    for part, all_roots in _parts(text, language):
        if any(len(all_roots & question_words) >= _ALIKE * len(all_roots) for question_words in asked_parts):
            continue
        roots = all_roots & content.others or all_roots - content.name_roots or all_roots
        alike, source_part = max(((len(roots & other), name) for name, other in source_parts), default=(0, ""))
        denied, denied_there = negations(part), negations(source_part)
        if denied and (denied > denied_there or alike < _ALIKE * len(roots)):
            return False
        if denied_there and not denied and alike >= _ALIKE * len(roots):
            return False
    return True


def _parts(text: str, language: str) -> list[tuple[str, frozenset[str]]]:
    """Return what stands between commas and conjunctions, with the roots of its content words.

    What has no content word, such as "have not", belongs to what follows.
    """
    parts: list[tuple[str, frozenset[str]]] = []
    without_content = ""
    for part in _PART.split(_NO_NEGATION.sub("", text)):
        whole = f"{without_content} {part}"
        roots = _content_roots(_Words(whole, language), language)
        without_content = "" if roots else whole
        if roots:
            parts.append((whole, roots))
    return [*parts, (without_content, frozenset())] if negations(without_content) else parts


def _clauses(text: str) -> list[str]:
    """Split a statement at its conjunctions; a clause of few words belongs to the one before."""
    clauses: list[str] = []
    for clause in _CLAUSE.split(text):
        is_short = sum(word.lower() not in STOP_WORDS for word in raw_words(clause)) < _CLAUSE_WORDS
        if clauses and is_short:
            clauses[-1] = f"{clauses[-1]}, {clause}"
        else:
            clauses.append(clause)
    return clauses


def _computed(content: _Content, text: str, source: _Source) -> dict[str, tuple[int, int]]:
    """Return each number of years that a source does not have, with two years that differ by it."""
    spans: dict[str, tuple[int, int]] = {}
    for number in set(_YEARS.findall(text)) & (content.numbers - source.words.numbers):
        for sentence in source.sentences:
            years = sorted({int(year) for year in _YEAR.findall(sentence.quotation.led_text)})
            pairs = [(a, b) for a in years for b in years if b - a == int(number)]
            if pairs:
                spans.setdefault(number, pairs[0])
    return spans
