"""Compare an OpenSearch index with the embedded one: rankings, scores, recall, rounds and processor time of questions.

    python -m tests.trials.opensearch_equal DATASET_FOLDER --host http://127.0.0.1:19301 [--shards N] [--limit N]
        [--passages N] [--pids PID ...]

`--passages` enlarges the library, as `persona-moe bench --passages` does. The figures are in
`engine/index/opensearch/FIGURES.md`. Processor time is told of this process and of the nodes in `--pids`.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from engine.bench.dataset import CUTS, Dataset, read_dataset, recalls
from engine.bench.enlarged_library import enlarged
from engine.documents.passages import Passage
from engine.index.opensearch.index import OpenSearchIndex
from engine.index.preparation import prepare
from engine.index.retriever import Retriever, index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.gate import BanditGate
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.personas.persona import Persona, PersonaState, RosterEntry, persona_from_json
from engine.settings.settings import OpenSearch
from engine.shipped import shipped

TICKS = 100  # of /proc a second


def roster() -> list[RosterEntry]:
    """Return the shipped personas, all active."""
    files = sorted(shipped("personas").glob("*/*.json"))
    personas: list[Persona] = [persona_from_json(json.loads(path.read_text()), where=path.name) for path in files]
    return [RosterEntry(persona, PersonaState.ACTIVE) for persona in personas]


class Spent(NamedTuple):
    """Seconds: of the clock, of the processor in this process, and in the nodes."""

    clock: float
    here: float
    nodes: float

    @classmethod
    def until_now(cls, pids: Sequence[int]) -> "Spent":
        own = resource.getrusage(resource.RUSAGE_SELF)
        fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
        nodes = sum(int(f[11]) + int(f[12]) for f in fields) / TICKS
        return cls(time.perf_counter(), own.ru_utime + own.ru_stime, nodes)

    def since(self, start: "Spent") -> "Spent":
        return Spent(*(now - then for now, then in zip(self, start, strict=True)))

    def __str__(self) -> str:
        return f"{self.clock:.1f} s, CPU s here {self.here:.1f}, nodes {self.nodes:.1f}"


def ranking(question: str, retriever: Retriever, entries: list[RosterEntry]) -> dict[str, float]:
    """Return the ranking of the panel that the gate chooses, with scores, by passage id."""
    panel = Panel(question, retriever)
    receipts = BanditGate(0.0, 6, []).choose(
        panel.question, question_features(panel.neighbourhood), entries, cycle=1, called=()
    )
    called = [(e.persona, r.voice) for e, r in zip(entries, receipts, strict=True) if r.activated]
    panel.send_all(called)
    return {panel.passage(number).id: score for number, score in panel.fused().items()}


def show(line: str) -> None:
    """Print a figure."""
    print(line, flush=True)  # noqa: T201 - the report


def percentiles(values: list[float]) -> str:
    cuts = quantiles(values, n=20, method="inclusive")
    return f"p50 {cuts[9]:.0f} p95 {cuts[18]:.0f}"


def compare(
    dataset: Dataset, settings: OpenSearch, pids: list[int], *, passages: int, again: bool, together: bool
) -> None:
    entries = roster()
    lines = [(line.passage, line.group) for line in dataset.passages]
    if passages > len(lines):
        lines = [(passage, "") for passage in enlarged([passage for passage, _ in lines], passages)]
    with tempfile.TemporaryDirectory() as folder:
        index = OpenSearchIndex(Path(folder), settings, 1)
        here, there = fill(SearchIndex(Path(folder) / "index"), index, lines, pids, again=again, together=together)
        megabytes = sum(file.stat().st_size for file in (Path(folder) / "index").iterdir()) / 1e6
        stored = index.connection.request("GET", f"/{index.name}/_stats/store")["_all"]["total"]["store"][
            "size_in_bytes"
        ]
        show(f"disk: embedded {megabytes:.0f} MB, OpenSearch {stored / 1e6:.0f} MB")
        equal = same_order = 0
        recall: dict[str, list[list[float]]] = {"here": [], "there": []}
        rounds: list[float] = []
        times: dict[str, list[Spent]] = {"here": [], "there": []}
        for query in dataset.queries:
            scope = (query.group,) if query.group else ()
            found = {}
            for name, library in (("here", here), ("there", there)):
                retriever = Retriever(library.index, scope, here.mean_length)
                before, asked = Spent.until_now(pids), index.connection.rounds
                found[name] = ranking(query.question, retriever, entries)
                times[name].append(Spent.until_now(pids).since(before))
                recall[name].append(list(recalls(list(found[name]), query.gold)))
                if name == "there":
                    rounds.append(index.connection.rounds - asked)
            same_order += list(found["here"]) == list(found["there"])
            equal += list(found["here"]) == list(found["there"]) and all(
                abs(score - found["there"][passage]) < 1e-5 for passage, score in found["here"].items()
            )
        show(f"same ranking {same_order}/{len(rounds)}, and scores {equal}/{len(rounds)}")
        at = CUTS.index(5)
        for name, values in recall.items():
            show(f"recall@5 {name}: {100 * sum(row[at] for row in values) / len(values):.1f}")
        show(f"rounds {percentiles(rounds)} max {max(rounds):.0f}")
        for name, spent in times.items():
            show(f"ms {name}: {percentiles([1000 * s.clock for s in spent])}")
            show(f"  CPU ms of this process: {percentiles([1000 * s.here for s in spent])}")
            show(f"  CPU ms of the nodes: {percentiles([1000 * s.nodes for s in spent])}")


def fill(
    embedded: SearchIndex,
    index: OpenSearchIndex,
    lines: Sequence[tuple[Passage, str]],
    pids: list[int],
    *,
    again: bool,
    together: bool,
) -> tuple[Retriever, Retriever]:
    """Index the passages in both, with one analysis if `together`; `again`: the cluster has them already."""
    before = Spent.until_now(pids)
    if together:
        here = fill_together(embedded, index, lines)
        show(f"{len(lines)} passages, both: {Spent.until_now(pids).since(before)}")
    else:
        here = index_passages(embedded, lines)
        show(f"{len(lines)} passages, embedded: {Spent.until_now(pids).since(before)}")
        before = Spent.until_now(pids)
        if not again:
            index_passages(index, lines)
            show(f"OpenSearch: {Spent.until_now(pids).since(before)}")
    there = Retriever(index, (), here.mean_length)
    assert len(there) == len(here), (len(there), len(here))
    return here, there


def fill_together(embedded: SearchIndex, index: OpenSearchIndex, lines: Sequence[tuple[Passage, str]]) -> Retriever:
    words = 0
    with embedded.writing() as first, index.writing() as second:
        for passage, group in lines:
            prepared = [prepare(passage)]
            words += first.add(prepared, [group] if group else [])[1]
            second.add(prepared, [group] if group else [])
        first.commit()
        second.commit()
    return Retriever(embedded, (), words / len(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", nargs="+", default=["http://127.0.0.1:19301"])
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--passages", type=int, default=0)
    parser.add_argument("--pids", type=int, nargs="*", default=[])
    parser.add_argument("--together", action="store_true", help="fill both at once, and analyse each passage once")
    parser.add_argument("--again", action="store_true", help="the index is there already")
    options = parser.parse_args()
    dataset = read_dataset(options.folder, limit=options.limit)
    name = f"trial-{dataset.name}-{options.passages}-{options.shards}".lower()
    settings = OpenSearch(
        hosts=tuple(options.host), index=name, shards=options.shards, replicas=options.replicas, timeout_seconds=120
    )
    compare(dataset, settings, options.pids, passages=options.passages, again=options.again, together=options.together)


if __name__ == "__main__":
    main()
