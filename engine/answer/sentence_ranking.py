"""Rank the sentences of the best passages by how likely they hold the answer.

A sentence has a few features (`FEATURES`), all in [0, 1]. The probability that it is the best one to show is a softmax
over the sentences of a question of a weighted sum of them: a conditional logit (McFadden 1974), whose weights were
fitted on questions with known answers by `python -m tests.trials.sentence_weights`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul
from statistics import median_low

from engine.answer.quotation import PASSAGES, Quotation, all_sentences
from engine.answer.tables.computation import TableAnswers
from engine.mixture.panel import Panel
from engine.question.answer_kind import AnswerKind, answer_kind
from engine.question.question_form import is_negated
from engine.text.names import name_runs, roots
from engine.text.words import raw_words
from engine.walk.links import LinkKind

_LIKED = 20.0  # value of a sentence that the user liked
_TITLE = 0.7  # degree to which a sentence covers a term that only the title or heading of its passage contains

_DATE = re.compile(
    r"\d{3,4}\b|\d{1,2}[:./-]\d\d|[年月日]|\b(?:Jan|Feb|M[aä]r|Apr|Ma[yi]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])[a-z]*\b"
    r"|\b(?:янв|фев|мар|апр|ма[яй]|июн|июл|авг|сен|окт|ноя|дек)\w*|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|half|twice"
    r"|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|hundert|tausend"
    r"|дв[ае]|три|четыре|пять|шесть|семь|восемь|девять|десять)\b|[一二三四五六七八九十百千万]",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|on|at|under|behind|beside|above|below|inside|near|next to|in front of|(?:left|right) of) "
    r"(?:the|a|my|our) (\w+)",
    re.IGNORECASE,
)
_PATTERNS = {
    AnswerKind.TIME: re.compile(rf"(?:(?:{_DATE.pattern}|\d+)[., ]*)+(?<![., ])"),
    AnswerKind.AMOUNT: re.compile(rf"[$€£]?\d[\d.,:/]*(?: ?(?:%|[^\W\d]+))?|{_NUMBER.pattern}", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted: the degree to which it covers each term, its features and its value.

    `position` counts the sentences of its passage, `steps` those of the walk to it; `links_to` are the passages among
    the best to which it links.
    """

    quotation: Quotation
    position: int
    steps: int
    covered: tuple[float, ...]
    links_to: frozenset[int]
    features: dict[str, float]
    value: float = 0.0


FEATURES: Mapping[str, float] = {
    "rank": 8.66,  # of its passage, in the panel's ranking, as a share of the best
    "by names": 1.84,  # share of the best that its passage has in the walks by names
    "by names, titles": 3.97,  # times the share of the question's weight in titles that it names
    "search rank": -3.92,  # of its passage in a plain search, as 1 / rank
    "best passage": -2.01,  # of the panel
    "covered": 3.01,  # share of the question's weight that its words cover
    "covered with title": -4.08,  # with those of its titles and heading
    "covered at best": 3.56,  # that share relative to the best sentence's
    "relation": 1.25,  # share of the weight outside names that its words cover
    "completes": 1.80,  # share that the best covering sentence lacks, if its passage was reached by a link
    "pairs": 1.00,  # share of neighbouring terms of the question that are near each other in it
    "covered before": 0.93,  # share that the sentence before it covers
    "covered after": 0.46,  # share that the sentence after it covers
    "first hit, no title": 3.08,  # times the share of the question's weight outside titles that it names
    "reached": 0.94,  # its passage was reached by a link, not by search
    "opens": 0.66,  # it is the first of its passage
    "new number": 2.39,  # an amount is asked for, and it has one that is not in the question
    "new date": 3.01,  # a time is asked for
    "new name of a person": 2.27,  # a person is asked for, and it has a name that is not in the question
    "new name of a place": 3.81,
    "new name": 0.64,  # something else is asked for
    "question": -0.61,  # it is a question itself
    "denial": 1.50,  # the question denies something and it does, too: set by hand, too few such questions
}


