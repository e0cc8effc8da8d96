"""What the scores are worth, on four questions whose correlations can be worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec.structs import replace as replaced

from engine.bench.dataset import Dataset, indexed
from engine.bench.question_cache import cached_questions
from engine.bench.score_validity import ValidityRow, _table, measure_validity
from engine.personas.persona import Persona, PersonaState, RosterEntry
from tests.support.datasets import CONTROL, PERSONAS, STAYER, WALKER, write_films

SCORES = ["relevance", "consistency", "novelty", "entity_grounding", "total", "credit"]
BY_CONSISTENCY = {"relevance": 0.0, "consistency": 1.0, "novelty": 0.0, "entity_grounding": 0.0}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made: Dataset = write_films(tmp_path_factory.mktemp("data") / "films")
    return made


def measured(
    dataset: Dataset, personas: Sequence[Persona] = (WALKER, STAYER), weights: dict[str, float] = BY_CONSISTENCY
) -> dict[str, ValidityRow]:
    rows = measure_validity([dataset], [RosterEntry(persona, PersonaState.ACTIVE) for persona in personas], weights)
    return {row.score: row for row in rows}


def with_gold(dataset: Dataset, gold: dict[int, list[str]]) -> Dataset:
    """The data set with other known passages for some questions."""
    queries = (replaced(query, gold=gold.get(n, query.gold)) for n, query in enumerate(dataset.queries))
    return replace(dataset, queries=tuple(queries))


def test_there_is_a_row_for_each_score_their_total_and_the_credit(dataset):
    rows = measured(dataset)
    assert list(rows) == SCORES
    assert {(row.dataset, row.outputs) for row in rows.values()} == {("films", 8)}


def test_a_score_that_is_higher_for_who_found_more_correlates_fully(dataset):
    # Of the votes 1/3 ... 1/7 for the other's first five the walker lacks the last, the stayer the second.
    rows = measured(dataset)
    for score in ("consistency", "total"):
        assert (rows[score].pooled, rows[score].within) == (1.0, 1.0)


def test_credit_is_for_the_passages_that_the_panel_would_quote(dataset):
    with indexed(dataset) as library:
        walker, stayer = _table(next(cached_questions(library)), PERSONAS, BY_CONSISTENCY)
    # The answer quotes the film alone, which both found.
    assert (walker["credit"], walker["recall"]) == (1.0, 1.0)
    assert (stayer["credit"], stayer["recall"]) == (1.0, 0.5)


def test_a_score_that_never_varies_tells_nothing(dataset):
    rows = measured(dataset)
    for score in ("relevance", "novelty", "entity_grounding"):  # the film covers and grounds the whole question
        assert (rows[score].pooled, rows[score].within) == (None, 0.0)


def test_where_both_found_the_same_there_is_nothing_to_tell_apart_within_a_question(dataset):
    # With the film alone wanted of the first two: the walker found all four times, the stayer twice all, twice half.
    easier = with_gold(dataset, {n: dataset.queries[n].gold[:1] for n in (0, 1)})
    row = measured(easier)["consistency"]
    assert row.pooled == round((4 * 2 - 0 * 2) / (4 * 4 * 6 * 2) ** 0.5, 3)
    assert row.within == 1.0
    none = measured(with_gold(dataset, {n: query.gold[:1] for n, query in enumerate(dataset.queries)}))["consistency"]
    assert (none.pooled, none.within) == (None, None)


def test_a_score_that_misleads_is_negative_and_within_is_a_mean_over_questions(dataset):
    misled = {0: ["x3"]}  # the stayer's fifth, of which the walker has four
    assert measured(with_gold(dataset, misled))["consistency"].within == (1 + 1 + 1 - 1) / 4
    all_misled = measured(with_gold(dataset, {n: ["x3"] for n in range(4)}))["consistency"]
    assert (all_misled.pooled, all_misled.within) == (-1.0, -1.0)


def test_the_total_goes_by_the_weights(dataset):
    assert measured(dataset)["total"] == replace(measured(dataset)["consistency"], score="total")
    by_relevance = dict.fromkeys(BY_CONSISTENCY, 0.0) | {"relevance": 1.0}
    assert measured(dataset, weights=by_relevance)["total"].pooled is None


def test_the_control_and_the_archived_are_not_measured(dataset):
    entries = [
        RosterEntry(CONTROL, PersonaState.ACTIVE),
        RosterEntry(WALKER, PersonaState.STABLE),
        RosterEntry(STAYER, PersonaState.PRUNED),
    ]
    told = []
    rows = measure_validity([dataset], entries, BY_CONSISTENCY, progress=lambda *step: told.append(step))
    assert {row.outputs for row in rows} == {4}
    assert {row.within for row in rows} == {None}  # one alone has nobody to be told from
    assert told == [(0, 1, "films")]


def test_without_a_walker_there_is_nothing_to_tell(dataset):
    assert measure_validity([dataset], [RosterEntry(CONTROL, PersonaState.ACTIVE)], BY_CONSISTENCY) == []
