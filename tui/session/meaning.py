"""Passages by their meaning: the embedding model of a session, and the vectors of its library."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import LanguageModelError, OperationError

if TYPE_CHECKING:
    import numpy as np

    from engine.index.retriever import Retriever
    from engine.meaning.embedding_job import Embedded, OnEmbedded
    from engine.meaning.library_vectors import LibraryVectors
    from engine.meaning.similarity import SimilarPassages
    from engine.model.embedding import EmbeddingModel
    from engine.settings.settings import Settings
    from tui.session.library import ScopedLibrary

_PATIENCE = 3.0  # seconds that a question waits for its vector
_PAUSE = 60.0  # seconds after a failure in which the model is not asked again


class EmbeddingProgress(NamedTuple):
    """The embedding model, and how many of the passages have a vector; `problem` is why the job waits."""

    model: str
    done: int
    total: int
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether every passage has a vector."""
        return self.done == self.total


class Meaning:
    """Embeds the passages of the library in the background, and each question once.

    `progress` is None until an embedding model was found; each of `watchers` is called when it changes. With
    `is_wanted` False no model is asked.
    """

    def __init__(
        self, folder: Path, settings: Callable[[], "Settings"], library: "ScopedLibrary", *, is_wanted: bool = True
    ) -> None:
        self._folder, self._settings, self._library = folder / "meaning", settings, library
        self._asks_a_model = is_wanted
        self._model: EmbeddingModel | None = None
        self._vectors: LibraryVectors | None = None
        self._replaced: list[EmbeddingModel] = []  # a run may still use them
        self._requests: set[asyncio.Task[np.ndarray]] = set()
        self._connecting, self._embedding = asyncio.Lock(), asyncio.Lock()
        self._questions = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._silent_until = 0.0
        self._is_told = False
        self.progress: EmbeddingProgress | None = None
        self.watchers: list[Callable[[], None]] = []

    @property
    def is_wanted(self) -> bool:
        """Whether an embedding model is looked for at all."""
        return self._asks_a_model and self._settings().ollama.embedding_model != "none"

    async def connect(self) -> "tuple[EmbeddingModel, LibraryVectors]":
        """Return the embedding model and the vectors by it, always the same; for the session's event loop alone.

        Raises LanguageModelError if there is none.
        """
        async with self._connecting:  # a question may come while the background job connects
            if self._model is None or self._vectors is None:
                self._model, self._vectors = await self.connect_anew()
            return self._model, self._vectors

    async def connect_anew(self) -> "tuple[EmbeddingModel, LibraryVectors]":
        """Return the embedding model in a connection of its own, which the caller closes, and the vectors by it.

        Raises LanguageModelError if there is none.
        """
        from engine.model.embedding import connect_embedding  # noqa: PLC0415 - after the first paint

        if not self.is_wanted:
            raise LanguageModelError("no embedding model is wanted", hint="embedding_model or --model is none")
        model = await connect_embedding(self._settings().ollama, self._known_models())
        from engine.meaning.library_vectors import LibraryVectors  # noqa: PLC0415 - only with a model

        return model, LibraryVectors(self._folder, model.digest, model.as_passage)

    def _known_models(self) -> list[str]:
        """Return the beginnings of the digests of the models that the library has vectors of."""
        try:
            return sorted(path.parent.name for path in self._folder.glob("*/vectors"))
        except OSError:
            return []

    # -- the library --------------------------------------------------------------------------------------

    async def embed(self, progress: "OnEmbedded") -> "Embedded":
        """Embed every passage that has no vector. Raises LanguageModelError, LibraryError or StoreError."""
        from engine.meaning.embedding_job import embed_library  # noqa: PLC0415 - only with a model

        model, vectors = await self.connect()
        documents = self._library.documents
        async with self._embedding:  # a job that was cancelled for this one may still be ending
            return await embed_library(documents, vectors, model, progress=progress, may_go_on=self._may_go_on)

    async def keep_up(self) -> None:
        """Embed in the background what has no vector, until all have one or this is cancelled.

        Without a model it ends at once. After a failure it goes on a minute later; `progress` says so.
        """
        try:
            model, _ = await self.connect()
        except LanguageModelError:
            return
        while True:
            try:
                await self.embed(partial(self._tell, model.name))
            except OperationError as error:
                done, total = self.progress[1:3] if self.progress else (0, 0)
                self._tell(model.name, done, total, str(error))
                await asyncio.sleep(_PAUSE)
            else:
                return

    def _tell(self, model: str, done: int, total: int, problem: str = "") -> None:
        self.progress = EmbeddingProgress(model, done, total, problem)
        for watcher in self.watchers:
            watcher()

    async def _may_go_on(self) -> None:
        await self._idle.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Send no further request of the background job while a question runs."""
        self._questions += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._questions -= 1
            if not self._questions:
                self._idle.set()

    # -- a question ---------------------------------------------------------------------------------------

    async def similar(self, text: str, retriever: "Retriever") -> "tuple[SimilarPassages | None, tuple[str, ...]]":
        """Compare a question with the passages; return None and why, once, if the model does not answer in time.

        Without vectors, no server is asked.
        """
        if not self.is_wanted or time.monotonic() < self._silent_until or not self._known_models():
            return None, ()
        try:
            async with asyncio.timeout(_PATIENCE):
                model, vectors = await self.connect()
                vector = await asyncio.shield(self._request(model, text))
            similar = await asyncio.to_thread(vectors.similar, vector, retriever)
        except (OperationError, TimeoutError) as error:
            self._silent_until = time.monotonic() + _PAUSE
            reason = str(error) or f"the embedding model was silent for {_PATIENCE:g} seconds"
            reasons = () if self._is_told else (f"passages are not found by meaning: {reason}",)
            self._is_told = True
            return None, reasons
        self._is_told = False
        return similar, ()

    def _request(self, model: "EmbeddingModel", text: str) -> "asyncio.Task[np.ndarray]":
        """Ask for the vector of a question; the request goes on if nobody waits: a server would give up loading."""

        async def ask() -> "np.ndarray":
            row: np.ndarray = (await model.embed([model.as_question(text)]))[0]
            return row

        def forget(request: "asyncio.Task[np.ndarray]") -> None:
            self._requests.discard(request)
            if not request.cancelled():
                request.exception()  # or asyncio would complain that nobody looked

        request = asyncio.ensure_future(ask())
        self._requests.add(request)
        request.add_done_callback(forget)
        return request

    # -- the connection -----------------------------------------------------------------------------------

    def renew(self) -> None:
        """Look for the model anew at the next use."""
        if self._model is not None:
            self._replaced.append(self._model)
        self._model = self._vectors = self.progress = None
        self._silent_until = 0.0

    async def close(self) -> None:
        """Close all connections."""
        self.renew()
        for request in list(self._requests):
            request.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)
        models, self._replaced = self._replaced, []
        for model in models:
            await model.close()
