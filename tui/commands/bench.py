"""Measure recall and speed on questions with known passages, beside plain search.

A data set is a folder with corpus.jsonl ({"id","title","text"[,"group"]}) and queries.jsonl ({"id","question",
"answers","gold"[,"type"][,"group"]}): `gold` are the ids of the passages that are needed, none if the library
does not hold the answer; a group restricts the search to its passages.
"""

import argparse
from pathlib import Path

from engine.errors import InputError
from tui.commands.output import ProgressLine, print_json, print_table
from tui.composition import open_session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DATASET ..., --methods, --limit and --json."""
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET")
    parser.add_argument(
        "--methods", default="", metavar="A,B", help="more methods: ids of personas; bm25 and panel always"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N questions of each data set")
    parser.add_argument("--json", action="store_true", help="print the rows as a JSON list")


def run(options: argparse.Namespace) -> int:
    """Exit 2 for a data set that cannot be read or an unknown method."""
    from engine.benchmark import CUTS, read_dataset, run_benchmark  # noqa: PLC0415 - with the engine
    from engine.gate import ThresholdGate  # noqa: PLC0415 - with the engine

    if options.limit is not None and options.limit < 1:
        raise InputError(f"--limit {options.limit} is not valid", hint="a whole number from 1")
    session = open_session(options.workspace)
    settings, entries = session.settings, session.roster.entries()
    gate = ThresholdGate(settings.thresholds.activation_threshold, settings.system.batch_size)
    methods = [name.strip() for name in options.methods.split(",") if name.strip()]
    progress, rows = ProgressLine("measuring"), []
    for folder in options.datasets:
        dataset = read_dataset(folder, limit=options.limit)
        rows += run_benchmark(dataset, methods, entries, gate, progress=progress)
    progress.clear()
    if options.json:
        print_json(rows)
        return 0
    header = (
        "data set",
        "method",
        "questions",
        *(f"recall@{cut}" for cut in CUTS),
        "all@5",
        "p50 ms",
        "p95 ms",
        "index s",
    )
    print_table(header, [
        (r.dataset, r.method, r.questions, *r.recall.values(), r.all_at_5, r.p50_ms, r.p95_ms, r.index_s) for r in rows
    ])  # fmt: skip
    return 0
