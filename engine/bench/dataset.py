"""Questions with known passages, from a folder, and an index of their passages to ask."""

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

CUTS = (2, 5, 10, 20)


class Line(msgspec.Struct):
    """A line of `corpus.jsonl`."""

    id: str
    text: str
    title: str = ""
    group: str = ""

    @property
    def passage(self) -> Passage:
        """The line as a passage of its own file."""
        return Passage(self.id, self.id, self.title, "", 0, len(self.text), self.text)


class Query(msgspec.Struct):
    """A line of `queries.jsonl`; empty gold means that the library does not hold the answer."""

    id: str
    question: str
    gold: list[str]
    answers: list[str] = msgspec.field(default_factory=list)
    type: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Passages and questions of one folder; only questions with gold passages count."""

    name: str
    passages: tuple[Line, ...]
    queries: tuple[Query, ...]


class Indexed:
    """A data set with a fresh index of its passages; `index_s` are the seconds that the index took."""

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self.dataset = dataset
        started = time.perf_counter()
        self._library = index_passages(SearchIndex(folder), ((line.passage, line.group) for line in dataset.passages))
        self.index_s = time.perf_counter() - started

    def library(self, query: Query) -> Retriever:
        """What a question may look into: its group, or everything."""
        return Retriever(self._library.index, (query.group,) if query.group else (), self._library.mean_length)

    def forget(self) -> None:
        """Drop what is kept in memory of passages."""
        self._library.index.forget()


@contextmanager
def indexed(dataset: Dataset) -> Iterator[Indexed]:
    """The data set with an index in a folder that goes away in the end."""
    with tempfile.TemporaryDirectory(prefix="persona-moe-bench-") as folder:
        yield Indexed(dataset, Path(folder))


def read_dataset(folder: Path, *, limit: int | None = None) -> Dataset:
    """The data set in a folder, with at most `limit` questions. Raises InputError or DocumentError saying where."""
    passages = tuple(_read(folder / "corpus.jsonl", Line))
    queries = tuple(query for query in _read(folder / "queries.jsonl", Query) if query.gold)[:limit]
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
    """The share of gold among the first `cut` ids."""
    wanted = set(gold)
    return len(wanted & set(ids[:cut])) / len(wanted)


def recalls(ids: Sequence[str], gold: Sequence[str]) -> list[float]:
    """The shares of gold among the first 2, 5, 10 and 20 ids, and whether all of it is among the first five."""
    return [*(recall(ids, gold, cut) for cut in CUTS), float(set(gold) <= set(ids[:5]))]
