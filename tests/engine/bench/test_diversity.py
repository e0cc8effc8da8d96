"""What each persona finds and shares, on four questions whose figures are plain to see."""

from dataclasses import replace

import pytest

from engine.bench.dataset import Dataset
from engine.bench.diversity import DiversityRow, measure_diversity
from engine.bench.statistics import Interval
from engine.personas.persona import Persona, PersonaState, RosterEntry
from tests.support.datasets import BY_NAMES, CONTROL, PERSONAS, STAYER, WALKER, write_films

NOTHING = Interval(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made: Dataset = write_films(tmp_path_factory.mktemp("data") / "films")
    return made


def measured(dataset: Dataset, *personas: Persona) -> list[DiversityRow]:
    return measure_diversity([dataset], [RosterEntry(persona, PersonaState.ACTIVE) for persona in personas])


def test_what_one_finds_alone_the_panel_loses_without_it(dataset):
    # The walker: film, director and three more; the stayer: film, the same three and a fourth. Six in all, four shared.
    assert measured(dataset, *PERSONAS.values()) == [
        DiversityRow("films", "walker", 100.0, 0.667, 50.0, Interval(50.0, 50.0, 50.0)),
        DiversityRow("films", "stayer", 50.0, 0.667, 0.0, NOTHING),
    ]


def test_of_two_that_walk_alike_neither_is_missed(dataset):
    walker, stayer, twin = measured(dataset, WALKER, STAYER, Persona("twin", BY_NAMES | {"humour": 9}))
    assert walker == replace(twin, persona="walker")
    assert (walker.recall, walker.only, walker.loss) == (100.0, 0.0, NOTHING)
    assert walker.overlap == pytest.approx((1 + 2 / 3) / 2, abs=1e-3)
    assert stayer.overlap == pytest.approx(2 / 3, abs=1e-3)


def test_one_alone_shares_nothing_and_is_the_panel(dataset):
    assert measured(dataset, WALKER) == [
        DiversityRow("films", "walker", 100.0, 0.0, 100.0, Interval(100.0, 100.0, 100.0))
    ]


def test_figures_are_means_over_questions_and_shares_of_all_known_passages(dataset):
    queries = [replace_gold(query, query.gold[:1]) if n < 2 else query for n, query in enumerate(dataset.queries)]
    walker, stayer = measured(replace(dataset, queries=tuple(queries)), WALKER, STAYER)
    assert (walker.recall, stayer.recall) == (100.0, 75.0)
    assert (walker.only, stayer.only) == (33.33, 0.0)  # two of six
    # The mean of four draws from two losses of a half and two of nothing: 0 and 1/2 with a sixteenth each.
    assert (walker.loss, stayer.loss) == (Interval(25.0, 0.0, 50.0), NOTHING)


def replace_gold(query, gold):
    from msgspec.structs import replace as replaced

    return replaced(query, gold=gold)


def test_only_walkers_that_are_not_archived_are_measured(dataset):
    pruned = RosterEntry(Persona("pruned", {}), PersonaState.PRUNED)
    control = RosterEntry(CONTROL, PersonaState.ACTIVE)
    trial = RosterEntry(STAYER, PersonaState.EXPERIMENTAL)
    assert [row.persona for row in measure_diversity([dataset], [pruned, control, trial])] == ["stayer"]
    assert measure_diversity([dataset], [pruned, control]) == []


def test_each_data_set_has_its_rows_and_its_step_of_progress(dataset):
    told = []
    other = replace(dataset, name="others", queries=dataset.queries[:1])
    rows = measure_diversity(
        [dataset, other],
        [RosterEntry(persona, PersonaState.STABLE) for persona in (STAYER, WALKER)],
        progress=lambda *step: told.append(step),
    )
    assert [(row.dataset, row.persona) for row in rows] == [
        ("films", "stayer"), ("films", "walker"), ("others", "stayer"), ("others", "walker"),
    ]  # fmt: skip
    assert told == [(0, 2, "films"), (1, 2, "others")]
