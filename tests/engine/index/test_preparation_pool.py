"""Preparing passages in several processes: the same passages in the same order, whatever happens to a process."""

import io
import signal
from dataclasses import dataclass, field
from functools import partial

import pytest

import engine.index.library as library_module
from engine.documents import child_process
from engine.documents.document import Document
from engine.index.library import Library
from engine.index.preparation import prepare_documents
from engine.index.preparation_pool import PreparationPool
from engine.settings.settings import System

LIMIT = 300


@dataclass(frozen=True, eq=False)
class File:
    name: str
    documents: list[Document] = field(default_factory=list)


def files(count: int) -> list[File]:
    """Files of no document, of one, and of some that are more than a batch."""
    texts = [
        f"Ann Lee lit lamp {n} on {n % 28 + 1} May 2019, in Vane Head. The keeper, Zoë, slept. " * 90 for n in range(9)
    ]
    return [
        File(f"f{n}", [Document(f"/f{n}#{k}", f"File {n}", text) for k, text in enumerate(texts[: n % 4 * 3])])
        for n in range(count)
    ]


@pytest.mark.parametrize("processes", [0, 1, 2])
def test_every_file_comes_in_order_with_all_its_passages(processes):
    given = files(9)
    with PreparationPool(LIMIT, processes=processes, few=9000) as pool:
        prepared = [(file, list(passages)) for file, passages in pool.by_file(given)]
        assert (pool.ahead > 0) == (processes > 1)
    assert [file for file, _ in prepared] == given
    assert [passages for _, passages in prepared] == [list(prepare_documents(f.documents, LIMIT)) for f in given]


def test_few_characters_start_no_process():
    with PreparationPool(LIMIT, processes=2) as pool:
        assert [len(list(passages)) > 0 for _, passages in pool.by_file(files(4))] == [False, True, True, True]
        assert pool.ahead == 0


def test_files_are_read_ahead_only_so_far():
    taken = []

    def read():
        for file in files(20):
            taken.append(file)
            yield file

    with PreparationPool(LIMIT, processes=2, few=0) as pool:
        for number, (_, passages) in enumerate(pool.by_file(read())):
            list(passages)
            assert len(taken) <= number + 1 + pool.ahead


def test_the_passages_of_a_process_that_ended_are_prepared_here():
    given = files(12)
    with PreparationPool(LIMIT, processes=2, few=0) as pool:
        prepared = []
        for number, (file, passages) in enumerate(pool.by_file(given)):
            prepared.append((file, list(passages)))
            if number == 2:
                for process in pool._processes:
                    process.kill()
    assert [passages for _, passages in prepared] == [list(prepare_documents(f.documents, LIMIT)) for f in given]


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\0\0\0\0\0\0\x09cut"])
def test_a_message_that_its_process_did_not_finish_is_none(sent):
    assert child_process._read(io.BytesIO(sent)) is None


def test_processes_end_with_a_pool_that_is_left_early():
    with PreparationPool(LIMIT, processes=2, few=0) as pool:
        next(pool.by_file(files(9)[1:]))
        processes = pool._processes
    assert len(processes) == 2
    assert all(process.wait() == -signal.SIGKILL for process in processes)


def test_an_ingest_in_processes_is_cancelled_between_files_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(library_module, "PreparationPool", partial(PreparationPool, processes=2, few=0))
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.md").write_text(f"# Lamp {number}\n\nAnn lit lamp {number}.\n")
    told: list[int] = []
    library = Library(tmp_path / "library", System())
    report = library.ingest(
        [folder], progress=lambda done, _total, _path: told.append(done), cancelled=lambda: len(told) > 20
    )
    assert report.cancelled
    assert 10 <= report.added <= 20
    assert report.passages == len(library.retriever()) == report.added
    report = library.ingest([folder])
    assert (report.cancelled, report.passages, len(library.retriever())) == (False, 40, 40)
