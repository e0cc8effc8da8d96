"""Ask and fill a cluster of three nodes on 127.0.0.1 while one of them is killed: nothing lost, nothing wrong.

    python -m tests.trials.opensearch_cluster DATASET_FOLDER [--limit N] [--inside N]

Nodes are killed while passages are sent, between questions, and between the rounds of one question. Needs Java, Maven
and 2 GB of memory. Its figures are in `engine/index/opensearch/FIGURES.md`.
"""

import argparse
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engine.bench.dataset import read_dataset
from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index.opensearch.index import OpenSearchIndex
from engine.index.retriever import Retriever, index_passages
from engine.settings.settings import OpenSearch
from tests.support.opensearch_server import Node, build, free_port
from tests.trials.opensearch_equal import ranking, roster, show

NODES, SHARDS, REPLICAS = 3, 3, 1
KILLED_AFTER = 6  # questions; and a third of the passages


def fill(settings: OpenSearch, folder: Path, lines: list[tuple[Passage, str]], victim: Node) -> tuple[Retriever, float]:
    """Index all passages, and kill a node when a third of them is sent; an ingest that fails is begun again."""
    index, sent = OpenSearchIndex(folder, settings, 1), 0
    started = time.monotonic()

    def counted() -> Iterator[tuple[Passage, str]]:
        nonlocal sent
        for line in lines:
            sent += 1
            if sent == len(lines) // 3:
                threading.Thread(target=victim.kill).start()
            yield line

    try:
        retriever = index_passages(index, counted())
    except LibraryError as error:
        show(f"the ingest told: {error}; it is begun again")
        retriever = index_passages(index, lines)
    return retriever, time.monotonic() - started


def killed_inside(
    question: str, retriever: Retriever, victim: Node, round_: int, expected: dict[str, float]
) -> tuple[str, float]:
    """Ask a question, and kill a node right before its round of this number."""
    entries, connection = roster(), index_of(retriever).connection
    retriever.index.refresh()
    len(retriever)  # reads the state
    search, rounds = connection.search, count(1)

    def killing(*arguments: Any, **options: Any) -> Any:
        if next(rounds) == round_:
            victim.kill()
        return search(*arguments, **options)

    started = time.monotonic()
    with patch.object(connection, "search", killing):
        try:
            outcome = "same ranking" if ranking(question, retriever, entries) == expected else "WRONG"
        except LibraryError as error:
            outcome = f"told: {error}"
    if next(rounds) <= round_:
        outcome = "the question was over"
    return outcome, time.monotonic() - started


def index_of(retriever: Retriever) -> OpenSearchIndex:
    assert isinstance(retriever.index, OpenSearchIndex)
    return retriever.index


def main() -> None:
    """Print what was lost or wrong, and the slowest question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=24)
    parser.add_argument("--inside", type=int, default=6, help="questions inside of which a node is killed")
    options = parser.parse_args()
    dataset, entries = read_dataset(options.folder, limit=options.limit), roster()
    lines = [(line.passage, line.group) for line in dataset.passages][:3_000]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ports = [(free_port(), free_port()) for _ in range(NODES)]
        nodes = [Node(build(folder / "node"), folder / "data", ports, number) for number in range(NODES)]
        try:
            nodes[0].wait("green", NODES)
            settings = OpenSearch(
                hosts=tuple(node.url for node in nodes), shards=SHARDS, replicas=REPLICAS, timeout_seconds=20
            )
            retriever, seconds = fill(settings, folder, lines, nodes[2])
            show(f"ingest of {len(lines)} with a node killed: {seconds:.0f} s, {len(retriever)} passages, none lost: "
                 f"{len(retriever) == len(lines)}")  # fmt: skip
            nodes[2].start()
            nodes[0].wait("green", NODES)
            questions = [query.question for query in dataset.queries]
            expected = [ranking(question, retriever, entries) for question in questions]
            outcomes, slowest = Counter[str](), 0.0
            for number, question in enumerate(questions):
                if number == KILLED_AFTER:
                    nodes[1].kill()
                started = time.monotonic()
                try:
                    answer = ranking(question, retriever, entries)
                    outcomes["same" if answer == expected[number] else "WRONG"] += 1
                except LibraryError as error:
                    outcomes[f"told: {error.message.rpartition(' at ')[0] or error.message}"] += 1
                    retriever.index.refresh()
                    again = ranking(question, retriever, entries)
                    outcomes["same when asked again" if again == expected[number] else "WRONG when asked again"] += 1
                slowest = max(slowest, time.monotonic() - started)
            show(f"questions with a node killed: {dict(outcomes)}, the slowest {slowest:.1f} s")
            started = time.monotonic()
            nodes[1].start()
            nodes[0].wait("green", NODES)
            show(f"green {time.monotonic() - started:.0f} s after the node came back; {len(retriever)} passages")
            for number, (question, victim) in enumerate(zip(questions[: options.inside], cycle(nodes), strict=False)):
                outcome, seconds = killed_inside(question, retriever, victim, number + 1, expected[number])
                show(f"a node killed before round {number + 1} of one question: {outcome}, {seconds:.1f} s")
                victim.start()
                victim.wait("green", NODES)
        finally:
            for node in nodes:
                node.kill()


if __name__ == "__main__":
    main()
