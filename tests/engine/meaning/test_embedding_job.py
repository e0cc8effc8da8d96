"""Embedding a library: every text once, whatever is killed, cancelled, changed or away in the middle."""

import asyncio
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import LanguageModelError, LibraryError, StoreError
from engine.index.library import Library
from engine.meaning.embedding_job import BATCH, Embedded, embed_library
from engine.meaning.library_vectors import LibraryVectors
from engine.model.embedding import EmbeddingModel, connect_embedding
from engine.settings.settings import Ollama, System
from tests.support import ROOT
from tests.support.ollama_server import COMPLETION, EMBEDDING, OllamaServer, Scripted, failure

MODELS = {"qwen3:4b": COMPLETION, "embedder:latest": EMBEDDING}
FILES = 3 * BATCH


@pytest.fixture
def server():
    with OllamaServer(MODELS) as running:
        running.synonyms = {"physician": "doctor"}
        yield running


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(FILES):
        (folder / f"{n:02}.md").write_text(f"# Note {n}\n\nOn day {n} the doctor saw boat {n}.\n")
    return folder


@pytest.fixture
def library(tmp_path: Path, docs: Path) -> Library:
    library = Library(tmp_path / "library", System())
    library.ingest([docs])
    return library


def settings(*servers: OllamaServer, **changed) -> Ollama:
    return Ollama(api_endpoint=tuple(server.url for server in servers), **changed)


def vectors_of(library: Library, model: EmbeddingModel) -> LibraryVectors:
    return LibraryVectors(folder_of(library), model.digest, model.as_passage)


def folder_of(library: Library) -> Path:
    return library.descriptions._folder.with_name("meaning")


def wait_for_two_batches(server: OllamaServer) -> None:
    while len(server.embedded) <= BATCH:
        time.sleep(0.002)


async def embed(library: Library, *servers: OllamaServer, **changed) -> Embedded:
    model = await connect_embedding(settings(*servers, **changed))
    try:
        return await embed_library(library, vectors_of(library, model), model)
    finally:
        await model.close()


async def nearest(library: Library, server: OllamaServer, question: str, *scope: Path) -> list[str]:
    """The texts of the passages that are nearest to a question."""
    model = await connect_embedding(settings(server))
    try:
        [vector] = await model.embed([model.as_question(question)])
    finally:
        await model.close()
    retriever = library.retriever([str(path) for path in scope])
    similar = vectors_of(library, model).similar(vector, retriever)
    return [retriever.open(n).passage.text for n in similar.nearest(3, retriever)] if similar else []


async def test_each_text_is_embedded_once_and_found_by_other_words(library, server):
    assert await embed(library, server) == (FILES, FILES)
    assert len(server.embedded) == len(set(server.embedded)) == FILES
    assert server.embedded[7] == "Note 7\n# Note 7\n\nOn day 7 the doctor saw boat 7."
    assert await embed(library, server) == (FILES, FILES)
    assert len(server.embedded) == FILES
    [first, *_] = await nearest(library, server, "which boat had a physician on day 7")
    assert "day 7" in first


async def test_only_passages_of_the_scope_are_compared(library, server, docs):
    await embed(library, server)
    assert await nearest(library, server, "boat 7", docs / "08.md") == ["# Note 8\n\nOn day 8 the doctor saw boat 8."]
    assert await nearest(library, server, "boat 7", docs / "none.md") == []


async def test_a_text_that_moves_is_not_embedded_again_and_a_deleted_one_leaves(library, server, docs):
    await embed(library, server)
    (docs / "moved.md").write_text((docs / "03.md").read_text())
    (docs / "03.md").unlink()
    (docs / "05.md").write_text("# Note 5\n\nA whale.\n")
    library.ingest([docs])
    server.requests.clear()
    assert await embed(library, server) == (FILES, FILES)
    assert server.embedded == ["Note 5\n# Note 5\n\nA whale."]
    model = await connect_embedding(settings(server))
    assert vectors_of(library, model).count() == FILES
    await model.close()
    assert (await nearest(library, server, "whale"))[0].endswith("A whale.")


async def test_passages_with_the_same_text_share_a_vector_and_all_count(library, server, docs):
    (docs / "copy.md").write_text((docs / "03.md").read_text())
    library.ingest([docs])
    assert await embed(library, server) == (FILES + 1, FILES + 1)
    model = await connect_embedding(settings(server))
    assert vectors_of(library, model).count() == FILES + 1
    await model.close()


