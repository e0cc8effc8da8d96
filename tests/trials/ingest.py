"""Measure an ingest of many passages beside tantivy alone, in one run: `python -m tests.trials.ingest CORPUS`.

CORPUS is the corpus.jsonl of a data set; `engine.bench.enlarged_library` makes the other passages. Tantivy alone
indexes the same texts in one stored field with its own analysis and one thread. `engine/bench/RESULTS.md` holds the
results.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.bench.enlarged_library import enlarged
from engine.bench.scale import index_alone
from engine.documents.passages import Passage
from engine.index.library import Library
from engine.settings.settings import System


def passages_of(corpus: Path, count: int) -> list[Passage]:
    """So many passages made of those of a data set."""
    with corpus.open(encoding="utf-8") as lines:
        records = list(map(json.loads, lines))
    passages = [Passage(str(r["id"]), "", r["title"], "", 0, len(r["text"]), r["text"]) for r in records]
    return list(enlarged(passages, count))


def write_corpus(folder: Path, passages: Sequence[Passage]) -> None:
    """Write passages as JSON lines, 10,000 in a file."""
    folder.mkdir()
    for first in range(0, len(passages), 10_000):
        with (folder / f"{first:08}.jsonl").open("w", encoding="utf-8") as lines:
            for passage in passages[first : first + 10_000]:
                lines.write(json.dumps({"id": passage.id, "title": passage.title, "text": passage.text}) + "\n")


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """The time of a call, and its processor time with that of processes that have ended."""
    start, before = time.perf_counter(), os.times()
    call()
    after = os.times()
    return time.perf_counter() - start, sum(after[:4]) - sum(before[:4])


def measure(corpus: Path, count: int, times: int) -> None:
    """Print the best of some runs of both, taken in turns, as machines waver."""
    passages = passages_of(corpus, count)
    alone, ours = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder / "corpus", passages)
        for number in range(times):
            index = folder / f"alone-{number}"
            index.mkdir()
            alone.append(seconds(lambda: index_alone(index, passages)))  # noqa: B023 - called at once
            library = Library(folder / f"library-{number}", System())
            ours.append(seconds(lambda: library.ingest([folder / "corpus"])))  # noqa: B023 - as above
            print(f"run {number + 1}: {ours[-1][0] / alone[-1][0]:.2f} times", flush=True)  # noqa: T201 - the command's own output
    for label, runs in (("tantivy alone", alone), ("ingest", ours)):
        print(f"{label:14}{min(r[0] for r in runs):8.1f} s{min(r[1] for r in runs):8.1f} s of processors")  # noqa: T201
    print(f"{min(ours)[0] / min(alone)[0]:.2f} times, {count:,} passages")  # noqa: T201


def _run() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=2)
    options = parser.parse_args()
    measure(options.corpus, options.passages, options.times)


if __name__ == "__main__":
    _run()
