"""A small run whose graph has everything: two names, links of each kind, circles, references, several passages of a
title, a searcher, a ranking and citations."""

from engine.documents.passages import Passage
from engine.events import (
    AnswerWritten,
    Citation,
    CycleStarted,
    EvidenceRanked,
    PersonaStepped,
    QuestionRead,
    RankedPassage,
    RunEvent,
    RunFinished,
    RunStarted,
)
from tests.support.scripted_run import recorded
from tui.graph.state import Growth

QUESTION = "Who built the lighthouse that Ysolde Marrak kept?"
WALKERS = ("control", "tracker", "archivist", "analyst")
FOLDER = "/library"
YSOLDE = f"{FOLDER}/ysolde-marrak.md#1"
YSOLDE_2 = f"{FOLDER}/ysolde-marrak.md#2"
LIGHT = f"{FOLDER}/gannet-stack-light.md#1"
KRELLE = f"{FOLDER}/tobiasz-krelle.md#1"
BELL = f"{FOLDER}/orrin-bell.md#1"
BERRIT = f"{FOLDER}/berrit-hallvane.md#1"

TITLES = {
    YSOLDE: "Ysolde Marrak",
    YSOLDE_2: "Ysolde Marrak",
    LIGHT: "Gannet Stack Light",
    KRELLE: "Tobiász Krelle",
    BELL: "Orrin Bell",
    BERRIT: "Berrit Hallvane",
}

KEPT = "She kept Gannet Stack Light for nineteen years."
BUILT = "It was built by Tobiász Krelle."
SOURCES = {
    f"{FOLDER}/ysolde-marrak.md": f"# Ysolde Marrak\n\nShe was born in Anstrake. {KEPT}\n\nShe never married.\n",
    f"{FOLDER}/gannet-stack-light.md": (
        f"# Gannet Stack Light\n\nA bare rock. {BUILT}\n\n"
        + "".join(f"Line {n} of a long account of the light.\n" for n in range(1, 200))
    ),
}


def cited(n: int, passage: str, quote: str) -> Citation:
    source = passage.rpartition("#")[0]
    start = SOURCES[source].index(quote)
    return Citation(n, source, TITLES[passage], start, start + len(quote), quote, passage)


CITATIONS = (cited(1, YSOLDE, KEPT), cited(2, LIGHT, BUILT))


def step(persona: str, source: str, target: str, via: str, score: float) -> PersonaStepped:
    return PersonaStepped(persona, 1 if source else 0, source, target, TITLES.get(target, target), via, score)


STARTED: list[RunEvent] = [
    RunStarted("run-9", QUESTION, 7, 412, None),
    QuestionRead(("ysolde marrak",), ("ysolde marrak",), ("built", "lighthous", "kept")),
    CycleStarted(1, WALKERS),
]
WALK: list[RunEvent] = [
    step("control", "", BERRIT, "search", 1.0),
    step("control", "", LIGHT, "search", 0.5),
    step("control", "", KRELLE, "search", 0.4),
    step("tracker", "", YSOLDE, "title", 1.0),
    step("tracker", YSOLDE, LIGHT, "gannet stack light", 0.7),
    step("tracker", LIGHT, KRELLE, "tobiasz krelle", 0.6),
    step("tracker", KRELLE, LIGHT, "gannet stack light", 0.7),
    step("archivist", "", YSOLDE, "title", 1.0),
    step("archivist", "", YSOLDE_2, "title", 0.8),
    step("archivist", YSOLDE, LIGHT, "gannet stack light", 0.65),
    step("archivist", LIGHT, YSOLDE_2, "gannet stack light", 0.3),
    step("archivist", LIGHT, BELL, "hosea garrane", 0.2),
    step("analyst", "", BERRIT, "search", 0.9),
    step("analyst", BERRIT, YSOLDE, "berrit hallvane", 0.9),
]
BEST = ((YSOLDE, 0.7), (LIGHT, 0.5), (BERRIT, 0.4))
RANKED = EvidenceRanked(
    tuple(RankedPassage(name, name.rpartition("#")[0], TITLES[name], score) for name, score in BEST), 0.92, 6, 6
)
ANSWER = AnswerWritten(f"{KEPT} [1] {BUILT} [2]", abstained=False, citations=CITATIONS, removed=0)
EVENTS: list[RunEvent] = [*STARTED, *WALK, RANKED, ANSWER, RunFinished({"walk": 1.0})]


RECORDED = recorded(EVENTS)


def grown(events: list[RunEvent] = EVENTS, position: int | None = None) -> Growth:
    growth = Growth(recorded(events))
    growth.go(position)
    return growth


def indexed() -> dict[str, Passage]:
    """The passages as the index has them."""
    found = {}
    for name, title in TITLES.items():
        source = name.rpartition("#")[0]
        text = SOURCES.get(source, f"# {title}\n\nThe text of {title}.\n")[:400]
        found[name] = Passage(name, source, title, "", 0, len(text), text)
    return found


def wide_run(nodes: int) -> list[RunEvent]:
    """A run of so many passages, each found by three of four personas, twenty under each."""
    ids = [f"{FOLDER}/file-{n}.md#1" for n in range(nodes)]
    sources = ["", *(ids[n // 20] for n in range(1, nodes))]
    steps = [
        PersonaStepped(WALKERS[(n + k) % 4], min(n, 1), sources[n], ids[n], f"Title {n}", f"name {n}", 0.5)
        for n in range(nodes)
        for k in range(3)
    ]
    return [*STARTED, *steps, RANKED, ANSWER]
