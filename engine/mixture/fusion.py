"""How the evidence of a panel becomes one ranking: votes by rank, then support along the links."""

from collections.abc import Callable, Mapping, Sequence

HEARD = 20  # how far down a persona is heard
_OFFSET = 2.0  # how slowly a vote fades down a persona's list
_SUPPORTERS = 6  # passages with most votes, which support what they are linked to
_SUPPORT = 0.5  # what the strongest such link adds, as a share of the supporter's votes

Links = Callable[[int], Mapping[int, float]]


def fuse(rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float]) -> dict[int, float]:
    """Weighted reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): passages with scores, best first.

    `rankings` holds each persona's passages, best first; a persona without a weight counts once. Scores are
    shares of what a passage would have that everyone ranks first, in [0, 1].
    """
    votes: dict[int, float] = {}
    for name, ranking in rankings.items():
        for place, number in enumerate(ranking[:HEARD], start=1):
            votes[number] = votes.get(number, 0.0) + weights.get(name, 1.0) / (_OFFSET + place)
    most = sum(weights.get(name, 1.0) for name in rankings) / (_OFFSET + 1)
    return _ordered({number: vote / most for number, vote in votes.items() if vote > 0})


def supported(votes: Mapping[int, float], links: Links) -> dict[int, float]:
    """The ranking that `votes` make when passages with most of them support those they are linked to.

    `votes` are in [0, 1], best first; `links` tells for a passage the strength of its links by target, each in
    [0, 1]. A passage gains by the best of its links to one of the first six; scores stay in [0, 1].
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
