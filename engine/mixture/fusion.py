"""Combine the rankings of a panel into one: votes by rank, then support along the links."""

from collections.abc import Callable, Mapping, Sequence

HEARD = 20  # passages of a persona's ranking that count
_OFFSET = 2.0  # of the rank in a vote; with a higher one, votes fall more slowly down the ranking
_SUPPORTERS = 6  # passages with most votes, which support those to which they are linked
_SUPPORT = 0.5  # share of a supporter's votes that a link of strength 1 adds

Links = Callable[[int], Mapping[int, float]]


def fuse(rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float]) -> dict[int, float]:
    """Return passages with scores, best first, by weighted reciprocal rank fusion.

    Cormack, Clarke and Büttcher, SIGIR 2009. `rankings` holds each persona's passages, best first; the default weight
    is 1. Scores are in [0, 1]: 1 for a passage that all personas rank first.
    """
    votes: dict[int, float] = {}
    for name, ranking in rankings.items():
        for rank, number in enumerate(ranking[:HEARD], start=1):
            votes[number] = votes.get(number, 0.0) + weights.get(name, 1.0) / (_OFFSET + rank)
    most = sum(weights.get(name, 1.0) for name in rankings) / (_OFFSET + 1)
    return _ordered({number: vote / most for number, vote in votes.items() if vote > 0})


def supported(votes: Mapping[int, float], links: Links) -> dict[int, float]:
    """Return the ranking after the passages with most votes have supported those to which they are linked.

    `votes` are in [0, 1], best first; `links(passage)` gives the strength of its links by target, in [0, 1]. A passage
    gains by the best of its links to one of the first six; scores stay in [0, 1].
    """
    first = list(votes)[:_SUPPORTERS]
    best = dict.fromkeys(votes, 0.0)
    for supporter in first:
        for target, strength in links(supporter).items():
            if target in best:
                best[target] = max(best[target], strength * votes[supporter])
            if target in first:  # a link supports at both ends
                best[supporter] = max(best[supporter], strength * votes[target])
    return _ordered({number: (vote + _SUPPORT * best[number]) / (1 + _SUPPORT) for number, vote in votes.items()})


def _ordered(scores: Mapping[int, float]) -> dict[int, float]:
    return {number: scores[number] for number in sorted(scores, key=lambda number: (-scores[number], number))}
