"""Two runs side by side: answers, sources, ranked evidence, panel and times."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from db.runs.summary import RunSummary
from engine.run.state import RunState
from tui.drawing.cells import counted
from tui.drawing.marks import NO_VALUE

SHOWN_RANKS = 10
DEPTHS = (5, 10)
"""The numbers of best passages among which the shared ones are counted."""

Row = tuple[str, str, str]
"""A label, and the values of the first and the second run."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One persona in a run: whether it was called, its weighted total in [0, 1], the number of its steps."""

    called: bool
    total: float | None
    steps: int


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of two runs: `ranking` holds passage ids, best first; `cited` maps a source to its citation numbers."""

    run_id: str
    at: str
    question: str
    answer: str
    outcome: str
    model: str
    duration_ms: float
    passages: int
    cycles: int
    steps: int
    coverage: float | None
    cited: dict[str, tuple[int, ...]]
    ranking: tuple[str, ...]
    panel: dict[str, Seat]
    timings_ms: dict[str, float]
    titles: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, and what they share; `same_among` maps a depth to the number of best passages that both have."""

    first: ComparedRun
    second: ComparedRun
    sources_in_both: tuple[str, ...]
    sources_only_in_first: tuple[str, ...]
    sources_only_in_second: tuple[str, ...]
    same_among: dict[int, int]

    def texts(self) -> list[Row]:
        """Return the rows that are read in full: questions and answers."""
        return [
            self._row("question", lambda run: run.question),
            self._row("answer", lambda run: run.answer or NO_VALUE),
        ]

    def figures(self) -> list[tuple[str, list[Row]]]:
        """Return all other rows, in titled groups."""
        groups = {
            "Run": self._run(),
            "Sources": self._sources(),
            "Evidence by rank": self._ranking(),
            "Panel: total, steps": self._panel(),
            "Milliseconds": self._timings(),
        }
        return [(title, rows) for title, rows in groups.items() if rows]

    def _run(self) -> list[Row]:
        return [
            self._row("outcome", lambda run: run.outcome),
            self._row("model", lambda run: run.model or "none"),
            self._row("library", lambda run: counted(run.passages, "passage")),
            self._row("covered", lambda run: NO_VALUE if run.coverage is None else f"{run.coverage:.0%}"),
            self._row("cycles, steps", lambda run: f"{run.cycles}, {run.steps}"),
        ]

    def _row(self, label: str, value_of: Callable[[ComparedRun], str]) -> Row:
        return label, value_of(self.first), value_of(self.second)

    def _sources(self) -> list[Row]:
        sources = (*self.sources_in_both, *self.sources_only_in_first, *self.sources_only_in_second)
        return [self._row(self._title(source), partial(_marks, source)) for source in sources]

    def _ranking(self) -> list[Row]:
        if not self.first.ranking and not self.second.ranking:
            return []
        rows = [(f"both, of first {depth}", str(same), str(same)) for depth, same in self.same_among.items()]
        passages = _union((self.first.ranking[:SHOWN_RANKS], self.second.ranking[:SHOWN_RANKS]))
        return rows + [self._row(self._title(passage), partial(_rank, passage)) for passage in passages]

    def _panel(self) -> list[Row]:
        return [self._row(name, partial(_seat, name)) for name in _union((self.first.panel, self.second.panel))]

    def _timings(self) -> list[Row]:
        phases = _union((self.first.timings_ms, self.second.timings_ms))
        return [
            self._row("whole run", lambda run: _ms(run.duration_ms)),
            *(self._row(phase, partial(_phase, phase)) for phase in phases),
        ]

    def _title(self, name: str) -> str:
        return self.first.titles.get(name) or self.second.titles.get(name) or name


def compared(summary: RunSummary, state: RunState) -> ComparedRun:
    """Collect what a comparison shows of one run."""
    cited: dict[str, tuple[int, ...]] = {}
    answer, evidence = state.answer, state.evidence
    for citation in answer.citations if answer else ():
        cited[citation.source] = (*cited.get(citation.source, ()), citation.n)
    ranked = evidence.passages if evidence else ()
    titles = {passage.id: passage.title for passage in ranked}
    titles |= {citation.source: citation.title for citation in (answer.citations if answer else ())}
    return ComparedRun(
        run_id=summary.run_id, at=summary.at, question=state.question, answer=answer.answer if answer else "",
        outcome=str(summary.outcome), model=state.model or "", duration_ms=summary.duration_ms, passages=state.passages,
        cycles=state.cycle, steps=state.steps, coverage=evidence.coverage if evidence else None, cited=cited,
        ranking=tuple(passage.id for passage in ranked), timings_ms=state.timings_ms, titles=titles,
        panel={
            row.persona_id: Seat(row.activated, row.scores.total if row.scores else None, row.steps)
            for row in state.panel()
        },
    )  # fmt: skip


def compare(first: ComparedRun, second: ComparedRun) -> Comparison:
    """Compute what two runs share, and what only one of them has."""
    return Comparison(
        first,
        second,
        sources_in_both=tuple(source for source in first.cited if source in second.cited),
        sources_only_in_first=tuple(source for source in first.cited if source not in second.cited),
        sources_only_in_second=tuple(source for source in second.cited if source not in first.cited),
        same_among={n: len({*first.ranking[:n]} & {*second.ranking[:n]}) for n in DEPTHS},
    )


def _union(names: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for some in names for name in some))


def _marks(source: str, run: ComparedRun) -> str:
    return "".join(f"[{n}]" for n in run.cited.get(source, ())) or NO_VALUE


def _rank(passage: str, run: ComparedRun) -> str:
    return str(run.ranking.index(passage) + 1) if passage in run.ranking else NO_VALUE


def _seat(persona_id: str, run: ComparedRun) -> str:
    seat = run.panel.get(persona_id)
    if seat is None or not seat.called:
        return NO_VALUE if seat is None else "resting"
    return f"{NO_VALUE if seat.total is None else f'{seat.total:.2f}'}, {seat.steps}"


def _phase(name: str, run: ComparedRun) -> str:
    return _ms(run.timings_ms.get(name))


def _ms(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:,.1f}"
