"""Compute the features of a question for the gate's bandit, before any walk."""

import re

from engine.mixture.scoring import DEPTH
from engine.walk.neighbourhood import Neighbourhood

FEATURES = ("bias", "names", "named share", "chain", "comparison", "first-hit margin", "covered share", "link density")

_MANY_NAMES = 3
_LONG_CHAIN = 3
_MANY_LINKS = 40
_CHAIN = re.compile(r"\b(?:of|whose|that|which|where|who|by)\b|['\u2019]s\b", re.IGNORECASE)
_COMPARISON = re.compile(r"\b(?:or|both|same|than|older|younger|earlier|later|first|more|between)\b", re.IGNORECASE)


def question_features(neighbourhood: Neighbourhood) -> tuple[float, ...]:
    """Return one value in [0, 1] for each of `FEATURES`.

    A constant; the number of names and their share of the question; words that chain relations ("the wife *of* the man
    *who*"); whether it compares; the lead of the first plain hit over the second; the share of the question that the
    first five hits cover; the number of links out of the first hit.
    """
    question, first = neighbourhood.question, neighbourhood.first
    scores = [score for _, score in first[:2]]
    margin = 1 - scores[1] / scores[0] if len(scores) > 1 and scores[0] > 0 else 0.0
    roots = {root for number, _ in first[:DEPTH] for root in neighbourhood.open(number).indexed.roots}
    neighbourhood.expand(neighbourhood.likely_starts())
    links = len(neighbourhood.links(first[0][0])) if first else 0
    values = (
        1.0,
        len(question.names) / _MANY_NAMES,
        float(question.weights @ question.resolved) if question.terms else 0.0,
        (len(_CHAIN.findall(question.text)) - 1) / _LONG_CHAIN,
        float(_COMPARISON.search(question.text) is not None),
        margin,
        question.coverage(roots),
        links / _MANY_LINKS,
    )
    return tuple(round(min(1.0, max(0.0, value)), 4) for value in values)
