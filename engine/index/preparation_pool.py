"""Prepare the passages of many documents in several processes, in the order of the documents.

A process starts in half a second, so that the passages of a small ingest are prepared in this one.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from queue import SimpleQueue
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import msgspec

from engine.documents.child_process import ChildProcess, reply, requests
from engine.documents.document import Document
from engine.documents.network_block import refuse_network
from engine.index.preparation import PreparedPassage, prepare_documents

_FEW = 2_000_000  # characters that are prepared in this process before others are started
_BATCH = 50_000  # characters that a process prepares at once, if they are of several documents
_MOST_PROCESSES = 4


class _File(Protocol):
    @property
    def documents(self) -> Sequence[Document]: ...


FileT = TypeVar("FileT", bound=_File)


class _Batch(NamedTuple, Generic[FileT]):
    """Some documents of a file; `is_last` of the last ones."""

    file: FileT
    documents: Sequence[Document]
    is_last: bool


class PreparationPool:
    """Prepares passages of at most `limit` characters, in so many processes: by default one for each processor."""

    def __init__(self, limit: int, *, processes: int | None = None, few: int = _FEW) -> None:
        self._limit, self._few = limit, few
        self._count = min(os.cpu_count() or 1, _MOST_PROCESSES) if processes is None else processes
        self._idle: SimpleQueue[ChildProcess | None] = SimpleQueue()
        self._processes: list[ChildProcess] = []
        self._threads: ThreadPoolExecutor | None = None
        self._characters = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the processes."""
        if self._threads:
            self._is_closed = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for process in self._processes:
                process.kill()
            self._threads.shutdown()  # no thread waits for a process any more
            for process in self._processes:
                process.close()

    @property
    def ahead(self) -> int:
        """The number of files, at most, that are read before the passages of the first are given."""
        return 2 * self._count if self._threads else 0

    def by_file(self, files: Iterable[FileT]) -> Iterator[tuple[FileT, Iterator[PreparedPassage]]]:
        """Yield each file with its prepared passages, which must be taken before the next file.

        The files are read ahead once the processes have been started.
        """
        batches = self._in_order(_batches(files))
        for batch, passages in batches:
            yield batch.file, chain(passages, _rest(batch, batches))

    def _in_order(self, batches: Iterable[_Batch[FileT]]) -> Iterator[tuple[_Batch[FileT], Iterable[PreparedPassage]]]:
        waiting: deque[tuple[_Batch[FileT], Future[list[PreparedPassage]]]] = deque()
        for batch in batches:
            self._characters += sum(len(document.text) for document in batch.documents)
            if self._characters <= self._few or self._count <= 1:
                yield batch, prepare_documents(batch.documents, self._limit)
                continue
            if self._threads is None:
                self._start()
            assert self._threads is not None
            waiting.append((batch, self._threads.submit(self._prepare, batch.documents)))
            if len(waiting) >= self.ahead:
                first, future = waiting.popleft()
                yield first, future.result()
        for batch, future in waiting:
            yield batch, future.result()

    def _start(self) -> None:
        self._processes = [ChildProcess("index.preparation_pool") for _ in range(self._count)]
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(self._count)

    def _prepare(self, documents: Sequence[Document]) -> list[PreparedPassage]:
        """Let an idle process prepare the documents; in place of one that ended, this process does it."""
        process = self._idle.get()
        message = None
        if process:
            process.send(msgspec.msgpack.encode((self._limit, documents)))
            message = process.receive()
        self._idle.put(process if message else None)
        if message:
            return _REPLY.decode(message)
        return [] if self._is_closed else list(prepare_documents(documents, self._limit))


_REQUEST = msgspec.msgpack.Decoder(tuple[int, list[Document]])
_REPLY = msgspec.msgpack.Decoder(list[PreparedPassage])


def serve() -> None:
    """Run in the process: prepare the documents of each request."""
    refuse_network()
    for request in requests():
        limit, documents = _REQUEST.decode(request)
        reply(msgspec.msgpack.encode(list(prepare_documents(documents, limit))))


def _batches(files: Iterable[FileT]) -> Iterator[_Batch[FileT]]:
    """Yield the documents of each file in batches; a file without documents has an empty one."""
    for file in files:
        documents, size = list[Document](), 0
        for document in file.documents:
            if documents and size + len(document.text) > _BATCH:
                yield _Batch(file, documents, is_last=False)
                documents, size = [], 0
            documents.append(document)
            size += len(document.text)
        yield _Batch(file, documents, is_last=True)


def _rest(
    batch: _Batch[FileT], batches: Iterator[tuple[_Batch[FileT], Iterable[PreparedPassage]]]
) -> Iterator[PreparedPassage]:
    """Yield the passages of the batches of a file after this one."""
    while not batch.is_last:
        batch, passages = next(batches)
        yield from passages