async def test_a_moved_passage_is_compared_after_the_next_survey(library, server, docs):
    model = await connect_embedding(settings(server))
    vectors = vectors_of(library, model)
    await embed_library(library, vectors, model)
    [vector] = await model.embed([model.as_question("boat 3")])
    (docs / "03.md").rename(docs / "moved.md")
    library.ingest([docs])
    assert vectors.similar(vector, library.retriever()) is not None
    await embed_library(library, vectors, model)
    await model.close()
    retriever = library.retriever()
    similar = vectors.similar(vector, retriever)
    assert similar is not None
    assert set(library.index.under(str(docs / "moved.md"), 9)) <= set(similar.nearest(FILES, retriever))


async def test_what_another_process_embeds_is_compared_by_a_session_that_is_open(library, server, docs):
    model = await connect_embedding(settings(server))
    vectors = vectors_of(library, model)
    await embed_library(library, vectors, model)
    [vector] = await model.embed([model.as_question("whale")])
    assert vectors.similar(vector, library.retriever()) is not None
    (docs / "new.md").write_text("# New\n\nA whale.\n")
    library.ingest([docs])
    await embed(library, server)  # with an object of its own, as another process has
    await model.close()
    retriever = library.retriever()
    similar = vectors.similar(vector, retriever)
    assert similar is not None
    assert retriever.open(similar.nearest(1, retriever)[0]).passage.text.endswith("A whale.")


async def test_vectors_that_come_while_a_question_runs_do_not_change_its_comparison(library, server, docs):
    model = await connect_embedding(settings(server))
    vectors = vectors_of(library, model)
    await embed_library(library, vectors, model)
    [vector] = await model.embed([model.as_question("boat 3")])
    await model.close()
    similar = vectors.similar(vector, library.retriever())
    (docs / "new.md").write_text("# New\n\nA whale.\n")
    library.ingest([docs])
    await embed(library, server)
    retriever = library.retriever()
    [number] = library.index.under(str(docs / "new.md"), 9)
    assert vectors.similar(vector, retriever) is not None
    assert similar is not None
    assert similar.score(retriever.open(number).passage) == 0.0


async def test_a_cancelled_job_goes_on_where_it_was(library, server):
    server.embed_delay = 0.01
    job = asyncio.ensure_future(embed(library, server))
    await asyncio.to_thread(wait_for_two_batches, server)
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job
    before = len(server.embedded)
    assert BATCH < before < FILES
    server.requests.clear()
    assert await embed(library, server) == (FILES, FILES)
    assert len(server.embedded) < FILES


async def test_a_job_that_is_cancelled_while_it_writes_ends_with_that(library, server):
    writes, may_write = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    class SlowDisk(LibraryVectors):
        def add(self, batch, vectors):
            loop.call_soon_threadsafe(writes.set)
            may_write.wait()
            super().add(batch, vectors)

    model = await connect_embedding(settings(server))
    vectors = SlowDisk(folder_of(library), model.digest, model.as_passage)
    job = asyncio.ensure_future(embed_library(library, vectors, model))
    await writes.wait()
    job.cancel()
    with pytest.raises(LibraryError, match="another session embeds"):
        await embed(library, server)
    may_write.set()
    with pytest.raises(asyncio.CancelledError):
        await job
    await model.close()
    assert vectors.count() == BATCH
    assert await embed(library, server) == (FILES, FILES)


