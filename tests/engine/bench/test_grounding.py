"""Statements made of gold passages: the true ones keep their citation, the changed ones lose it."""

from engine.bench.dataset import read_dataset
from engine.bench.grounding import CHANGES, measure_grounding
from tests.support.datasets import write_dataset

CORPUS = [
    {
        "id": "light", "title": "Vell Light",
        "text": "Vell Light is a tower of stone. Oda Marr built Vell Light for Ives Tamm on 5 March 1811. It has "
        "70 steps.",
    },
    {"id": "net", "title": "Net School", "text": "The Net School taught knots. It was closed in 1902 by Lene Orr."},
    *({"id": f"x{n}", "title": f"Entry {n}", "text": f"The log of day {n} tells of fog."} for n in range(6)),
]  # fmt: skip
QUERIES = [
    {"id": "1", "question": "Who built Vell Light?", "answers": ["Oda Marr"], "gold": ["light"]},
    {"id": "2", "question": "When was the Net School closed?", "answers": ["1902"], "gold": ["net"]},
    {"id": "3", "question": "Was the Net School closed by Lene Orr?", "answers": ["yes"], "gold": ["net"]},
]


def test_true_statements_keep_their_citation_and_changed_ones_lose_it(tmp_path):
    dataset = read_dataset(write_dataset(tmp_path / "grounds", CORPUS, QUERIES))
    rows = {row.change: row for row in measure_grounding(dataset)}
    assert list(rows) == [change for change in CHANGES if change in rows]
    for change in ("none", "restated", "yes/no"):
        assert rows[change].kept == 100.0
    for change in ("number", "date", "invented name", "negation"):
        assert rows[change].kept == 0.0
    assert rows["none"].tried == rows["yes/no"].tried == 3
    assert rows["restated"].tried == 2  # a yes-no question states its answer already
    assert rows["swapped roles"].kept == 100.0  # which words cannot tell
    assert measure_grounding(dataset) == list(rows.values())
