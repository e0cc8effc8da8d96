"""Measure recall and speed on questions whose needed passages are known.

A data set is a folder with corpus.jsonl ({"id","title","text"[,"group"]}) and queries.jsonl ({"id","question",
"answers","gold"[,"type"][,"group"]}). `gold` has the ids of the needed passages; it is empty if the library does
not hold the answer. A question with a group searches only the passages of that group.
"""

import argparse
import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from tui.commands.output import ProgressLine, session_of, show, table
from tui.session.session import Session

if TYPE_CHECKING:
    from engine.bench.answers import AnswerRow
    from engine.bench.dataset import Dataset, Indexed
    from engine.bench.meaning import FindSimilar
    from engine.bench.statistics import Interval
    from engine.mixture.gate import Gate
    from engine.personas.persona import RosterEntry

Table = tuple[Sequence[object], Sequence[str], Sequence[Sequence[object]]]  # rows; header and cells to show them


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATASET ..., the kinds of measurement, --limit and --json."""
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET", help="folders with data sets")
    parser.add_argument(
        "--methods",
        default="",
        metavar="A,B",
        help="also measure rrf, best-single, oracle, random-gate, or personas by their ids",
    )
    parser.add_argument(
        "--ablate", action="store_true", help="also measure the panel without each part and each persona"
    )
    parser.add_argument(
        "--meaning", action="store_true", help="measure with the embedding model of the settings; vectors are kept"
    )
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--answers", action="store_true", help="measure instead whether the answers hold the known answers; see --model"
    )
    other.add_argument(
        "--grounding", action="store_true", help="measure instead which true and false statements keep a citation"
    )
    other.add_argument("--personas", action="store_true", help="measure instead how much the personas differ")
    other.add_argument("--scores", action="store_true", help="measure instead how the scores correlate with recall")
    other.add_argument(
        "--leave-one-out",
        action="store_true",
        help="measure instead the panel without each kind of evidence, its best persona and random panels",
    )
    other.add_argument(
        "--learn", action="store_true", help="measure instead whether use improves the panel (takes minutes)"
    )
    other.add_argument(
        "--scale", type=int, metavar="N", help="measure instead time and disk at 10,000 and at N passages"
    )
    parser.add_argument("--model", metavar="NAME", help="with --answers: also measure answers that this model writes")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N questions of each data set")
    parser.add_argument("--json", action="store_true", help="print the rows as a JSON list")


def run(options: argparse.Namespace) -> int:
    """Exit 2 for a data set that cannot be read, an unknown method, or options that do not go together."""
    from engine.bench.dataset import read_dataset  # noqa: PLC0415 - with the engine

    if options.limit is not None and options.limit < 1:
        raise InputError(f"--limit {options.limit} is not valid", hint="a whole number from 1")
    if options.scale is not None and options.scale < 1:
        raise InputError(f"--scale {options.scale} is not valid", hint="a whole number from 1")
    measure = next((other for name, other in _OTHERS.items() if getattr(options, name)), None)
    if options.model and not options.answers:
        raise InputError("--model goes with --answers only", hint="leave it out, or add --answers")
    if measure and (options.methods or options.ablate or options.meaning):
        hint = "run them one by one"
        raise InputError("--methods, --ablate and --meaning do not go with another measurement", hint=hint)
    session, progress = session_of(options), ProgressLine("measuring")
    unanswerable = options.answers
    datasets = [read_dataset(path, limit=options.limit, unanswerable=unanswerable) for path in options.datasets]
    try:
        rows, header, cells = (measure or _recall)(options, session, datasets, progress)
    finally:
        progress.clear()
    show(options, rows, table(header, cells))
    return 0


def _recall(
    options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.dataset import CUTS  # noqa: PLC0415 - with the engine
    from engine.bench.recall import run_benchmark  # noqa: PLC0415 - with the engine

    entries, batch_size = _entries(session, has_vectors=options.meaning), session.settings.system.batch_size
    gate = _gate(session, has_vectors=options.meaning)
    embed = {"embed": partial(_embed, session, progress)} if options.meaning else {}
    methods = [name.strip() for name in options.methods.split(",") if name.strip()]
    rows = [
        row
        for dataset in datasets
        for row in run_benchmark(
            dataset, methods, entries, gate, batch_size=batch_size, ablate=options.ablate, progress=progress, **embed
        )
    ]
    recalls = [f"recall@{cut}" for cut in CUTS]
    times = ("p50 ms", "p95 ms", "cpu p50", "cpu p95", "index s")
    header = ("data set", "method", "questions", *recalls, "all@5", "panel ahead @5", *times)
    return rows, header, [
        (r.dataset, f"{r.method} ({r.persona})" if r.persona else r.method, r.questions, *r.recall.values(),
         r.all_at_5, _interval(r.lead), r.p50_ms, r.p95_ms, r.cpu_p50_ms, r.cpu_p95_ms, r.index_s)
        for r in rows
    ]  # fmt: skip


def _answers(
    options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.answers import measure_answers  # noqa: PLC0415 - with the engine
    from engine.model.client import connect  # noqa: PLC0415 - with the engine

    async def measure() -> list["AnswerRow"]:
        model = await connect(session.settings.ollama, options.model) if options.model else None
        entries, settings = _entries(session), session.settings
        try:
            return [
                row
                for dataset in datasets
                for row in await measure_answers(dataset, entries, settings, model, progress=progress)
            ]
        finally:
            if model is not None:
                await model.close()

    rows = asyncio.run(measure())
    header = ("data set", "method", "questions", "shown", "first", "f1", "exact", "gold cited", "abstained",
              "false abst.", "right abst.", "words", "p50 ms")  # fmt: skip
    return rows, header, [
        (r.dataset, r.method, r.questions, r.shown, r.first, r.f1, r.exact, r.gold_cited, r.abstained,
         r.false_abstentions, "-" if r.right_abstentions is None else r.right_abstentions, r.words, r.p50_ms)
        for r in rows
    ]  # fmt: skip


def _grounding(
    _options: argparse.Namespace, _session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.grounding import measure_grounding  # noqa: PLC0415 - with the engine

    rows = [row for dataset in datasets for row in measure_grounding(dataset, progress=progress)]
    return rows, ("data set", "change", "tried", "kept %"), [(r.dataset, r.change, r.tried, r.kept) for r in rows]


def _personas(
    _options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.diversity import measure_diversity  # noqa: PLC0415 - with the engine

    rows = measure_diversity(datasets, _entries(session), progress=progress)
    header = ("data set", "persona", "recall@5", "overlap", "only it %", "panel loses @5")
    return rows, header, [(r.dataset, r.persona, r.recall, r.overlap, r.only, _interval(r.loss)) for r in rows]


def _leave_one_out(
    _options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.leave_one_out import measure_leave_one_out  # noqa: PLC0415 - with the engine

    rows = measure_leave_one_out(datasets, _entries(session), _gate(session), progress=progress)
    header = ("data set", "panel", "questions", "recall@5", "recall@20", "panel ahead @5", "panel ahead @20")
    return rows, header, [
        (r.dataset, r.panel, r.questions, r.recall_at_5, r.recall_at_20, *map(_interval, (r.lost_at_5, r.lost_at_20)))
        for r in rows
    ]  # fmt: skip


def _scores(
    _options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.score_validity import measure_validity  # noqa: PLC0415 - with the engine

    weights = session.settings.scoring.weights
    rows = measure_validity(datasets, _entries(session), weights, progress=progress)
    header = ("data set", "score", "pooled", "within a question", "outputs")
    return rows, header, [(r.dataset, r.score, _figure(r.pooled), _figure(r.within), r.outputs) for r in rows]


def _learning(
    _options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.learning import measure_learning  # noqa: PLC0415 - with the engine

    rows = measure_learning(datasets, _entries(session), session.settings, progress=progress)
    header = ("data set", "start", "learner", "held out", "recall@5 as it learns", "against frozen")
    return rows, header, [
        (r.dataset, r.start, r.learner, r.questions, " ".join(f"{value:.1f}" for value in r.recall), _interval(r.gain))
        for r in rows
    ]  # fmt: skip


def _scale(
    options: argparse.Namespace, session: Session, datasets: Sequence["Dataset"], progress: ProgressLine
) -> Table:
    from engine.bench.recall import ALWAYS, ranks_of  # noqa: PLC0415 - with the engine
    from engine.bench.scale import measure_scale, sizes_of  # noqa: PLC0415 - with the engine

    ranks = ranks_of(ALWAYS, _entries(session), _gate(session), session.settings.system.batch_size)
    rows = []
    for dataset in datasets:
        sizes = sizes_of([line.passage for line in dataset.passages], options.scale)
        questions = [query.question for query in dataset.queries]
        rows += measure_scale(dataset.name, sizes, questions, ranks, progress=progress)
    times = ("index s", "passages/s", "MB", "p50 ms", "p95 ms", "x index", "x disk", "x p50")
    return rows, ("data set", "method", "passages", *times), [
        (r.dataset, r.method, r.passages, r.index_s, r.passages_per_s, round(r.megabytes, 1), r.p50_ms, r.p95_ms,
         r.index_ratio, r.disk_ratio, r.p50_ratio)
        for r in rows
    ]  # fmt: skip


def _embed(session: Session, progress: ProgressLine, library: "Indexed") -> "FindSimilar":
    """Embed a data set; the vectors are kept in the workspace."""
    from engine.bench.meaning import embed_dataset  # noqa: PLC0415 - with the engine
    from engine.model.embedding import connect_embedding  # noqa: PLC0415 - with the engine

    async def embed() -> "FindSimilar":
        model = await connect_embedding(session.settings.ollama)
        try:
            return await embed_dataset(library, model, session.workspace.bench, progress)
        finally:
            await model.close()

    return asyncio.run(embed())


def _entries(session: Session, *, has_vectors: bool = False) -> list["RosterEntry"]:
    """The personas; without vectors, only those that find something then."""
    from engine.personas.traits import needs_vectors  # noqa: PLC0415 - with the engine

    entries = session.personas.roster.entries()
    return [entry for entry in entries if has_vectors or not needs_vectors(entry.persona)]


def _gate(session: Session, *, has_vectors: bool = False) -> "Gate":
    """The gate as it is in use: with what it has learned in this workspace."""
    from engine.mixture.gate import BanditGate  # noqa: PLC0415 - with the engine

    thresholds, seats = session.settings.thresholds, session.settings.system.batch_size
    return BanditGate(
        thresholds.activation_threshold, seats, session.personas.roster.experiences(), has_vectors=has_vectors
    )


_OTHERS = {
    "answers": _answers, "grounding": _grounding, "personas": _personas, "scores": _scores,
    "leave_one_out": _leave_one_out, "learn": _learning, "scale": _scale,
}  # fmt: skip


def _interval(interval: "Interval") -> str:
    return f"{interval.mean:+.1f} [{interval.low:+.1f}, {interval.high:+.1f}]"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"