def test_a_killed_process_goes_on_where_it_was(library, server, tmp_path):
    server.embed_delay = 0.02
    code = f"""
import asyncio
from pathlib import Path
from types import SimpleNamespace
from engine.index.library import Library
from engine.settings.settings import System
from tests.engine.meaning.test_embedding_job import embed
asyncio.run(embed(Library(Path({str(tmp_path / "library")!r}), System()), SimpleNamespace(url={server.url!r})))
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_for_two_batches(server)
    process.kill()
    process.wait()
    first = set(server.embedded[:BATCH])
    server.requests.clear()
    assert asyncio.run(embed(library, server)) == (FILES, FILES)
    assert not first & set(server.embedded)


async def test_a_server_that_goes_away_in_the_middle_ends_the_job_and_nothing_is_lost(library, server):
    model = await connect_embedding(settings(server))
    vectors = vectors_of(library, model)
    counts = []

    def fail_after_the_first(done: int, _total: int) -> None:
        counts.append(done)
        if done == BATCH:
            server.embeddings.append(failure(500, "out of memory"))

    with pytest.raises(LanguageModelError, match="out of memory"):
        await embed_library(library, vectors, model, progress=fail_after_the_first)
    await model.close()
    assert counts == [0, BATCH]
    server.requests.clear()
    assert await embed(library, server) == (FILES, FILES)
    assert len(server.embedded) == FILES - BATCH


async def test_several_hosts_share_the_work_and_one_that_fails_is_replaced(library, server):
    with OllamaServer(MODELS) as other:
        server.embed_delay = other.embed_delay = 0.01
        other.embeddings.append(failure(500, "broken"))
        assert await embed(library, server, other) == (FILES, FILES)
        assert server.embedded
        assert other.embedded


async def test_a_host_with_another_model_of_that_name_is_not_asked(library, server):
    with OllamaServer(MODELS) as other:
        other.digest = "1" * 64
        await embed(library, server, other)
        assert not other.embedded


async def test_a_busy_server_is_asked_again(library, server, monkeypatch):
    monkeypatch.setattr("engine.model.embedding._BUSY_WAIT", 0.0)
    server.embeddings.extend([failure(503, "server busy"), failure(503, "server busy")])
    assert await embed(library, server) == (FILES, FILES)


async def test_another_model_has_vectors_of_its_own_and_then_the_old_ones_go(library, server):
    await embed(library, server)
    [old] = folder_of(library).iterdir()
    server.digest, server.dimension = "2" * 64, 48
    assert await embed(library, server) == (FILES, FILES)
    [new] = folder_of(library).iterdir()
    assert (old.name, new.name) == ("0" * 16, "2" * 16)
    assert await nearest(library, server, "boat 7")


async def test_a_model_that_changes_its_dimension_under_one_digest_is_refused(library, server):
    await embed(library, server)
    server.dimension = 48
    assert await nearest(library, server, "boat 7") == []
    (folder_of(library) / ("0" * 16) / "files").unlink()
    assert await embed(library, server) == (FILES, FILES)  # nothing is missing


async def test_vectors_that_are_no_vectors_are_refused(library, server):
    for embeddings, words in (
        ([[1.0]], "1 vectors for 16 texts"),
        ([[1.0], [1.0, 2.0]], "does not speak Ollama's protocol"),
    ):
        body = b'{"model": "embedder", "embeddings": %s}' % str(embeddings).encode()
        server.embeddings.append(Scripted(body=body))
        with pytest.raises(LanguageModelError, match=words):
            await embed(library, server)


async def test_one_session_embeds_at_a_time(library, server):
    model = await connect_embedding(settings(server))
    vectors = vectors_of(library, model)
    with vectors.writing(), pytest.raises(LibraryError, match="another session embeds"):
        await embed(library, server)
    await model.close()
    assert await embed(library, server) == (FILES, FILES)


async def test_a_damaged_list_of_files_is_made_again_without_a_request(library, server):
    await embed(library, server)
    [folder] = folder_of(library).iterdir()
    (folder / "files").write_bytes(b"\xff")
    server.requests.clear()
    assert await embed(library, server) == (FILES, FILES)
    assert server.embedded == []


async def test_damaged_vectors_are_told(library, server):
    await embed(library, server)
    [folder] = folder_of(library).iterdir()
    (folder / "vectors").write_bytes(b"\xff" * 99)
    with pytest.raises(StoreError, match="holds no vectors"):
        await embed(library, server)


async def test_the_model_that_has_vectors_is_preferred_to_a_newer_one(server):
    server.models["other:latest"] = EMBEDDING
    assert (await connected_name(server, [])) == "embedder:latest"
    assert (await connected_name(server, ["0" * 16], embedding_model="other")) == "other:latest"


async def connected_name(server: OllamaServer, preferred: list[str], **changed) -> str:
    model = await connect_embedding(settings(server, **changed), preferred)
    await model.close()
    return model.name


async def test_without_an_embedding_model_it_is_said_what_to_do(server):
    del server.models["embedder:latest"]
    with pytest.raises(LanguageModelError, match=r"no model that embeds texts.*models pull"):
        await connect_embedding(settings(server))
    with pytest.raises(LanguageModelError, match="embedding_model is none"):
        await connect_embedding(settings(server, embedding_model="none"))


async def test_an_old_server_names_no_capabilities(server):
    server.tells_capabilities = False
    assert (await connected_name(server, [])) == "embedder:latest"


async def test_a_model_reads_what_it_was_trained_to_read(server):
    server.models["nomic-embed-text:latest"] = EMBEDDING
    model = await connect_embedding(settings(server, embedding_model="nomic-embed-text"))
    assert (model.as_question("why"), model.as_passage("so")) == ("search_query: why", "search_document: so")
    await model.close()
