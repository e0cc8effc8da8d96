"""Decide whether the best passages answer a question, apart from which sentences are quoted.

The log odds of an answer are a weighted sum (`_WEIGHTS`) of what the passages have of the question: a logistic
regression, fitted on questions with an answer and on questions without one.
"""

from collections.abc import Iterable, Mapping, Sequence

from engine.answer.quotation import PASSAGES, Quotation
from engine.answer.sentence_ranking import Candidate
from engine.mixture.panel import Panel
from engine.question.answer_kind import asked_noun
from engine.question.question import Question
from engine.text.names import root, roots
from engine.text.words import is_unspaced, normalised, raw_words, stems

_WEIGHTS = {
    "sentence": 6.44,  # highest share of the question's weight that a sentence, or two that are linked, cover
    "passage": -1.01,  # highest share that a passage covers
    "noun": 1.24,  # share of the asked noun, such as "colour" in "what colour", that this passage covers
    "pairs": 0.92,  # highest share of neighbouring terms of the question that are near each other in a sentence
    "unknown": -3.45,  # weight of words that the library never uses
}
_CHAIN = 0.85  # worth of a share that two linked sentences cover together, as of one that a sentence covers
_BIAS = -2.6  # at most 5 % of the answerable questions of each data set stay below zero


def is_answerable(panel: Panel, ranking: Mapping[int, float], candidates: Sequence[Candidate]) -> bool:
    """Tell whether the best passages of a ranking, whose sentences are `candidates`, probably answer the question.

    They never do if the question has a name with a word that the library never uses.
    """
    if not candidates or panel.question.unknown_names:
        return False
    question = panel.question
    covered = [question.covered(panel.roots_of([number])) for number in list(ranking)[:PASSAGES]]
    shares = list(map(question.share, covered))
    values = {
        "sentence": max(
            *(c.features["covered with title"] for c in candidates), _CHAIN * _chain_share(question, candidates)
        ),
        "passage": max(shares),
        "noun": _noun_share(question, covered[shares.index(max(shares))]),
        "pairs": max(candidate.features["pairs"] for candidate in candidates),
        "unknown": question.unknown_weight,
    }
    return sum(weight * values[name] for name, weight in _WEIGHTS.items()) + _BIAS > 0


def _chain_share(question: Question, candidates: Sequence[Candidate]) -> float:
    """Return the highest share of the question that a sentence and one reached from elsewhere by a link cover."""
    anchors = [c.covered for c in candidates if not c.features["reached"]]
    ends = [c.covered for c in candidates if c.features["reached"]]
    if not (anchors and ends):
        return 0.0
    import numpy as np  # noqa: PLC0415 - 100 ms that the first paint does not need

    pairs = np.maximum(np.array(anchors)[:, None], np.array(ends)[None])
    return float((pairs @ question.weights).max())


def uncovered(question: Question, quotations: Iterable[Quotation]) -> tuple[str, ...]:
    """Return the words of a question, as typed, of which the quotations and their titles have nothing.

    These are words that the library never uses, and words of names. What was computed from a table leaves none.
    """
    quotations = list(quotations)
    if any(quotation.computed for quotation in quotations):
        return ()
    texts = ((f"{q.passage.headline} {q.passage.about} {q.led_text}", q.passage.language) for q in quotations)
    degrees = question.covered({word for text, language in texts for word in roots(text, language)})
    rows = zip(question.forms, question.in_names, degrees, strict=True)
    absent = {form for forms, in_name, degree in rows if in_name and not degree for form in forms}
    absent.update(question.unknown)
    words = dict.fromkeys(
        word for word in raw_words(question.text) if absent.intersection(stems(word, question.language))
    )
    return tuple(_as_typed(words, normalised(question.text)))


def _as_typed(words: Iterable[str], text: str) -> list[str]:
    """Join the pairs of characters of scripts without spaces to what stands in the text."""
    joined: list[str] = []
    for word in words:
        if is_unspaced(word) and any(word in earlier for earlier in joined):
            continue
        longer = joined[-1] + word[1:] if joined and is_unspaced(word) and joined[-1][-1] == word[0] else ""
        if longer and longer in text:
            joined[-1] = longer
        else:
            joined.append(word)
    return joined


def _noun_share(question: Question, degrees: Sequence[float]) -> float:
    """Return the share of the asked noun that these degrees of the terms cover; 1 if the question has none."""
    stemmed = [stem for word in asked_noun(question.text) for stem in stems(word, question.language)]
    asked = set(map(root, stemmed))
    numbers = [n for n, forms in enumerate(question.forms) if not asked.isdisjoint(map(root, forms))]
    unknown = sum(stem in question.unknown for stem in stemmed)
    return sum(degrees[n] for n in numbers) / (len(numbers) + unknown) if numbers or unknown else 1.0
