"""What the panel loses without each kind of evidence, on four questions of which half is found by names alone."""

from dataclasses import replace

import pytest

from engine.bench.dataset import Dataset
from engine.bench.leave_one_out import LeaveOneOutRow, measure_leave_one_out
from engine.bench.statistics import Interval
from engine.mixture.gate import BanditGate
from engine.personas.persona import Persona, PersonaState, RosterEntry
from tests.support.datasets import CONTROL, STAYER, WALKER, write_films

NOTHING = Interval(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made: Dataset = write_films(tmp_path_factory.mktemp("data") / "films")
    return made


def measured(datasets: list[Dataset], *personas: Persona, seats: int = 6) -> dict[tuple[str, str], LeaveOneOutRow]:
    entries = [RosterEntry(persona, PersonaState.ACTIVE) for persona in personas]
    rows = measure_leave_one_out(datasets, entries, BanditGate(0.0, seats))
    assert len({(row.dataset, row.panel) for row in rows}) == len(rows)
    return {(row.dataset, row.panel): row for row in rows}


def test_a_kind_is_missed_where_it_alone_finds_what_is_needed(dataset):
    rows = measured([dataset], WALKER, STAYER, CONTROL)
    assert rows["films", "panel"] == LeaveOneOutRow("films", "panel", 4, 100.0, 100.0, NOTHING, NOTHING)
    without = rows["films", "without names"]
    assert (without.recall_at_5, without.lost_at_5) == (50.0, Interval(50.0, 50.0, 50.0))
    for kind in ("words", "structure", "closeness", "amounts"):
        assert rows["films", f"without {kind}"].lost_at_5 == NOTHING


def test_the_best_single_persona_is_named_and_compared(dataset):
    rows = measured([dataset], STAYER, WALKER, CONTROL)
    assert rows["films", "best single (walker)"].lost_at_5 == NOTHING
    alone = measured([dataset], STAYER, CONTROL)["films", "best single (stayer)"]
    assert (alone.recall_at_5, alone.lost_at_5) == (50.0, NOTHING)


def test_random_panels_are_the_same_at_every_measurement(dataset):
    first, second = (measured([dataset], WALKER, CONTROL)["films", "random panel"] for _ in range(2))
    assert first == second
    assert 50.0 <= first.recall_at_5 <= 100.0


def test_all_data_sets_are_pooled_over_their_questions(dataset):
    other = replace(dataset, name="others", queries=dataset.queries[:1])
    rows = measured([dataset, other], WALKER, STAYER, CONTROL)
    pooled = rows["all", "without names"]
    assert (pooled.questions, pooled.recall_at_5) == (5, 50.0)
    assert {name for name, _ in rows} == {"films", "others", "all"}


def test_a_persona_that_has_the_name_of_a_panel_is_no_panel(dataset):
    rows = measured([dataset], replace(STAYER, persona_id="panel"), CONTROL)
    assert rows["films", "panel"].recall_at_5 == 50.0
    assert ("films", "best single (panel)") in rows


def test_without_walkers_there_is_no_best_one(dataset):
    rows = measured([dataset], CONTROL)
    assert [panel for _, panel in rows] == [
        "panel", "without words", "without names", "without structure", "without closeness", "without amounts",
        "random panel",
    ]  # fmt: skip
    assert rows["films", "without words"].recall_at_20 == 0.0
