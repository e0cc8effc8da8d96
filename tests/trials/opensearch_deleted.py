"""Rank in an OpenSearch index and in the embedded one after a third of the passages was replaced, and in a new index.

    python -m tests.trials.opensearch_deleted DATASET_FOLDER --host http://127.0.0.1:19301 [--limit N]

Both engines score by statistics that count removed passages until they merge them away; a new index has none. The
figures are in `engine/index/opensearch/FIGURES.md`.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

from engine.bench.dataset import read_dataset
from engine.bench.dataset import recall as recall_of
from engine.documents.passages import Passage
from engine.index.indexed_passage import IndexedPassage
from engine.index.opensearch.index import OpenSearchIndex
from engine.index.passage_index import PassageIndex
from engine.index.preparation import prepare
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.settings.settings import OpenSearch
from tests.trials.opensearch_equal import ranking, roster, show

FIRST = 5  # passages that are compared without their order


def replaced(passages: Sequence[Passage]) -> list[Passage]:
    """Return a new text for every third passage: that of the passage before it and its own."""
    texts = [f"{previous.text} {passage.text}" for previous, passage in pairwise(passages)]
    chosen = zip(passages[1::3], texts[::3], strict=True)
    return [replace(passage, text=text, end=len(text)) for passage, text in chosen]


def replace_in(index: PassageIndex, passages: Sequence[Passage]) -> None:
    with index.writing() as writer:
        for passage in passages:
            writer.remove(passage.source)
            writer.add([prepare(passage)], [passage.source])
        writer.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="http://127.0.0.1:19301")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    dataset, entries = read_dataset(options.folder, limit=options.limit), roster()
    passages = [line.passage for line in dataset.passages]
    new = replaced(passages)
    last = {passage.id: passage for passage in [*passages, *new]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = OpenSearch(hosts=(options.host,), index="trial-deleted", timeout_seconds=120)
        remote = OpenSearchIndex(folder, settings, 1)
        changed: dict[str, PassageIndex] = {"embedded": SearchIndex(folder / "index"), "OpenSearch": remote}
        for index in changed.values():
            index_passages(index, [(passage, passage.source) for passage in passages])
            replace_in(index, new)
        fresh = index_passages(SearchIndex(folder / "new"), [(passage, passage.source) for passage in last.values()])
        retrievers = {label: Retriever(index, (), fresh.mean_length) for label, index in changed.items()}
        retrievers["new"] = fresh
        docs = remote.connection.request("GET", f"/{remote.name}/_stats/docs")["_all"]["primaries"]["docs"]
        show(f"{len(passages)} passages, {len(new)} replaced; {docs['deleted']} removed ones are still in OpenSearch")
        assert {len(retriever) for retriever in retrievers.values()} == {len(passages)}
        names = sorted({name for p in new[:50] for name, _ in IndexedPassage(prepare(p).stored).mentions})
        counts = {label: retriever.name_frequencies(names) for label, retriever in retrievers.items()}
        show(f"counts of {len(names)} names alike: {len({tuple(count) for count in counts.values()}) == 1}")
        rankings = {
            label: [list(ranking(query.question, retriever, entries)) for query in dataset.queries]
            for label, retriever in retrievers.items()
        }
        for label, lists in rankings.items():
            recalls = [recall_of(ids, query.gold) for ids, query in zip(lists, dataset.queries, strict=True)]
            show(f"recall@5 {label}: {100 * sum(recalls) / len(recalls):.1f}")
        for first, second in combinations(rankings, 2):
            pairs = list(zip(rankings[first], rankings[second], strict=True))
            first_five = sum(set(a[:FIRST]) == set(b[:FIRST]) for a, b in pairs)
            show(
                f"{first}, {second}: same ranking {sum(a == b for a, b in pairs)}/{len(pairs)}, same five {first_five}"
            )
        for index_name in (remote.name, f"{remote.name}-numbers"):
            remote.connection.request("DELETE", f"/{index_name}")


if __name__ == "__main__":
    main()
