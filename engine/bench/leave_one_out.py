"""Measures the panel without each kind of evidence, and against its best single persona and random panels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.bench.dataset import Dataset
from engine.bench.learning import newcomers
from engine.bench.question_cache import CachedQuestion, cached_datasets
from engine.bench.recall import SEEDS, active_walkers
from engine.bench.statistics import Interval, paired_bootstrap
from engine.index.catalogue import Progress
from engine.mixture.gate import Gate
from engine.personas.persona import Persona, RosterEntry
from engine.personas.traits import Kind

POOL = "all"  # the name of all data sets together
_CUTS = (5, 20)
_SINGLE = "single "  # before the id of a persona that is measured alone
_LOWEST = 1  # of a trait: the kind of evidence counts nothing

_Recalls = dict[str, list[tuple[float, ...]]]  # by panel, of each question: recall at each cut, in [0, 1]


@dataclass(frozen=True, slots=True)
class LeaveOneOutRow:
    """One panel on one data set, or on all of them: recall@5 and @20 in percent.

    `lost_at_5` and `lost_at_20` are the recall of the whole panel less that of this one, in points, with the 95 %
    interval over questions.
    """

    dataset: str
    panel: str
    questions: int
    recall_at_5: float
    recall_at_20: float
    lost_at_5: Interval
    lost_at_20: Interval


def measure_leave_one_out(
    datasets: Sequence[Dataset],
    entries: Sequence[RosterEntry],
    gate: Gate,
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[LeaveOneOutRow]:
    """Return the rows of each data set, and of all together if there are several.

    `panel` is the panel as the gate calls it. `without KIND` has the same personas with the same voices, but none of
    them goes by that kind; the weights of the other kinds are not fitted anew. `best single` is the persona with the
    highest recall@5 on these questions, known afterwards. `random panel` has as many personas as the panel, with random
    traits and full voices, and the control; the mean of five.
    """
    rows: list[LeaveOneOutRow] = []
    pool: _Recalls = {}
    for dataset, questions in cached_datasets(datasets, progress):
        recalls: _Recalls = {}
        for question in questions:
            for panel, values in _recalls(question, entries, gate).items():
                recalls.setdefault(panel, []).append(values)
        rows += _rows(dataset.name, recalls, entries)
        for panel, of_dataset in recalls.items():
            pool.setdefault(panel, []).extend(of_dataset)
    return rows + (_rows(POOL, pool, entries) if len(datasets) > 1 else [])


def _recalls(question: CachedQuestion, entries: Sequence[RosterEntry], gate: Gate) -> dict[str, tuple[float, ...]]:
    """Return the recalls of each panel, and of each persona after `_SINGLE`."""
    receipts = gate.choose(question.question, question.features, entries, cycle=1)
    voices = {receipt.persona_id: receipt.voice for receipt in receipts if receipt.activated}
    personas = {entry.persona.persona_id: entry.persona for entry in entries}
    recalls = {"panel": _at_cuts(question, voices, personas)}
    for kind in (kind for kind in Kind if kind is not Kind.MEANING):  # a bench has no vectors
        recalls[f"without {kind}"] = _at_cuts(question, voices, _without(kind, personas))
    for name, persona in personas.items():
        ranking = question.output(persona).first(max(_CUTS))
        recalls[_SINGLE + name] = tuple(question.recall(ranking, cut) for cut in _CUTS)
    controls = {name: personas[name] for name in voices if personas[name].is_control}
    panels = [controls | _random_personas(seed, len(voices) - len(controls)) for seed in SEEDS]
    samples = [_at_cuts(question, dict.fromkeys(panel, 1.0), panel) for panel in panels]
    recalls["random panel"] = tuple(sum(values) / len(samples) for values in zip(*samples, strict=True))
    return recalls


def _at_cuts(
    question: CachedQuestion, voices: Mapping[str, float], personas: Mapping[str, Persona]
) -> tuple[float, ...]:
    ranking = list(question.fused({name: voice for name, voice in voices.items() if name in personas}, personas))
    return tuple(question.recall(ranking, cut) for cut in _CUTS)


def _without(kind: Kind, personas: Mapping[str, Persona]) -> dict[str, Persona]:
    """Return the personas without a kind of evidence; the control, which has words alone, is left out with these."""
    muted = {
        name: persona if persona.is_control else replace(persona, traits={**persona.traits, str(kind): _LOWEST})
        for name, persona in personas.items()
    }
    return {name: persona for name, persona in muted.items() if kind is not Kind.WORDS or not persona.is_control}


def _random_personas(seed: int, count: int) -> dict[str, Persona]:
    return {entry.persona.persona_id: entry.persona for entry in newcomers(seed)[:count]}


def _rows(dataset: str, recalls: _Recalls, entries: Sequence[RosterEntry]) -> list[LeaveOneOutRow]:
    singles = [entry.persona.persona_id for entry in active_walkers(entries)]
    best = max(singles, key=lambda name: sum(values[0] for values in recalls[_SINGLE + name]), default=None)
    panels = {name: name for name in recalls if not name.startswith(_SINGLE)}
    if best is not None:
        panels[f"best single ({best})"] = _SINGLE + best
    return [_row(dataset, label, recalls[name], recalls["panel"]) for label, name in panels.items()]


def _row(
    dataset: str, label: str, recalls: Sequence[tuple[float, ...]], panel: Sequence[tuple[float, ...]]
) -> LeaveOneOutRow:
    (at_5, at_20), (whole_5, whole_20) = zip(*recalls, strict=True), zip(*panel, strict=True)
    means = [round(100 * sum(values) / len(values), 2) for values in (at_5, at_20)]
    lost = [paired_bootstrap(whole_5, at_5).in_points(), paired_bootstrap(whole_20, at_20).in_points()]
    return LeaveOneOutRow(dataset, label, len(recalls), means[0], means[1], lost[0], lost[1])
