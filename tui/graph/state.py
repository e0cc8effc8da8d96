"""The graph of a run at any step of its growth: passages, the visits of personas, ranks and citations."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.documents.identity import PassageId
from engine.events import (
    AnswerWritten,
    Citation,
    CycleStarted,
    EvidenceRanked,
    GateReceipt,
    PersonaStepped,
    QuestionRead,
    RecordedEvent,
    RunEvent,
    RunStarted,
)

GrowthStep = PersonaStepped | EvidenceRanked | AnswerWritten
"""The events that change the graph: a persona visits a passage, the panel ranks, the answer cites."""

FIRST = 5
"""So many best passages of the ranking are the panel's result."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A persona came to a passage by the link `via`, from `source_id` or (empty) from the question itself."""

    persona_id: str
    source_id: str
    via: str
    score: float


@dataclass(slots=True)
class GraphNode:
    """A passage that was visited, with its visits in their order and its citations.

    `rank` counts from 1 in the panel's ranking (0: not in it), `fused` is the score there.
    """

    node_id: str
    title: str
    visits: list[Visit] = field(default_factory=list)
    rank: int = 0
    fused: float = 0.0
    citations: list[Citation] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The file or record it is in; empty for an id that names none."""
        return PassageId.parse(self.node_id).source

    @property
    def number(self) -> str:
        """Which passage of its source it is, as the id has it."""
        return PassageId.parse(self.node_id).number

    def score(self, persona_id: str = "") -> float:
        """Return the best score of all visits, or of those of one persona."""
        return max((v.score for v in self.visits if not persona_id or v.persona_id == persona_id), default=0.0)

    def visitors(self) -> dict[str, float]:
        """Map the personas that came here, in their order, to the best score that each gave it."""
        scores: dict[str, float] = {}
        for visit in self.visits:
            scores[visit.persona_id] = max(visit.score, scores.get(visit.persona_id, 0.0))
        return scores


@dataclass(slots=True)
class GraphState:
    """The graph after `steps` steps of growth; `apply` is the only way to change it.

    `known` are the names of the question that the library knows, `links` maps a pair of passages to the name of their
    link, `titles` counts the passages with each title, `walkers` are the personas that followed a link. `symbols` and
    `numbers` identify a persona during the run; its number, and so its colour, is that of all panes.
    """

    question: str = ""
    run_id: str = ""
    known: tuple[str, ...] = ()
    nodes: dict[str, GraphNode] = field(default_factory=dict)
    titles: Counter[str] = field(default_factory=Counter)
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    walkers: set[str] = field(default_factory=set)
    symbols: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    last: GrowthStep | None = None
    ranked: EvidenceRanked | None = None
    answer: AnswerWritten | None = None

    def apply(self, event: RunEvent) -> None:
        """Take in the next event of the run; most kinds do not change the graph."""
        match event:
            case RunStarted(question=question, run_id=run_id):
                self.question, self.run_id = question, run_id
            case QuestionRead(known=known):
                self.known = known
            case GateReceipt(persona_id=name, activated=activated):
                self._meet(name, seated=activated)
            case CycleStarted(personas=names):
                for name in names:
                    self._meet(name)
            case PersonaStepped() | EvidenceRanked() | AnswerWritten():
                self.steps += 1
                self.last = event
                self._grow(event)
            case _:
                pass

    def _grow(self, event: GrowthStep) -> None:
        match event:
            case PersonaStepped():
                self._step(event)
            case EvidenceRanked():
                self._rank(event)
            case AnswerWritten():
                self._cite(event)

    def _meet(self, persona_id: str, *, seated: bool = True) -> None:
        """Give a persona its number, and a symbol once it is called."""
        self.numbers.setdefault(persona_id, len(self.numbers))
        if seated and persona_id not in self.symbols:
            self.symbols[persona_id] = _symbol(persona_id, set(self.symbols.values()))

    def _step(self, event: PersonaStepped) -> None:
        self._meet(event.persona_id)
        if (node := self.nodes.get(event.target_id)) is None:
            node = self.nodes[event.target_id] = GraphNode(event.target_id, event.title)
            self.titles[event.title] += 1
        source = event.source_id if event.source_id in self.nodes and event.source_id != event.target_id else ""
        node.visits.append(Visit(event.persona_id, source, event.via, event.score))
        if source:
            self.links.setdefault((source, event.target_id), event.via)
            self.walkers.add(event.persona_id)

    def _rank(self, event: EvidenceRanked) -> None:
        """Rank the passages again: each cycle has its own ranking."""
        self.ranked = event
        for node in self.nodes.values():
            node.rank, node.fused = 0, 0.0
        for rank, passage in enumerate(event.passages, start=1):
            if (node_ := self.nodes.get(passage.id)) is not None:
                node_.rank, node_.fused = rank, passage.score

    def _cite(self, event: AnswerWritten) -> None:
        self.answer = event
        for node in self.nodes.values():
            node.citations = []
        for citation in event.citations:
            if (node_ := self._cited_node(citation)) is not None:
                node_.citations.append(citation)

    def _cited_node(self, citation: Citation) -> GraphNode | None:
        """Find the passage of a citation; old records have only the source, whose best passage is taken."""
        if citation.passage:
            return self.nodes.get(citation.passage)
        of_source = [node for node in self.nodes.values() if node.source == citation.source]
        return min(of_source, key=lambda node: (node.rank or len(self.nodes), -node.score()), default=None)


class Growth:
    """The events of a run, and the `state` after `position` of `total` steps; None follows the newest step."""

    def __init__(self, events: Sequence[RecordedEvent] = ()) -> None:
        self._begin(events)
        self.read(events)

    def _begin(self, events: Sequence[RecordedEvent]) -> None:
        self.state = GraphState()
        self.total = 0
        self.position: int | None = None
        self._events = events
        self._counted = self._applied = 0

    @property
    def steps(self) -> int:
        """The number of steps in `state`."""
        return self.state.steps

    def read(self, events: Sequence[RecordedEvent]) -> None:
        """Take in the events that were added since the last call; another list is another run."""
        if events is not self._events or len(events) < self._counted:
            self._begin(events)
        self.total += sum(isinstance(recorded.event, GrowthStep) for recorded in events[self._counted :])
        self._counted = len(events)
        self._settle()

    def go(self, position: int | None) -> None:
        """Go to the graph after so many steps, or follow the newest."""
        self.position = None if position is None else max(0, min(position, self.total))
        self._settle()

    def _settle(self) -> None:
        target = self.total if self.position is None else self.position
        if target < self.state.steps:
            self.state, self._applied = GraphState(), 0
        while self._applied < self._counted:
            event = self._events[self._applied].event
            if self.state.steps >= target and isinstance(event, GrowthStep):
                break
            self.state.apply(event)
            self._applied += 1


def _symbol(persona_id: str, used: set[str]) -> str:
    """Choose a sign for a persona: an unused letter of its name, else any unused letter or digit."""
    return next((sign for sign in _signs(persona_id) if sign not in used), "?")


def _signs(persona_id: str) -> Iterator[str]:
    letters = [letter for letter in persona_id if letter.isascii() and letter.isalnum()]
    yield from map(str.upper, letters)
    yield from map(str.lower, letters)
    yield from "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
