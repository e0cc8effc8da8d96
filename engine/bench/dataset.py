"""Reads a data set, which is questions with known passages, from a folder, and indexes its passages."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.documents.passages import Passage
from engine.errors import DocumentError, InputError
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.text.languages import language_of

CUTS = (2, 5, 10, 20)


class Line(msgspec.Struct):
    """A passage: a line of `corpus.jsonl`."""

    id: str
    text: str
    title: str = ""
    group: str = ""

    @property
    def passage(self) -> Passage:
        """The line as the only passage of a file."""
        return Passage(self.id, self.id, self.title, "", 0, len(self.text), self.text, language_of(self.text))


class Query(msgspec.Struct):
    """A question: a line of `queries.jsonl`; `gold` are the ids of the passages that are needed to answer it."""

    id: str
    question: str
    gold: list[str]
    answers: list[str] = msgspec.field(default_factory=list)
    type: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The passages of a folder, and its questions, which have gold passages unless asked for otherwise."""

    name: str
    passages: tuple[Line, ...]
    queries: tuple[Query, ...]


class Indexed:
    """A data set with a new index of its passages, which took `index_s` seconds."""

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self.dataset = dataset
        started = time.perf_counter()
        self._index = SearchIndex(folder)
        self._library = index_passages(self._index, ((line.passage, line.group) for line in dataset.passages))
        self.index_s = time.perf_counter() - started

    @property
    def index(self) -> SearchIndex:
        """The index of all passages."""
        return self._index

    def library(self, query: Query) -> Retriever:
        """Return the passages that a question may search: those of its group, or all."""
        return Retriever(self._library.index, (query.group,) if query.group else (), self._library.mean_length)

    def forget(self) -> None:
        """Drop the passages that are cached in memory."""
        self._library.index.forget()


@contextmanager
def indexed(dataset: Dataset) -> Iterator[Indexed]:
    """Index the data set in a folder that is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="persona-moe-bench-") as folder:
        yield Indexed(dataset, Path(folder))


def read_dataset(folder: Path, *, limit: int | None = None, unanswerable: bool = False) -> Dataset:
    """Read the data set in a folder, at most `limit` questions; with `unanswerable` also those without gold passages.

    Raises InputError or DocumentError saying where.
    """
    passages = tuple(_read(folder / "corpus.jsonl", Line))
    queries = tuple(query for query in _read(folder / "queries.jsonl", Query) if query.gold or unanswerable)[:limit]
    if not passages or not queries:
        raise InputError(
            f"{folder}: no passages, or no question with gold passages", hint="see `persona-moe bench --help`"
        )
    return Dataset(folder.resolve().name, passages, queries)


def _read(path: Path, kind: type[Any]) -> Iterator[Any]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", hint="a data set is corpus.jsonl and queries.jsonl") from error
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise DocumentError(f"{path}:{number}: {error}", hint="see `persona-moe bench --help`") from error


def recall(ids: Sequence[str], gold: Sequence[str], cut: int = 5) -> float:
    """Return the share of the gold ids that is among the first `cut` ids, in [0, 1]."""
    gold_ids = set(gold)
    return len(gold_ids & set(ids[:cut])) / len(gold_ids)


def recalls(ids: Sequence[str], gold: Sequence[str]) -> list[float]:
    """Return the recall at 2, 5, 10 and 20, and 1 if all gold ids are among the first five, else 0."""
    return [*(recall(ids, gold, cut) for cut in CUTS), float(set(gold) <= set(ids[:5]))]