def ranked_sentences(panel: Panel, ranking: Mapping[int, float]) -> list[Candidate]:
    """Return the sentences of the best passages of a ranking as `SentenceRanker.ranked` does."""
    return SentenceRanker(panel).ranked(ranking)


def answering_spans(candidate: Candidate, question: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of the source that most likely hold the answer: a new date or amount, or the whole sentence."""
    quotation, pattern = candidate.quotation, _PATTERNS.get(answer_kind(question))
    asked = {word.lower() for word in raw_words(question)}
    matches = pattern.finditer(quotation.text) if pattern else ()
    new = [m.span() for m in matches if not asked.issuperset(word.lower() for word in raw_words(m[0]))]
    spans = new or [(0, len(quotation.text))]
    return tuple((quotation.start + a, quotation.start + b) for a, b in spans)


class SentenceRanker:
    """Ranks the sentences of a panel's passages for its question; a passage is read once for all rankings.

    `tables` has what the tables among them answer.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel, self._question, self.tables = panel, panel.question, TableAnswers(panel)
        self._search_rank = {number: 1 / n for n, (number, _) in enumerate(panel.neighbourhood.first, start=1)}
        self._steps = _steps_to(panel)
        self._in_titles = self._question.in_titles()
        self._kind = answer_kind(self._question.text)
        self._denies = is_negated(self._question.text)
        self._asked = {word.lower() for word in raw_words(self._question.text)}
        self._drafts: dict[int, list[Candidate]] = {}

    def ranked(self, ranking: Mapping[int, float]) -> list[Candidate]:
        """Return the sentences of the best passages of a ranking, by value; ties as in the ranking.

        Headings and what the user disliked are left out; what the user liked comes first.
        """
        best = list(ranking)[:PASSAGES]
        self.panel.neighbourhood.expand(best)
        drafts = [(number, draft) for number in best for draft in self._drafts_of(number)]
        most = max((draft.features["covered with title"] for _, draft in drafts), default=0.0) or 1.0
        anchor = max((draft.covered for _, draft in drafts), key=self._question.share, default=())
        lacking = [w * (1 - degree) for w, degree in zip(self._question.weights.tolist(), anchor, strict=False)]
        all_lacking = sum(lacking) or 1.0
        top = max(ranking.values(), default=1.0) or 1.0
        walked = self.panel.walked(self.panel.voices)
        most_walked = max(walked.values(), default=1.0)
        candidates = []
        for number, draft in drafts:
            if (judged := self._judged(draft.quotation)) is False:
                continue
            features = draft.features | {
                "rank": ranking[number] / top,
                "by names": walked.get(number, 0.0) / most_walked,
                "by names, titles": self._in_titles * walked.get(number, 0.0) / most_walked,
                "best passage": float(number == best[0]),
                "completes": draft.features["reached"] * sum(map(mul, lacking, draft.covered)) / all_lacking,
                "covered at best": draft.features["covered with title"] / most,
            }
            value = sum(weight * features[name] for name, weight in FEATURES.items()) + (_LIKED if judged else 0.0)
            links = draft.links_to.intersection(best)
            candidates.append(replace(draft, links_to=links, features=features, value=value))
        return sorted(candidates, key=lambda candidate: -candidate.value)

    def _judged(self, quotation: Quotation) -> bool | None:
        """Tell whether the user liked the words; None if they were not judged."""
        place = quotation.passage.id, quotation.start, quotation.end
        return next((mark.liked for mark in self.panel.marks if mark.overlaps(*place)), None)

    def _drafts_of(self, number: int) -> list[Candidate]:
        if number not in self._drafts:
            self._drafts[number] = list(self._read(number))
        return self._drafts[number]

    def _read(self, number: int) -> Iterator[Candidate]:
        """Yield each sentence of a passage with the features that do not depend on the ranking, and all its links."""
        passage, question = self.panel.passage(number), self._question
        sentences = list(all_sentences(number, passage))
        titles = " ".join((passage.headline, *passage.aliases))
        by_title = [_TITLE * degree for degree in question.covered(roots(titles, passage.language))]
        sentence_roots = [roots(sentence.legible_text, passage.language) if sentence else [] for sentence in sentences]
        covered = [question.covered(words) for words in sentence_roots]
        shares = [question.share(degrees) for degrees in covered]
        links, steps, search_rank = self._links(number), self._steps.get(number, 0), self._search_rank.get(number, 0.0)
        shared = {
            "search rank": search_rank,
            "first hit, no title": (search_rank == 1.0) * (1 - self._in_titles),
            "reached": float(steps > 0),
        }
        first = next((position for position, sentence in enumerate(sentences) if sentence), 0)
        for position, sentence in enumerate(sentences):
            if sentence is None:
                continue
            titled = [max(pair) for pair in zip(covered[position], by_title, strict=True)]
            features = shared | {
                "covered": shares[position],
                "covered with title": question.share(titled),
                "relation": self._relation_share(covered[position]),
                "pairs": self._pairs(sentence_roots[position]),
                "covered before": shares[position - 1] if position else 0.0,
                "covered after": shares[position + 1] if position + 1 < len(shares) else 0.0,
                "opens": float(position == first),
            }
            features |= self._form(sentence)
            degrees = tuple(titled if shares[position] else covered[position])
            yield Candidate(sentence, position, steps, degrees, frozenset(links[position]), features)

    def _form(self, sentence: Quotation) -> dict[str, float]:
        """Return the features of what a sentence has that the question has not, and of its form."""
        raw = raw_words(sentence.text)
        rest = " ".join(word for word in raw if word.lower() not in self._asked)
        new = {
            "new number": self._kind is AnswerKind.AMOUNT and _NUMBER.search(rest),
            "new date": self._kind is AnswerKind.TIME and _DATE.search(rest),
            "new name of a person": self._kind is AnswerKind.PERSON and self._has_new_name(raw),
            "new name of a place": self._kind is AnswerKind.PLACE
            and (self._has_new_name(raw) or self._has_new_place(sentence.text)),
            "new name": self._kind in {AnswerKind.OTHER, AnswerKind.YES_NO} and self._has_new_name(raw),
            "denial": self._denies and is_negated(sentence.text),
            "question": sentence.text.rstrip().endswith(("?", "\uff1f", "\u061f")),
        }
        return {name: float(bool(value)) for name, value in new.items()}

    def _has_new_name(self, raw: list[str]) -> bool:
        return any(
            start > 0 and any(word.lower() not in self._asked for word in raw[start:end])
            for start, end in name_runs(raw)
        )

    def _has_new_place(self, text: str) -> bool:
        """Tell whether a text has words such as "in the garage" with a noun that is not in the question."""
        return any(match[1].lower() not in self._asked for match in _PLACE.finditer(text))

    def _pairs(self, words: Sequence[str]) -> float:
        """Return the share of neighbouring terms of the question that are near each other in these words."""
        near = self._question.near_pairs(self._question.positions(words))
        return sum(near) / len(near) if near else 0.0

    def _links(self, number: int) -> dict[int, set[int]]:
        links: dict[int, set[int]] = defaultdict(set)
        for link in self.panel.neighbourhood.links(number):
            if link.kind is not LinkKind.BACK:
                links[link.figures.sentence].add(link.target.number)
        return links

    def _relation_share(self, degrees: Sequence[float]) -> float:
        rows = zip(self._question.weights.tolist(), self._question.in_names, strict=True)
        outside = [weight * (not named) for weight, named in rows]
        return float(sum(map(mul, outside, degrees)) / (sum(outside) or 1.0))


def _steps_to(panel: Panel) -> dict[int, int]:
    """Return the length of the best path to each passage, as the median over the personas."""
    steps: dict[int, list[int]] = {}
    for walk in panel.walks.values():
        best: dict[int, tuple[float, int]] = {}
        for path in walk.paths:
            best[path.nodes[-1]] = max(best.get(path.nodes[-1], (0.0, 0)), (path.value, len(path.nodes) - 1))
        for number, (_, count) in best.items():
            steps.setdefault(number, []).append(count)
    return {number: median_low(counts) for number, counts in steps.items()}
