"""How the evidence of a panel becomes one ranking."""

from collections.abc import Mapping, Sequence

_OFFSET = 2.0  # how slowly a vote fades down a persona's list
_DEPTH = 20  # how far down a persona is heard


def fuse(rankings: Mapping[str, Sequence[int]], weights: Mapping[str, float]) -> dict[int, float]:
    """Weighted reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): passages with scores, best first.

    `rankings` holds each persona's passages, best first; a persona without a weight counts once. Scores are
    shares of what a passage would have that everyone ranks first, in [0, 1].
    """
    votes: dict[int, float] = {}
    for name, ranking in rankings.items():
        for place, number in enumerate(ranking[:_DEPTH], start=1):
            votes[number] = votes.get(number, 0.0) + weights.get(name, 1.0) / (_OFFSET + place)
    most = sum(weights.get(name, 1.0) for name in rankings) / (_OFFSET + 1)
    ordered = sorted(votes, key=lambda number: (-votes[number], number))
    return {number: votes[number] / most for number in ordered if votes[number] > 0}
