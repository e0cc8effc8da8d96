"""Embed texts with a model on the Ollama servers: a vector for each, near to that of a text with a like meaning."""

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from engine.errors import LanguageModelError
from engine.model.faults import BusyError, clean, explain, failures, is_of_server
from engine.model.host_pool import HostPool
from engine.model.hosts import Host, close_hosts, reach
from engine.model.installed_models import EMBED, ask_hosts, choose, models_of
from engine.settings.settings import Ollama

if TYPE_CHECKING:
    import numpy as np
    import ollama

MOST_CHARACTERS = 8000  # of a text that is sent: no common model reads more
_BUSY_WAIT = 1.0  # seconds before a busy server is asked again
_PREFIXES = {  # what a model was trained to read before a question and a passage, by a part of its name
    "nomic-embed": ("search_query: ", "search_document: "),
    "embeddinggemma": ("task: search result | query: ", "title: none | text: "),
    "mxbai-embed": ("Represent this sentence for searching relevant passages: ", ""),
    "snowflake-arctic-embed": ("Represent this sentence for searching relevant passages: ", ""),
    "snowflake-arctic-embed2": ("query: ", ""),
    "qwen3-embedding": (
        "Instruct: Given a search query, retrieve relevant passages that answer the query\nQuery:",
        "",
    ),
    "e5": ("query: ", "passage: "),
}


class EmbeddingModel:
    """An embedding model on one host or several, which share the work; `digest` identifies its content."""

    def __init__(self, settings: Ollama, name: str, digest: str, hosts: Sequence[Host]) -> None:
        self.settings, self.name, self.digest = settings, name, digest
        self.endpoints = tuple(host.endpoint for host in hosts)
        self.at_once = len(hosts) * settings.requests_per_host
        self._hosts, self._pool = hosts, HostPool(hosts, settings.requests_per_host)
        family = max((part for part in _PREFIXES if part in name), key=len, default="")
        self._question, self._passage = _PREFIXES.get(family, ("", ""))

    def as_question(self, text: str) -> str:
        """Return what is embedded for a question."""
        return (self._question + clean(text))[:MOST_CHARACTERS]

    def as_passage(self, text: str) -> str:
        """Return what is embedded for a passage."""
        return (self._passage + clean(text))[:MOST_CHARACTERS]

    async def embed(self, texts: Sequence[str]) -> "np.ndarray":
        """Return a vector for each text, shape (texts, dimension); the server cuts a text that is too long.

        A request that fails on one host is sent to the next, and repeated for `timeout_seconds` if the last is busy.
        Raises LanguageModelError. Cancelling closes the connection, which stops the server.
        """
        tried: list[Host] = []
        busy_until = asyncio.get_running_loop().time() + self.settings.timeout_seconds
        while True:
            async with self._pool.turn(tried) as host:
                try:
                    vectors = await self._ask(host, texts)
                except LanguageModelError as error:
                    tried.append(host)
                    if is_of_server(error):
                        self._pool.set_aside(host)
                    is_last = len(tried) == len(self._hosts)
                    is_busy = isinstance(error, BusyError) and asyncio.get_running_loop().time() < busy_until
                    if is_last and not is_busy:
                        raise
                else:
                    self._pool.trust(host)
                    return vectors
            if is_last:
                tried.clear()
                await asyncio.sleep(_BUSY_WAIT)

    async def close(self) -> None:
        """Close the connections; safe to call twice."""
        await close_hosts(self._hosts)

    async def _ask(self, host: Host, texts: Sequence[str]) -> "np.ndarray":
        duration = self.settings.keep_alive
        keep_alive = int(duration) if duration in {"0", "-1"} else duration
        try:
            async with asyncio.timeout(self.settings.timeout_seconds):
                reply = await host.client.embed(self.name, list(texts), truncate=True, keep_alive=keep_alive)
            return _vectors(reply.embeddings, len(texts))
        except failures() as error:
            raise explain(error, host.endpoint, self.name) from error


def _vectors(rows: Sequence[Sequence[float]], count: int) -> "np.ndarray":
    """Return the vectors of a reply. Raises ValueError if they are not one for each text, or not all finite."""
    import numpy as np  # noqa: PLC0415 - `doctor` asks only which models there are

    vectors = np.array(rows, np.float32)  # raises ValueError if they differ in length
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"{len(rows)} vectors for {count} texts")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector with a value that is no number")
    return vectors


async def connect_embedding(settings: Ollama, preferred: Collection[str] = ()) -> EmbeddingModel:
    """Find the configured embedding model on those of the hosts that have it, all with the same content.

    `auto` takes the first that is installed, but one whose digest begins as one of `preferred` before others. Raises
    LanguageModelError if there is none.
    """
    if settings.embedding_model == "none":
        raise LanguageModelError("no embedding model is wanted", hint="embedding_model is none")
    hosts = await reach(settings.endpoints)
    chosen: list[Host] = []
    try:
        listings, errors = await ask_hosts(hosts, models_of)
        if not listings:
            raise errors[0]
        beginnings = tuple(preferred)
        known = [
            (host, [model for model in models if (model.digest or "").startswith(beginnings)])
            for host, models in listings
        ]
        name, having = await _choose(settings.embedding_model, known, listings)
        digests = {host: _digest_of(name, models) for host, models in listings if host in having}
        digest = digests[having[0]]
        chosen = [host for host in having if digests[host] == digest]
    finally:
        await close_hosts([host for host in hosts if host not in chosen])
    return EmbeddingModel(settings, name, digest, chosen)


_Listings = Sequence[tuple[Host, Sequence["ollama.ListResponse.Model"]]]


async def _choose(requested: str, known: _Listings, listings: _Listings) -> tuple[str, list[Host]]:
    if requested == "auto" and any(models for _, models in known):
        try:
            return await choose(requested, known, EMBED)
        except LanguageModelError:  # a model that embeds no more
            pass
    return await choose(requested, listings, EMBED)


def _digest_of(name: str, models: Sequence["ollama.ListResponse.Model"]) -> str:
    return next((model.digest or model.model or "" for model in models if model.model == name), "")
