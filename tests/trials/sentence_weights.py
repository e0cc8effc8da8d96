"""Fit the weights by which sentences are ranked (`engine.answer.sentence_ranking`).

    python -m tests.trials.sentence_weights DATASET ...

Each data set counts alike. A sentence is right if it has an accepted answer and is in a gold passage, or, if there is
none, if it has the answer. Prints the weights in the form of `FEATURES`, and for each data set the share of questions
whose best sentence is right, fitted on the data sets of other families (the name up to the first dash).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from engine.answer.sentence_ranking import FEATURES, ranked_sentences
from engine.bench.answers import holds
from engine.bench.dataset import indexed, read_dataset
from engine.mixture.gate import BanditGate
from engine.mixture.panel import Panel
from engine.mixture.question_features import question_features
from engine.personas.persona import RosterEntry
from tests.trials.conditional_logit import Choice, fitted
from tui.session.session import open_session

_LIMIT = 160  # questions of a data set


def _choices(folder: Path, entries: list[RosterEntry]) -> Iterator[Choice]:
    dataset = read_dataset(folder, limit=_LIMIT)
    with indexed(dataset) as library:
        for query in dataset.queries:
            panel = Panel(query.question, library.library(query))
            gate = BanditGate(0.0, 5, [])
            receipts = gate.choose(panel.question, question_features(panel.neighbourhood), entries, cycle=1)
            for entry, receipt in zip(entries, receipts, strict=True):
                if receipt.activated:
                    panel.send(entry.persona, receipt.voice)
            candidates = ranked_sentences(panel, panel.fused())
            if not candidates:
                continue
            answers = np.array([holds(c.quotation.led_text, query.answers) for c in candidates])
            gold = np.array([c.quotation.passage.id in query.gold for c in candidates])
            right = answers & gold
            features = np.array([[float(c.features[name]) for name in FEATURES] for c in candidates])
            yield Choice(features, right if right.any() else answers, 1 / len(dataset.queries))


def main(folders: list[Path], workspace: Path) -> None:
    """Fit on all folders, and on those of other families for the check."""
    entries = list(open_session(workspace).personas.roster.entries())
    by_name = {folder.name: list(_choices(folder, entries)) for folder in folders}
    for name, choices in by_name.items():
        family = name.split("-")[0]
        others = [c for other, rows in by_name.items() if other.split("-")[0] != family for c in rows]
        if others:
            weights = fitted(others)
            hits = [bool(c.right[int(np.argmax(c.features @ weights))]) for c in choices]
            print(f"{name}: {100 * np.mean(hits):.1f} % of {len(hits)}")  # noqa: T201 - the report
    for name, weight in zip(FEATURES, fitted([c for rows in by_name.values() for c in rows]), strict=True):
        print(f'    "{name}": {weight:.2f},')  # noqa: T201 - the report


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        main([Path(argument) for argument in sys.argv[1:]], Path(scratch))
