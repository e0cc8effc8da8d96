"""Two small data sets for the tests of the benchmark, and the personas that are measured on them."""

import json
from collections.abc import Sequence
from pathlib import Path

from engine.bench.dataset import Dataset, read_dataset
from engine.personas.persona import Persona

# Passages of six words each, so that BM25 goes by how often a word occurs.
HERONS = [(f"h{n}", " ".join(["heron"] * n + ["mud"] * (6 - n))) for n in range(1, 6)]
CORPUS = [
    ("p1", "the zebra wore stripes at noon"),
    ("p2", "an ibex slept under the ash"),
    ("far", "nobody else was there"),
    *HERONS,
]
QUERIES = [
    {"id": "1", "question": "who saw the zebra", "answers": ["x"], "gold": ["p1"]},  # found first: 1 1 1 1, all
    {"id": "2", "question": "who saw the ibex", "answers": [], "gold": ["p2", "far"]},  # half: .5 .5 .5 .5, not all
    {"id": "3", "question": "what of the heron", "answers": [], "gold": ["h3"]},  # third of five: 0 1 1 1, all
    {"id": "4", "question": "what of the heron", "answers": [], "gold": ["h5", "h1"]},  # first and last: .5 1 1 1, all
    {"id": "5", "question": "what of the unicorn", "answers": [], "gold": []},  # unanswerable: does not count
]


def write_dataset(
    folder: Path, corpus: Sequence[object] | None = None, queries: Sequence[object] | None = None
) -> Path:
    """Write a data set of these lines, by default `CORPUS` and `QUERIES`, and return its folder."""
    folder.mkdir(exist_ok=True)
    lines = [{"id": name, "title": "", "text": text} for name, text in CORPUS] if corpus is None else corpus
    (folder / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "queries.jsonl").write_text(
        "\n".join(json.dumps(line) for line in (QUERIES if queries is None else queries))
    )
    return folder


# A plain search finds the film; only its director's name leads on to the second passage that is needed.
FILMS = {
    "Marsh Light": ("Ineke Vandermolen", "She kept bees."),
    "Salt Harbour": ("Jorun Askeland", "He mended clocks."),
    "Glass Orchard": ("Tadeo Quirarte", "He never learned to swim."),
    "Winter Ferry": ("Oddny Brekke", "She sold her house."),
}
BY_NAMES = {"words": 1, "names": 9, "structure": 1, "closeness": 1, "amounts": 1}
WALKER, STAYER = Persona("walker", BY_NAMES), Persona("stayer", BY_NAMES | {"persistence": 1})
PERSONAS = {"walker": WALKER, "stayer": STAYER}
CONTROL = Persona("control", {}, metadata={"control": True})


def write_films(folder: Path) -> Dataset:
    """Write four questions whose two passages `WALKER` finds; `STAYER`, who follows no link, finds only the first."""
    corpus = [
        {"id": f"x{n}", "title": f"Reel {n}", "text": f"A film of the year {n}, with a director of its own."}
        for n in range(12)
    ]
    queries = []
    for film, (director, text) in FILMS.items():
        corpus += [
            {"id": film, "title": film, "text": f"{film} is a film that was directed by {director}."},
            {"id": director, "title": director, "text": text},
        ]
        queries.append({"id": film, "question": f"Who was the director of the film {film}?", "gold": [film, director]})
    return read_dataset(write_dataset(folder, corpus, queries))
