"""Measures the time and disk that a library of a given size needs, beside tantivy alone on the same passages."""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bench.enlarged_library import enlarged
from engine.bench.statistics import median_and_p95
from engine.documents.passages import Passage
from engine.index.catalogue import Progress
from engine.index.index_writer import WRITER_HEAP
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.text.words import STOP_WORDS, words

if TYPE_CHECKING:
    import tantivy

SMALL = 10_000  # passages of the smaller library of the two
ALONE = "tantivy alone"
_DEPTH = 20  # passages that a question returns

Ask = Callable[[str], object]
Rank = Callable[[str, Retriever], Sequence[int]]


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One method at one size: seconds and megabytes of its index, milliseconds a question.

    `index_ratio` and `disk_ratio` compare it with tantivy alone at this size, `p50_ratio` with the same method at the
    smallest size.
    """

    dataset: str
    method: str
    passages: int
    questions: int
    index_s: float
    megabytes: float
    passages_per_s: float
    p50_ms: float
    p95_ms: float
    index_ratio: float
    disk_ratio: float
    p50_ratio: float


def measure_scale(
    dataset: str,
    sizes: Sequence[Sequence[Passage]],
    questions: Sequence[str],
    ranks: Mapping[str, Rank],
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[ScaleRow]:
    """Return for each library a row for tantivy alone (one thread, as ours has) and one for each method of ours."""
    rows: list[ScaleRow] = []
    for done, passages in enumerate(sizes):
        progress(done, len(sizes), f"{len(passages):,} passages of {dataset}")
        for build in (_build_alone, _build_ours):
            with tempfile.TemporaryDirectory(prefix="persona-moe-scale-") as folder:
                started = time.perf_counter()
                asks = build(Path(folder), passages, ranks)
                index_s = time.perf_counter() - started
                megabytes = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
                for method, ask in asks.items():
                    p50, p95 = _times(questions, ask)
                    alone = next((r for r in rows if r.method == ALONE and r.passages == len(passages)), None)
                    first = next((r for r in rows if r.method == method), None)
                    row = ScaleRow(
                        dataset=dataset,
                        method=method,
                        passages=len(passages),
                        questions=len(questions),
                        index_s=round(index_s, 3),
                        megabytes=round(megabytes, 6),
                        passages_per_s=round(len(passages) / index_s),
                        p50_ms=round(p50, 3),
                        p95_ms=round(p95, 3),
                        index_ratio=round(index_s / alone.index_s, 2) if alone else 1.0,
                        disk_ratio=round(megabytes / alone.megabytes, 2) if alone else 1.0,
                        p50_ratio=round(p50 / first.p50_ms, 2) if first else 1.0,
                    )
                    rows.append(row)
    return rows


def sizes_of(passages: Sequence[Passage], count: int) -> list[list[Passage]]:
    """Enlarge a library to 10,000 passages and to `count`, never below its own size; about 1 kB of memory a passage."""
    sizes = {max(len(passages), size) for size in (min(SMALL, count), count)}
    return [list(enlarged(passages, size)) for size in sorted(sizes)]


def _build_ours(folder: Path, passages: Sequence[Passage], ranks: Mapping[str, Rank]) -> dict[str, Ask]:
    library = index_passages(SearchIndex(folder), ((passage, "") for passage in passages))

    def ask_by(rank: Rank) -> Ask:
        return lambda question: [library.open(n).passage.id for n in rank(question, library)[:_DEPTH]]

    return {method: ask_by(rank) for method, rank in ranks.items()}


def index_alone(folder: Path, passages: Iterable[Passage]) -> "tantivy.Index":
    """Index the texts in one stored field with tantivy's own analysis and one thread."""
    import tantivy  # noqa: PLC0415 - not needed for the first paint

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=True, tokenizer_name="default", index_option="freq")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=WRITER_HEAP, num_threads=1)
    for passage in passages:
        document = tantivy.Document()
        document.add_text("text", f"{passage.title}\n{passage.text}")
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def _build_alone(folder: Path, passages: Sequence[Passage], _ranks: Mapping[str, Rank]) -> dict[str, Ask]:
    """Index the texts with tantivy alone; a question searches for any of its words."""
    import tantivy  # noqa: PLC0415 - not needed for the first paint

    index = index_alone(folder, passages)
    schema, searcher, query = index.schema, index.searcher(), tantivy.Query

    def ask(question: str) -> object:
        terms = [word for word in dict.fromkeys(words(question)) if word not in STOP_WORDS]
        parts = [(tantivy.Occur.Should, query.term_query(schema, "text", t, index_option="freq")) for t in terms]
        hits = searcher.search(query.boolean_query(parts), _DEPTH, count=False).hits
        return [searcher.doc(address).get_first("text") for _, address in hits]

    return {ALONE: ask}


def _times(questions: Sequence[str], ask: Ask) -> tuple[float, float]:
    """Return the median and the 95th percentile of the time of a question, in milliseconds."""
    ask(questions[0])  # the first question also imports modules
    times: list[float] = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - started) * 1000)
    return median_and_p95(times)
