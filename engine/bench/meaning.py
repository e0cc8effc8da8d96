"""Embed a data set and its questions, so that a panel can be measured with an embedding model."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bench.dataset import Indexed
from engine.index.catalogue import KnownFile, Progress
from engine.index.index_writer import EVERYTHING
from engine.index.retriever import Retriever
from engine.meaning.embedding_job import BATCH, embed_passages
from engine.meaning.library_vectors import LibraryVectors
from engine.model.embedding import EmbeddingModel

if TYPE_CHECKING:
    import numpy as np

    from engine.meaning.similarity import SimilarPassages

FindSimilar = Callable[[str, Retriever], "SimilarPassages | None"]
"""Compares a question of the data set with passages by meaning."""


async def embed_dataset(library: Indexed, model: EmbeddingModel, folder: Path, progress: Progress) -> FindSimilar:
    """Embed the passages that have no vector in `folder` yet, and all questions. Raises LanguageModelError."""
    dataset = library.dataset
    vectors = LibraryVectors(folder / dataset.name, model.digest, model.as_passage)
    counts = Counter(line.group or EVERYTHING for line in dataset.passages)
    groups = {group: KnownFile(0, 0, count) for group, count in counts.items()}
    label = f"{dataset.name}: embedding"
    await embed_passages(library.index, groups, vectors, model, progress=lambda done, all_: progress(done, all_, label))
    questions = [query.question for query in dataset.queries]
    by_question: dict[str, np.ndarray] = {}
    for start in range(0, len(questions), BATCH):
        batch = questions[start : start + BATCH]
        by_question.update(zip(batch, await model.embed([*map(model.as_question, batch)]), strict=True))
    return lambda question, retriever: vectors.similar(by_question[question], retriever)
