"""Compare an OpenSearch index with the embedded one: rankings, scores, recall, rounds and processor time of questions.

    python -m tests.trials.opensearch_equal DATASET_FOLDER --host http://127.0.0.1:19301 [--shards N] [--limit N]

Its figures stand in `engine/index/opensearch/FIGURES.md`. The cluster's own processor time is that of --pids.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from engine.bench.dataset import CUTS, Dataset, read_dataset, recalls
from engine.index.opensearch.index import OpenSearchIndex
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


def cpu_of(pids: list[int]) -> float:
    """Return the seconds of the processor that these processes and this one have used."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return own.ru_utime + own.ru_stime + sum(int(f[11]) + int(f[12]) for f in fields) / TICKS


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


def compare(dataset: Dataset, settings: OpenSearch, pids: list[int], *, again: bool) -> None:
    entries = roster()
    with tempfile.TemporaryDirectory() as folder:
        lines = [(line.passage, line.group) for line in dataset.passages]
        started = time.perf_counter()
        here = index_passages(SearchIndex(Path(folder) / "index"), lines)
        show(f"{dataset.name}: {len(lines)} passages, embedded index {time.perf_counter() - started:.1f} s")
        index, before = OpenSearchIndex(Path(folder), settings, 1), cpu_of(pids)
        started = time.perf_counter()
        there = Retriever(index, (), index.mean_length or 1.0) if again else index_passages(index, lines)
        spent = cpu_of(pids) - before
        show(f"OpenSearch: {time.perf_counter() - started:.1f} s, {spent:.1f} CPU s, {len(there)} passages")
        assert len(there) == len(here), (len(there), len(here))
        equal = same_order = 0
        recall: dict[str, list[list[float]]] = {"here": [], "there": []}
        rounds: list[float] = []
        times: dict[str, list[float]] = {"cpu here": [], "cpu there": [], "ms here": [], "ms there": []}
        for query in dataset.queries:
            scope = (query.group,) if query.group else ()
            found = {}
            for name, library in (("here", here), ("there", there)):
                retriever = Retriever(library.index, scope, here.mean_length)
                before, started, asked = cpu_of(pids), time.perf_counter(), index.connection.rounds
                found[name] = ranking(query.question, retriever, entries)
                times[f"ms {name}"].append(1000 * (time.perf_counter() - started))
                times[f"cpu {name}"].append(1000 * (cpu_of(pids) - before))
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
        for name, measured in times.items():
            show(f"{name}: {percentiles(measured)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", nargs="+", default=["http://127.0.0.1:19301"])
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pids", type=int, nargs="*", default=[])
    parser.add_argument("--again", action="store_true", help="the index is there already")
    options = parser.parse_args()
    dataset = read_dataset(options.folder, limit=options.limit)
    name = f"trial-{dataset.name}-{options.shards}".lower()
    settings = OpenSearch(
        hosts=tuple(options.host), index=name, shards=options.shards, replicas=options.replicas, timeout_seconds=120
    )
    compare(dataset, settings, options.pids, again=options.again)


if __name__ == "__main__":
    main()
