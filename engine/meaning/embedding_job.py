"""Embed the passages that have no vector yet, in batches, with as many requests at a time as the hosts take."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from engine.index.library import Library
from engine.index.passage_index import PassageIndex
from engine.meaning.library_vectors import Batch, Files, LibraryVectors
from engine.model.embedding import EmbeddingModel

BATCH = 16  # texts of a request: a question waits for one request at most
OnEmbedded = Callable[[int, int], None]
"""Called with the number of passages that have a vector, and of all passages."""


class Embedded(NamedTuple):
    """How many passages have a vector, of how many."""

    done: int
    total: int


async def _at_once() -> None:
    """Wait for nothing: the default."""


async def embed_library(
    library: Library,
    vectors: LibraryVectors,
    model: EmbeddingModel,
    *,
    progress: OnEmbedded = lambda _done, _total: None,
    may_go_on: Callable[[], Awaitable[None]] = _at_once,
) -> Embedded:
    """`embed_passages` of the whole library as it is on disk. Raises LibraryError, too."""
    await asyncio.to_thread(library.retriever)
    files = library.indexed_files
    return await embed_passages(library.index, files, vectors, model, progress=progress, may_go_on=may_go_on)


async def embed_passages(
    index: PassageIndex,
    files: Files,
    vectors: LibraryVectors,
    model: EmbeddingModel,
    *,
    progress: OnEmbedded = lambda _done, _total: None,
    may_go_on: Callable[[], Awaitable[None]] = _at_once,
) -> Embedded:
    """Embed the passages of these files that have no vector, and return how many have one then.

    Each batch is kept as soon as it is there, so that a job that was killed or cancelled goes on where it was.
    `may_go_on` is awaited before each request. Raises LanguageModelError, StoreError, or LibraryError while another
    session embeds.
    """
    cancelled = threading.Event()
    try:
        with vectors.writing():
            survey = partial(vectors.survey, index, files, cancelled.is_set)
            done, total = await asyncio.to_thread(survey)
            progress(done, total)
            if done < total:
                await _embed_missing(index, vectors, model, may_go_on, partial(_count, [done], total, progress))
                done, total = await asyncio.to_thread(survey)
            await _written(vectors.tidy)
        progress(done, total)
        return Embedded(done, total)
    finally:
        cancelled.set()


async def _written(write: Callable[[], None]) -> None:
    """Write in a thread; cancelling waits for the end of that, because another job may write then."""
    writing = asyncio.ensure_future(asyncio.to_thread(write))
    try:
        await asyncio.shield(writing)
    finally:
        await asyncio.gather(writing, return_exceptions=True)


def _count(done: list[int], total: int, progress: OnEmbedded, added: int) -> None:
    done[0] = min(total, done[0] + added)
    progress(done[0], total)


async def _embed_missing(
    index: PassageIndex,
    vectors: LibraryVectors,
    model: EmbeddingModel,
    may_go_on: Callable[[], Awaitable[None]],
    embedded: Callable[[int], None],
) -> None:
    """Embed all missing texts; the first failure ends the job."""
    batches, reading, writing = vectors.missing(index, BATCH), asyncio.Lock(), asyncio.Lock()

    async def next_batch() -> Batch | None:
        async with reading:
            return await asyncio.to_thread(next, batches, None)

    async def work() -> None:
        while True:
            await may_go_on()
            if (batch := await next_batch()) is None:
                return
            rows = await model.embed(batch.texts)
            async with writing:
                await _written(partial(vectors.add, batch, rows))
            embedded(len(batch.keys))

    workers = [asyncio.ensure_future(work()) for _ in range(model.at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
