# ruff: noqa: E501 - words of several languages
"""Measures which statements of a model keep a citation: true ones, and true ones with something changed.

The statements are made from the sentences of gold passages and from known answers, without a model and without chance.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import regex

from engine.answer.citations import NO_SOURCE, resolve_citations
from engine.answer.quotation import Quotation, sentences
from engine.bench.answers import holds
from engine.bench.dataset import Dataset, Query, indexed
from engine.index.catalogue import Progress
from engine.index.retriever import Retriever
from engine.question.answer_kind import AnswerKind, answer_kind
from engine.question.question import read_question
from engine.run.answering import CONTEXT_PASSAGES
from engine.text.dates import asked_dates
from engine.text.names import root
from engine.text.numbers import numbers_in
from engine.text.words import STOP_WORDS, raw_words, stems

_INVENTED = {
    "Latin": ("Orvel Tazmirek", "Quenda Brostholm", "Ilvar Penquist", "Madrek Uvelsson"),
    "Cyrillic": ("Орвел Тазмирек", "Квенда Бростхольм", "Ильвар Пенквист", "Мадрек Увельсон"),
    "Han": ("塔兹米雷克", "奎恩布罗斯", "伊尔瓦彭奎", "马德雷乌维"),
}
_WORD = r"\p{Lu}[\p{L}\p{M}]+(?:['\u2019-]\p{L}+)*"
_NAME = regex.compile(rf"\b{_WORD}(?:[ \u00a0]{_WORD})*")
_NUMBER = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,:/-])\d{1,4}(?![\w.:/-]*\w)")
_YEAR = re.compile(r"[12]\d{3}")
_QUESTION_WORD = re.compile(
    r"\b(?:who|whom|what|which|when|where|why|how (?:many|much|long|old|far)|how|wer|wen|wem|was|welche[rsnm]?|wann|wo|wie viele?|wie"
    r"|warum|кто|что|какой|какая|какое|какие|когда|где|сколько|почему|как)\b|什么|谁|哪[里个年]?|多少|何时",
    re.IGNORECASE,
)
_ENGLISH_VERB = re.compile(
    r"\b(?:was|is|are|were|has|have|had|can|could|will|would|did|does|may|must|should)\b"
    r"(?! not\b| just\b| only\b|[n\u2019']+t)"
)
_GERMAN_VERB = re.compile(
    r"\b(?:ist|war|sind|waren|hat|haben|hatten?|wurden?|kann|konnten?|wird|werden)\b(?! (?:nicht|kein|nur|aber))(?!\s*[.,;:!?\u201c\"])"
)
_VERB_AFTER = re.compile(
    r"\b(?:был[аои]?|является|являются|может|могут|имеет|имеют|стал[аои]?)\b|(?<![不并总还都])是(?!否)|(?<![没所还])有(?![些限权])"
)
_CHINESE = {"是": "不是", "有": "没有"}
_YES_NO = {"yes": "Yes", "no": "No"}


@dataclass(frozen=True, slots=True)
class GroundingRow:
    """A kind of change on a data set: statements `tried`, and the share of them, in percent, that keep a citation."""

    dataset: str
    change: str
    tried: int
    kept: float


@dataclass(frozen=True)
class _Case:
    """A question with the passages that a model would answer from, the gold ones first."""

    query: Query
    passages: tuple[Quotation, ...]

    @property
    def gold(self) -> list[Quotation]:
        return [quotation for quotation in self.passages if quotation.passage.id in self.query.gold]

    @cached_property
    def true_sentences(self) -> list[str]:
        """Return the sentences of the gold passages in one line each, those with an answer, then the question's words."""
        asked = {root(stem) for stem in stems(self.query.question)}
        texts = [q.text for gold in self.gold for q in sentences(gold.number, gold.passage) if len(q.text) > _SHORTEST]
        rank = {text: (holds(text, self.query.answers), len(asked & {*map(root, stems(text))})) for text in texts}
        return [" ".join(text.split()) for text in sorted(texts, key=lambda text: rank[text], reverse=True)]

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers in the passages and the question."""
        texts = [self.query.question, *(f"{q.passage.headline} {q.passage.about} {q.text}" for q in self.passages)]
        return frozenset(number for text in texts for number in numbers_in(raw_words(text)))


Match = re.Match[str] | regex.Match[str]
_SHORTEST = 30  # characters of a sentence that says something
Change = Callable[[str, _Case], str]
"""Makes a statement of a true sentence and its case; empty if the sentence has nothing to change."""


def measure_grounding(
    dataset: Dataset, *, progress: Progress = lambda _done, _total, _label: None
) -> list[GroundingRow]:
    """Return a row for each kind of change, with at most one statement a question."""
    results: dict[str, list[bool]] = {name: [] for name in CHANGES}
    with indexed(dataset) as library:
        for count, query in enumerate(dataset.queries, start=1):
            progress(count, len(dataset.queries), f"{dataset.name} grounding")
            case = _case(query, library.library(query), dataset)
            for name, statement in _statements(case):
                results[name].append(_keeps(statement, case))
    return [
        GroundingRow(dataset.name, name, len(keeps), round(100 * sum(keeps) / len(keeps), 2))
        for name, keeps in results.items()
        if keeps
    ]


def _case(query: Query, library: Retriever, dataset: Dataset) -> _Case:
    """Return the question with its gold passages and others that a plain search finds, as many as a model reads."""
    hits = library.search(read_question(query.question, library).search_terms(), CONTEXT_PASSAGES + len(query.gold))
    searched = [library.open(number).passage for number, _ in hits]
    gold = [line.passage for line in dataset.passages if line.id in query.gold and line.group == query.group]
    others = [passage for passage in searched if passage.id not in query.gold]
    passages = [*gold, *others][: max(CONTEXT_PASSAGES, len(gold))]
    return _Case(query, tuple(Quotation(n, p, p.start, p.end) for n, p in enumerate(passages)))


def _statements(case: _Case) -> Iterator[tuple[str, str]]:
    texts = case.true_sentences
    for name, change in CHANGES.items():
        statement = next(filter(None, (change(text, case) for text in texts)), "")
        if statement:
            yield name, statement


def _keeps(statement: str, case: _Case) -> bool:
    answer = resolve_citations(statement, case.passages, case.query.question)
    return bool(answer.citations) and NO_SOURCE not in answer.answer


# -- the changes ------------------------------------------------------------------------------------------


def _restated(_text: str, case: _Case) -> str:
    """State the question with an answer in the place of its question word."""
    answers = [a for a in case.query.answers if any(holds(q.text, [a]) for q in case.gold)]
    if not answers or answer_kind(case.query.question) is AnswerKind.YES_NO:
        return ""
    question = case.query.question.rstrip("?\uff1f ")
    if _QUESTION_WORD.search(question):
        return f"{_QUESTION_WORD.sub(lambda _: answers[0], question, count=1)}."
    return f"{question}: {answers[0]}."


def _other_number(text: str, case: _Case) -> str:
    dated = {word for date in asked_dates(text) for word in date.words}
    for match in _NUMBER.finditer(text):
        if match[0] not in dated and match.start() > 0:
            return _replaced(text, match, _new_number(match[0], case))
    return ""


def _other_date(text: str, case: _Case) -> str:
    """Change the year of a date, or its day if it has no year."""
    for date in asked_dates(text):
        numbers = [match for match in _NUMBER.finditer(text) if match[0] in date.words]
        for match in sorted(numbers, key=lambda match: not _YEAR.fullmatch(match[0])):
            return _replaced(text, match, _new_number(match[0], case))
    return ""


def _new_number(number: str, case: _Case) -> str:
    """Return the next higher number that stands in no passage; a day stays a day."""
    value = int(number.replace(",", ""))
    candidates = [value + k for k in range(1, 200)] + [max(0, value - k) for k in range(1, 30)]
    new = next(candidate for candidate in candidates if str(candidate) not in case.numbers)
    return f"{new:,}" if "," in number else str(new)


def _names(text: str) -> list[Match]:
    """Return the names in a sentence: capitalised words, at its beginning and in German at least two."""
    return [
        match
        for match in _NAME.finditer(text)
        if (match.start() > 0 or " " in match[0]) and match[0].split()[0].lower() not in STOP_WORDS
    ]


def _is_german(case: _Case) -> bool:
    return case.passages[0].passage.language == "de"


def _replaceable(text: str, case: _Case) -> list[Match]:
    return [match for match in _names(text) if " " in match[0] or not _is_german(case)]


def _other_name(text: str, case: _Case) -> str:
    """Put another name of the gold passages in the place of the first name that the question has not."""
    taboo = f"{text} {case.query.question} {' '.join(case.query.answers)}"
    others = [match[0] for gold in case.gold for match in _replaceable(" ".join(gold.text.split()), case)]
    new = next((name for name in others if " " in name and name not in taboo), "")
    names = [match for match in _replaceable(text, case) if match[0] not in case.query.question]
    return _replaced(text, names[0], new) if names and new else ""


def _invented_name(text: str, case: _Case) -> str:
    """Put an invented name in the place of the answer, or of a name."""
    is_named = re.compile(
        "|".join(re.escape(a) for a in sorted(case.query.answers, key=len, reverse=True) if a) or "$^"
    )
    answers = [match for match in is_named.finditer(text) if _script_of(match[0]) == "Han"]
    names = [*answers] or _replaceable(text, case)
    if not names:
        return ""
    invented = _INVENTED[_script_of(names[0][0])]
    return _replaced(text, names[0], invented[crc32(case.query.id.encode()) % len(invented)])


def _script_of(text: str) -> str:
    return next((name for name in ("Han", "Cyrillic") if regex.search(rf"\p{{{name}}}", text)), "Latin")


def _negated(text: str, case: _Case) -> str:
    is_german = _is_german(case)
    if match := (_GERMAN_VERB if is_german else _ENGLISH_VERB).search(text):
        return f"{text[: match.end()]} {'nicht' if is_german else 'not'}{text[match.end() :]}"
    if match := _VERB_AFTER.search(text):
        return _replaced(text, match, _CHINESE.get(match[0], f"не {match[0]}"))
    return ""


def _answered_yes_or_no(text: str, case: _Case) -> str:
    """Answer a yes-no question in a word; put "Yes." before the true sentence of any other question."""
    reply = next((_YES_NO[a.lower()] for a in case.query.answers if a.lower() in _YES_NO), "")
    return f"{reply}." if reply else f"Yes. {text}"


def _swapped_roles(text: str, case: _Case) -> str:
    names = _replaceable(text, case)
    second = next((match for match in names[1:] if match[0] != names[0][0]), None)
    if second is None:
        return ""
    first = names[0]
    return f"{text[: first.start()]}{second[0]}{text[first.end() : second.start()]}{first[0]}{text[second.end() :]}"


def _replaced(text: str, match: Match, new: str) -> str:
    return f"{text[: match.start()]}{new}{text[match.end() :]}"


CHANGES: dict[str, Change] = {
    "none": lambda text, _case: text,
    "restated": _restated,
    "number": _other_number,
    "date": _other_date,
    "name": _other_name,
    "invented name": _invented_name,
    "negation": _negated,
    "yes/no": _answered_yes_or_no,
    "swapped roles": _swapped_roles,
}
