"""How near the passages of a library are to one question in meaning."""

from collections.abc import Callable

import numpy as np

from engine.documents.passages import Passage
from engine.index.retriever import Retriever


class SimilarPassages:
    """The cosines of a question with the passages of its scope, `numbers` with `cosines`.

    `cosine_of` gives that of a passage; None if it has no vector. Cosines differ between models and questions, so they
    count from the mean of all passages, 0, to the nearest one, 1.
    """

    def __init__(
        self, numbers: "np.ndarray", cosines: "np.ndarray", cosine_of: Callable[[Passage], float | None]
    ) -> None:
        self._numbers, self._cosines, self._cosine_of = numbers, cosines, cosine_of
        self._mean, self._best = float(cosines.mean()), float(cosines.max())

    def nearest(self, count: int, retriever: Retriever) -> list[int]:
        """Return the numbers of the nearest passages, the nearest first; of equal ones the lower number.

        A passage that the index has moved since is left out.
        """
        first = np.argpartition(-self._cosines, min(count, len(self._cosines)) - 1)[:count]
        order = first[np.lexsort((self._numbers[first], -self._cosines[first]))]
        return [
            number
            for number, cosine in zip(self._numbers[order].tolist(), self._cosines[order].tolist(), strict=True)
            if self._cosine_of(retriever.open(number).passage) == cosine
        ]

    def score(self, passage: Passage) -> float:
        """Return how near a passage is, in [0, 1]; 0 if it has no vector."""
        cosine = self._cosine_of(passage)
        span = self._best - self._mean
        return max(0.0, (cosine - self._mean) / span) if cosine is not None and span > 0 else 0.0
