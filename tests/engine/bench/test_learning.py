"""Who learns and who does not, on questions where there is one thing to learn: to call the walker."""

from collections import defaultdict
from dataclasses import replace

import pytest
from msgspec import structs

from engine.bench import learning, statistics
from engine.bench.dataset import Dataset, indexed
from engine.bench.learning import LEARNERS, STARTS, LearningRow, measure_learning, newcomers
from engine.bench.question_cache import cached_questions
from engine.bench.recall import SEEDS
from engine.bench.statistics import Interval
from engine.personas.experience import Experience
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.personas.roster import performance_of
from engine.personas.traits import TRAITS
from engine.settings.settings import Settings, load_settings
from tests.support.datasets import BY_NAMES, FILMS, WALKER, write_films

# Who follows no link finds one passage of two, and comes first where nothing is known yet.
STAYER = Persona(
    "a-stayer", BY_NAMES | {"persistence": 1}, historical_performance={"samples": 1000, "mean": 0.9, "m2": 1.0}
)
ENTRIES = [RosterEntry(persona, PersonaState.ACTIVE) for persona in (STAYER, WALKER)]
NOTHING = Interval(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made: Dataset = write_films(tmp_path_factory.mktemp("data") / "films")
    return made


@pytest.fixture(scope="module")
def one_seat(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return seats(1, load_settings(tmp_path_factory.mktemp("configs")))


def seats(count: int, settings: Settings) -> Settings:
    return structs.replace(settings, system=structs.replace(settings.system, batch_size=count))


@pytest.fixture(scope="module")
def measured(dataset: Dataset, one_seat: Settings) -> list[LearningRow]:
    told = []
    twice = [dataset, replace(dataset, name="again")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "RESAMPLES", 200)  # the other figures are the same
        rows = measure_learning(twice, ENTRIES, one_seat, progress=lambda *step: told.append(step))
    steps = [(start, learner) for start in STARTS for learner in LEARNERS]
    assert told == [(n, 2, f"{each.name} {s} {who}") for n, each in enumerate(twice) for s, who in steps]
    return rows


def row(rows: list[LearningRow], learner: str, dataset: str = "films", start: str = "shipped") -> LearningRow:
    (found,) = [each for each in rows if (each.dataset, each.start, each.learner) == (dataset, start, learner)]
    return found


def test_there_is_a_row_for_each_start_and_learner_and_all_data_sets_together(measured):
    assert [(row.dataset, row.start, row.learner) for row in measured] == [
        (name, start, learner) for name in ("films", "again", "all") for start in STARTS for learner in LEARNERS
    ]
    assert {row.asked for row in measured} == {(0, 2), ()}  # half of four
    assert all(len(row.recall) == max(1, len(row.asked)) for row in measured)


def test_who_never_learns_stays_as_it_was(measured):
    frozen = row(measured, "frozen")
    assert frozen.recall == (50.0, 50.0)
    for start in STARTS:
        assert row(measured, "frozen", start=start).gain == row(measured, "frozen", "all", start).gain == NOTHING
        lots = row(measured, "random gate", start=start).recall
        assert lots[0] == lots[1]
    assert 50 < row(measured, "random gate").recall[-1] < 100  # sometimes the one, sometimes the other


def test_who_is_told_what_was_found_learns_whom_to_call(measured):
    assert row(measured, "feedback") == LearningRow(
        "films", "shipped", "feedback", 4, (0, 2), (50.0, 100.0), Interval(50.0, 50.0, 50.0)
    )


def test_all_data_sets_together_count_every_question_once(measured):
    together = row(measured, "feedback", "all")
    assert (together.questions, together.recall, together.gain) == (8, (100.0,), Interval(50.0, 50.0, 50.0))


def test_two_measurements_agree(measured):
    for start in STARTS:
        for learner in LEARNERS:
            first = row(measured, learner, start=start)
            assert replace(first, dataset="again") == row(measured, learner, "again", start)


def test_one_data_set_needs_no_sum_and_one_question_no_stream(dataset, one_seat, monkeypatch):
    monkeypatch.setattr(statistics, "RESAMPLES", 200)
    alone = replace(dataset, queries=dataset.queries[:1])
    rows = measure_learning([alone], ENTRIES, one_seat)
    assert {row.dataset for row in rows} == {"films"}
    assert {(row.questions, row.asked, len(row.recall)) for row in rows} == {(1, (0,), 1)}


def test_no_question_is_both_learned_from_and_tested(dataset, one_seat, monkeypatch):
    asked, tested, students = defaultdict(list), defaultdict(list), []

    class Watched(learning._Student):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            students.append(self)

        def ask(self, question, run_id):
            asked[self].append(question.id)
            super().ask(question, run_id)

        def ranking(self, question):
            tested[self].append((len(asked[self]), question.id))
            return super().ranking(question)

    monkeypatch.setattr(statistics, "RESAMPLES", 200)
    monkeypatch.setattr(learning, "_Student", Watched)
    monkeypatch.setattr(learning, "EVERY", 1)
    rows = measure_learning([dataset], ENTRIES, one_seat)
    assert {row.asked for row in rows} == {(0, 1, 2)}
    assert len(students) == len(STARTS) * len(LEARNERS) * len(SEEDS)
    streams = set()
    rosters = [sorted(entry.persona.persona_id for entry in student._roster.entries()) for student in students]
    half = len(students) // 2
    assert rosters[:half] == [["a-stayer", "walker"]] * half
    assert rosters[half:] == [[f"newcomer-{n:02}" for n in range(1, 13)]] * half
    for student in students:
        held_out = {name for _, name in tested[student]}
        assert len(asked[student]) == len(held_out) == 2
        assert held_out | set(asked[student]) == set(FILMS)
        assert sorted(tested[student]) == sorted((count, name) for count in range(3) for name in held_out)
        streams.add(tuple(asked[student]))
    assert len(streams) > 1  # by seed


def test_a_student_starts_without_a_past_and_leaves_the_roster_as_it_is(dataset, one_seat):
    student = learning._Student("scores", ENTRIES, one_seat, 0)
    with indexed(dataset) as library:
        for n, question in enumerate(cached_questions(library)):
            student.ask(question, f"run-{n}")
    earned = {entry.persona.persona_id: performance_of(entry.persona) for entry in student._roster.entries()}
    assert sum(performance.samples for performance in earned.values()) == len(FILMS)
    assert performance_of(STAYER).samples == 1000
    assert ENTRIES[1].persona.historical_performance == {}


def taught(dataset: Dataset, settings: Settings, learner: str) -> list[Experience]:
    """What a student with two seats learned from after all questions."""
    student = learning._Student(learner, ENTRIES, seats(2, settings), 0)  # type: ignore[arg-type]
    with indexed(dataset) as library:
        for n, question in enumerate(cached_questions(library)):
            student.ask(question, f"run-{n}")
            assert student.ranking(question)
    return list(student._roster.experiences())


@pytest.mark.parametrize("learner", ["frozen", "random gate"])
def test_who_never_learns_is_paid_nothing(dataset, one_seat, learner):
    assert taught(dataset, one_seat, learner) == []


def test_credit_and_scores_are_paid_as_in_use(dataset, one_seat):
    # The answer quotes the film alone, which both found; both name the one name of the question.
    paid = taught(dataset, one_seat, "scores")
    assert paid[0].rewards == {"walker": 1.0, "a-stayer": 1.0}
    with indexed(dataset) as library:
        assert [each.features for each in paid] == [question.features for question in cached_questions(library)]
    assert {each.weight for each in paid} == {1}


def test_feedback_is_paid_on_top_as_by_a_user_who_knows(dataset, one_seat):
    paid = taught(dataset, one_seat, "feedback")
    assert paid[0] == taught(dataset, one_seat, "scores")[0]
    assert {each.weight for each in paid[::2]} == {1}
    assert [each._replace(features=(), marked=None) for each in paid[1::2]] == [
        Experience((), {"walker": 1.0, "a-stayer": 0.5}, 5)
    ] * len(FILMS)
    assert all(each.marked and len(each.marked.liked) == 2 for each in paid[1::2]), "both gold passages are liked"


def test_shuffled_rewards_are_real_ones_of_anyone(dataset, one_seat):
    paid = [each for each in taught(dataset, one_seat, "shuffled") if each.rewards]
    real = taught(dataset, one_seat, "scores")[0].rewards
    assert set(paid[0].rewards.values()) <= set(real.values())
    assert any(each.rewards["walker"] <= each.rewards["a-stayer"] for each in paid)


def test_newcomers_are_drawn_by_lot_and_by_seed():
    drawn = newcomers(3)
    assert newcomers(3) == drawn != newcomers(4)
    assert len({entry.persona.persona_id for entry in drawn}) == 12
    assert {entry.state for entry in drawn} == {PersonaState.ACTIVE}
    assert all(entry.persona.traits.keys() == TRAITS.keys() for entry in drawn)
    values = {value for entry in drawn for value in entry.persona.traits.values()}
    assert values == set(range(1, 10))
