"""Recall on questions with known passages: how good the retrieval is, and how fast, beside plain search."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import DocumentError, InputError
from engine.gate import Gate
from engine.library import ScopedIndex, index_passages
from engine.panel import Panel
from engine.passages import Passage
from engine.persona import RosterEntry
from engine.question import read_question
from engine.search import SearchIndex

CUTS = (2, 5, 10, 20)
ALWAYS = ("bm25", "panel")


class _Passage(msgspec.Struct):
    """A line of `corpus.jsonl`."""

    id: str
    text: str
    title: str = ""
    group: str = ""


class _Query(msgspec.Struct):
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
    passages: tuple[_Passage, ...]
    queries: tuple[_Query, ...]


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """One method on one data set: recall in percent, times in milliseconds a question and seconds to index."""

    dataset: str
    method: str
    passages: int
    questions: int
    recall: dict[str, float]
    all_at_5: float
    p50_ms: float
    p95_ms: float
    index_s: float


Rank = Callable[[str, ScopedIndex], Sequence[int]]
Progress = Callable[[int, int, str], None]


def read_dataset(folder: Path, *, limit: int | None = None) -> Dataset:
    """The data set in a folder, with at most `limit` questions. Raises InputError or DocumentError saying where."""
    passages = tuple(_read(folder / "corpus.jsonl", _Passage))
    queries = tuple(query for query in _read(folder / "queries.jsonl", _Query) if query.gold)[:limit]
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


def run_benchmark(
    dataset: Dataset,
    methods: Sequence[str],
    entries: Sequence[RosterEntry],
    gate: Gate,
    *,
    progress: Progress = lambda _done, _total, _what: None,
) -> list[BenchmarkRow]:
    """A row for each method on a fresh index; `bm25` and `panel` always come first.

    Besides these a method may be a persona's id. Raises InputError for any other.
    """
    ranks = {name: _method(name, entries, gate) for name in dict.fromkeys((*ALWAYS, *methods))}
    with tempfile.TemporaryDirectory(prefix="persona-moe-bench-") as folder:
        index = SearchIndex(Path(folder))
        started = time.perf_counter()
        library = index_passages(index, ((_as_passage(p), p.group) for p in dataset.passages))
        index_s = time.perf_counter() - started
        rows: list[BenchmarkRow] = []
        for name, rank in ranks.items():
            progress(len(rows), len(ranks), f"{dataset.name} {name}")
            rows.append(_measure(dataset, name, rank, library, index_s))
    return rows


def _as_passage(line: _Passage) -> Passage:
    return Passage(line.id, line.id, line.title, "", 0, len(line.text), line.text)


def _measure(dataset: Dataset, name: str, rank: Rank, library: ScopedIndex, index_s: float) -> BenchmarkRow:
    rank(dataset.queries[0].question, library)  # what is imported at the first question is not its cost
    library.index.forget()
    found: list[list[float]] = []
    times: list[float] = []
    for query in dataset.queries:
        scoped = ScopedIndex(library.index, (query.group,) if query.group else (), library.mean_length)
        started = time.perf_counter()
        ids = [scoped.open(number).passage.id for number in rank(query.question, scoped)[: CUTS[-1]]]
        times.append((time.perf_counter() - started) * 1000)
        found.append(recalls(ids, query.gold))
    means = [round(100 * sum(column) / len(found), 2) for column in zip(*found, strict=True)]
    times.sort()
    return BenchmarkRow(
        dataset=dataset.name,
        method=name,
        passages=len(dataset.passages),
        questions=len(dataset.queries),
        recall={str(cut): mean for cut, mean in zip(CUTS, means, strict=False)},
        all_at_5=means[-1],
        p50_ms=round(times[len(times) // 2], 3),
        p95_ms=round(times[int(0.95 * (len(times) - 1))], 3),
        index_s=round(index_s, 3),
    )


def recalls(ids: Sequence[str], gold: Sequence[str]) -> list[float]:
    """The shares of gold among the first 2, 5, 10 and 20 ids, and whether all of it is among the first five."""
    wanted = set(gold)
    return [len(wanted & set(ids[:cut])) / len(wanted) for cut in CUTS] + [float(wanted <= set(ids[:5]))]


def _method(name: str, entries: Sequence[RosterEntry], gate: Gate) -> Rank:
    """How a method ranks the passages of a library for a question."""

    def bm25(question: str, library: ScopedIndex) -> list[int]:
        hits = library.search(read_question(question, library).search_terms(), CUTS[-1])
        return [number for number, _ in hits]

    def panel(question: str, library: ScopedIndex) -> list[int]:
        panel = Panel(question, library)
        receipts = gate.choose(panel.question, entries, cycle=1)
        for entry, receipt in zip(entries, receipts, strict=True):
            if receipt.activated:
                panel.send(entry.persona)
        return list(panel.fused())

    if name in ALWAYS:
        return {"bm25": bm25, "panel": panel}[name]
    personas = {entry.persona.persona_id: entry.persona for entry in entries}
    if name not in personas:
        raise InputError(f"unknown method {name!r}", hint=f"{', '.join((*ALWAYS, *personas))} are valid")

    def alone(question: str, library: ScopedIndex) -> list[int]:
        return Panel(question, library).send(personas[name]).ranking()

    return alone
