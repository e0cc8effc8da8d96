"""Recall by hand: every figure here can be worked out on paper."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.bench.dataset import CUTS, Dataset, indexed, read_dataset
from engine.bench.recall import ABLATIONS, ALWAYS, SEEDS, BenchmarkRow, RandomGate, run_benchmark
from engine.errors import InputError
from engine.mixture.gate import BanditGate, Gate
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.question.question import Question, read_question
from tests.support.datasets import BY_NAMES, write_dataset

CONTROL = RosterEntry(Persona("control", {}, metadata={"control": True}), PersonaState.ACTIVE)
WALKER = RosterEntry(Persona("walker", BY_NAMES | {"persistence": 5}), PersonaState.ACTIVE)
ARCHIVED = RosterEntry(Persona("archived", BY_NAMES), PersonaState.PRUNED)
GATE = BanditGate(0.0, 12)


def measured(
    dataset: Dataset,
    *methods: str,
    entries: Sequence[RosterEntry] = (CONTROL, WALKER, ARCHIVED),
    gate: Gate = GATE,
    seats: int = 12,
    ablate: bool = False,
) -> dict[str, BenchmarkRow]:
    rows = run_benchmark(dataset, methods, entries, gate, batch_size=seats, ablate=ablate)
    return {row.method: row for row in rows}


def untimed(row: BenchmarkRow) -> BenchmarkRow:
    return replace(row, method="", p50_ms=0, p95_ms=0, cpu_p50_ms=0, cpu_p95_ms=0, index_s=0)


@pytest.fixture
def data(tmp_path):
    return write_dataset(tmp_path / "tiny")


def test_the_figures_are_those_worked_out_by_hand(data):
    row = measured(read_dataset(data))["bm25"]
    assert row.recall == {"2": 50.0, "5": 87.5, "10": 87.5, "20": 87.5}
    assert row.all_at_5 == 75.0
    assert (row.dataset, row.passages, row.questions) == ("tiny", 8, 4)
    assert 0 <= row.p50_ms <= row.p95_ms
    assert 0 <= row.cpu_p50_ms <= row.cpu_p95_ms
    assert row.index_s > 0


def test_every_method_has_a_row_and_plain_search_and_panel_come_first(data):
    rows = measured(read_dataset(data), "walker", "bm25", "control", "walker")
    assert list(rows) == ["bm25", "panel", "walker", "control"]
    assert rows["control"].recall == rows["bm25"].recall  # the control is plain search
    assert ALWAYS == ("bm25", "panel")
    assert tuple(rows["panel"].recall) == tuple(map(str, CUTS))


LINKED = [
    {"id": "film", "title": "Marsh Light", "text": "Marsh Light is a film that was directed by Ineke Vandermolen."},
    {"id": "woman", "title": "Ineke Vandermolen", "text": "She grew up in Oosterwold and kept bees."},
    *(
        {"id": f"x{n}", "title": f"Film {n}", "text": f"A film of the year {n}, with a director of its own."}
        for n in range(30)
    ),
]
LINKED_QUERIES = [
    {
        "id": "1",
        "question": "Which village was home to the director of the film Marsh Light?",
        "gold": ["film", "woman"],
    },
    {"id": "2", "question": "Which film of the year 7 has a director?", "gold": ["x7"]},
    {"id": "3", "question": "Who kept bees?", "gold": ["woman"]},
]
STAYS = RosterEntry(Persona("stays", BY_NAMES | {"persistence": 1}), PersonaState.ACTIVE)
CROWD = (CONTROL, WALKER, STAYS, ARCHIVED)


@pytest.fixture
def linked(tmp_path):
    return read_dataset(write_dataset(tmp_path / "links", LINKED, LINKED_QUERIES))


def test_the_panel_finds_what_only_a_link_leads_to(linked):
    rows = measured(replace(linked, queries=linked.queries[:1]), "control")
    assert rows["panel"].recall["2"] == 100.0
    assert rows["panel"].all_at_5 == 100.0
    assert rows["control"].recall["20"] == 50.0


def test_the_lead_is_how_far_the_panel_is_ahead_question_by_question(linked):
    rows = measured(linked, "stays", entries=CROWD)
    assert rows["panel"].lead == (0.0, 0.0, 0.0)
    lead = rows["bm25"].lead
    assert lead.mean == pytest.approx(rows["panel"].recall["5"] - rows["bm25"].recall["5"], abs=0.02)
    assert lead.low <= lead.mean <= lead.high
    assert lead.high > 0
    alone = measured(replace(linked, queries=linked.queries[:1]))["bm25"]
    assert alone.lead == (50.0, 50.0, 50.0)  # one question: half of it found


def test_in_hindsight_the_oracle_is_no_worse_than_the_best_and_the_best_no_worse_than_anyone(linked, data):
    for dataset in (linked, read_dataset(data)):
        rows = measured(dataset, "oracle", "best-single", "walker", "stays", entries=CROWD)
        single = [rows["walker"], rows["stays"]]
        assert all(rows["best-single"].recall["5"] >= row.recall["5"] for row in single)
        for cut in map(str, CUTS):
            assert all(rows["oracle"].recall[cut] >= row.recall[cut] for row in [*single, rows["best-single"]])
        assert rows["oracle"].all_at_5 >= rows["best-single"].all_at_5
        best = rows["best-single"]
        assert best.persona in {"walker", "stays"}
        assert untimed(replace(best, persona="")) == untimed(rows[best.persona])
        assert (rows["oracle"].persona, rows["oracle"].p50_ms, rows["oracle"].p95_ms) == ("", 0.0, 0.0)


def test_the_oracle_takes_the_best_for_each_question(tmp_path):
    # Only who walks finds the woman of the film; only who does not, and goes by words alone, is left with the rest.
    rows = measured(
        read_dataset(write_dataset(tmp_path / "links", LINKED, LINKED_QUERIES[:1])), "oracle", entries=CROWD
    )
    assert rows["oracle"].recall["5"] == rows["panel"].recall["5"] == 100.0


def test_the_archived_and_the_control_are_nobodys_hindsight(linked):
    rows = measured(linked, "best-single", entries=[CONTROL, STAYS, ARCHIVED])
    assert rows["best-single"].persona == "stays"


@pytest.mark.parametrize("method", ["best-single", "oracle"])
def test_without_anyone_who_walks_there_is_no_hindsight(data, method):
    with pytest.raises(InputError, match="no persona walks"):
        measured(read_dataset(data), method, entries=[CONTROL, ARCHIVED])


def test_votes_by_rank_alone_are_those_of_the_same_walks(linked):
    rows = measured(linked, "rrf", "walker", entries=[CONTROL, WALKER])
    assert untimed(rows["rrf"]) == untimed(rows["walker"])  # one walker: its own ranking, with no support along links


# -- the gate that draws lots ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def questions(tmp_path_factory) -> list[Question]:
    folder = tmp_path_factory.mktemp("lots")
    dataset = read_dataset(write_dataset(folder / "tiny"))
    with indexed(dataset) as library:
        return [read_question(f"what of the heron {n}", library.library(dataset.queries[0])) for n in range(40)]


MANY = [CONTROL, ARCHIVED, *(RosterEntry(Persona(f"p{n}", BY_NAMES), PersonaState.ACTIVE) for n in range(6))]


def drawn(question: Question, *, seats: int = 2, seed: int = 0, called: tuple[str, ...] = ()) -> list[str]:
    receipts = RandomGate(seats, seed).choose(question, (), MANY, cycle=1, called=called)
    assert [receipt.persona_id for receipt in receipts] == [entry.persona.persona_id for entry in MANY]
    return [receipt.persona_id for receipt in receipts if receipt.activated]


def test_lots_fill_the_seats_with_those_who_may_walk(questions):
    for question in questions:
        assert len(drawn(question)) == 2
        assert len(drawn(question, seats=9)) == 6
        assert {"control", "archived"}.isdisjoint(drawn(question, seats=9))
        assert {"p0", "p1"}.isdisjoint(drawn(question, seats=4, called=("p0", "p1")))


def test_the_same_seed_draws_the_same_lots_and_every_persona_has_its_turn(questions):
    lots = [drawn(question) for question in questions]
    assert lots == [drawn(question) for question in questions]
    assert lots != [drawn(question, seed=1) for question in questions]
    assert {name for names in lots for name in names} == {f"p{n}" for n in range(6)}
    assert len({tuple(names) for names in lots}) > 5  # not the same ones for every question


def test_a_gate_of_lots_is_the_mean_of_five_and_the_same_every_time(linked):
    first, second = (measured(linked, "random-gate", entries=CROWD, seats=1)["random-gate"] for _ in range(2))
    assert untimed(first) == untimed(second)
    assert len(SEEDS) == 5
    both = measured(linked, "random-gate", entries=CROWD, seats=12)
    assert untimed(both["random-gate"]) == untimed(both["panel"])  # with seats for all there is nothing to draw
    singles = measured(linked, "walker", "stays", entries=CROWD)
    low, high = sorted(singles[name].recall["5"] for name in ("walker", "stays"))
    assert low <= first.recall["5"] <= high


# -- without one part -----------------------------------------------------------------------------------------


def test_an_ablation_has_a_row_for_each_part_and_each_persona_and_tells_what_it_costs(linked):
    rows = measured(linked, entries=CROWD, ablate=True)
    assert list(rows) == [*ALWAYS, *(f"without {part}" for part in (*ABLATIONS, "walker", "stays"))]
    panel = rows["panel"].recall["5"]
    for row in rows.values():
        assert row.lead.mean == pytest.approx(panel - row.recall["5"], abs=0.02)
    alone = measured(replace(linked, queries=linked.queries[:1]), entries=[CONTROL, WALKER], ablate=True)
    assert alone["without walk"].recall["5"] < alone["panel"].recall["5"]  # the way to the woman is a link
    assert alone["without walk"].lead.mean > 0
    assert alone["without walker"].recall == alone["bm25"].recall  # nobody but the control is left
    assert "without walk" not in measured(linked)


def test_what_is_taken_from_the_walkers_is_not_taken_from_the_control(linked):
    rows = measured(linked, entries=[CONTROL], ablate=True)
    assert {name for name in rows if name.startswith("without")} == {f"without {part}" for part in ABLATIONS}
    assert all(row.recall == rows["bm25"].recall for row in rows.values())


def test_progress_counts_every_row(linked):
    told: list[tuple[int, int, str]] = []
    run_benchmark(
        linked, ["rrf"], CROWD, GATE, batch_size=12, progress=lambda done, total, what: told.append((done, total, what))
    )
    assert told == [(0, 3, "links bm25"), (1, 3, "links panel"), (2, 3, "links rrf")]


def test_a_group_restricts_the_search_to_its_passages(tmp_path):
    texts = [
        ("a", "heron heron heron heron mud mud"),
        ("a", "heron heron heron mud mud mud"),
        ("b", "heron mud mud mud mud mud"),
    ]
    corpus = [{"id": f"{group}{n}", "title": "", "text": text, "group": group} for n, (group, text) in enumerate(texts)]
    query = {"id": "1", "question": "what of the heron", "gold": ["b2"]}
    for group, recall in (("b", 100.0), ("", 0.0), ("a", 0.0), ("none", 0.0)):
        queries = [{**query, "group": group}] if group else [query]
        rows = measured(read_dataset(write_dataset(tmp_path / "groups", corpus, queries)))
        assert {name: row.recall["2"] for name, row in rows.items()} == {"bm25": recall, "panel": recall}
    assert rows["bm25"].recall["20"] == 0.0


def test_only_the_first_questions_count_under_a_limit(data):
    row = measured(read_dataset(data, limit=2))["bm25"]
    assert (row.questions, row.recall["2"], row.all_at_5) == (2, 75.0, 50.0)


def test_two_measurements_give_the_same_figures(data):
    first, second = (measured(read_dataset(data), "walker") for _ in range(2))
    for name, row in first.items():
        assert untimed(row) == untimed(second[name])


def test_an_unknown_method_names_the_valid_ones(data):
    with pytest.raises(InputError, match="unknown method 'walkre'") as caught:
        measured(read_dataset(data), "walkre")
    assert caught.value.hint == (
        "bm25, panel, rrf, best-single, oracle, random-gate, control, walker, archived are valid"
    )


def test_a_pruned_persona_is_not_on_the_panel(data):
    rows = measured(read_dataset(data), entries=[CONTROL, ARCHIVED])
    assert rows["panel"].recall == rows["bm25"].recall
