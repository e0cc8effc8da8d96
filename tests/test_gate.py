"""The gate: who walks, in which order seats are given, and a receipt for everyone."""

import math
from dataclasses import replace

import pytest

from engine.events import GateReceipt
from engine.gate import ThresholdGate, expertise_match
from engine.library import index_passages
from engine.passages import Passage
from engine.persona import Persona, PersonaState, RosterEntry
from engine.question import Question, read_question
from engine.search import SearchIndex

ACTIVE, STABLE, EXPERIMENTAL, PRUNED = (PersonaState(name) for name in ("active", "stable", "experimental", "pruned"))


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    texts = ["The lamp was lit.", "A heron was seen.", "The lamp stood.", "The lamp fell."]
    passages = [(Passage(str(n), "s", "", "", 0, len(text), text), "") for n, text in enumerate(texts)]
    return read_question("heron lamp", index_passages(SearchIndex(tmp_path_factory.mktemp("index")), passages))


def entry(name: str, state: PersonaState = ACTIVE, mean: float | None = 0.5, **fields: object) -> RosterEntry:
    earned = {} if mean is None else {"samples": 9, "mean": mean, "m2": 0.1}
    return RosterEntry(replace(Persona(name, {}, historical_performance=earned), **fields), state)  # type: ignore[arg-type]


CONTROL = entry("control", metadata={"control": True})


def choose(
    question: Question, *entries: RosterEntry, threshold: float = 0.0, seats: int = 12, called: tuple[str, ...] = ()
) -> dict[str, GateReceipt]:
    receipts = ThresholdGate(threshold, seats).choose(question, entries, cycle=2, called=called)
    assert [receipt.persona_id for receipt in receipts] == [e.persona.persona_id for e in entries]
    assert all(receipt.activated == (receipt.reason == "activated") for receipt in receipts)
    return {receipt.persona_id: receipt for receipt in receipts}


def activated(receipts: dict[str, GateReceipt]) -> set[str]:
    return {name for name, receipt in receipts.items() if receipt.activated}


def test_a_receipt_holds_everything_that_was_weighed(question):
    expert = entry("a", STABLE, mean=0.6, expertise=("Herons", "the sea"), activation_cost=0.05)
    receipt = choose(question, expert, threshold=0.3)["a"]
    assert (receipt.state, receipt.cycle, receipt.performance, receipt.cost, receipt.threshold) == (
        "stable",
        2,
        0.6,
        0.05,
        0.3,
    )
    assert receipt.expertise == pytest.approx(float(question.weights[question.terms.index("heron")]), abs=1e-4)
    assert receipt.score > receipt.performance - receipt.cost
    assert receipt.activated


def test_expertise_is_matched_by_stem_and_weight(question):
    shares = [expertise_match(Persona("a", {}, expertise=fields), question) for fields in
              ((), ("lamps",), ("herons",), ("heron", "lamp lit by night"))]  # fmt: skip
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert 0 < shares[1] < shares[2]
    assert shares[3] == pytest.approx(1.0)


def test_earnings_and_expertise_raise_a_score_and_costs_lower_it(question):
    receipts = choose(
        question,
        entry("plain"),
        entry("earner", mean=0.7),
        entry("expert", expertise=("heron",)),
        entry("dear", activation_cost=0.1),
    )
    scores = {name: receipt.score for name, receipt in receipts.items()}
    assert scores["plain"] == pytest.approx(0.5)
    assert scores["earner"] == pytest.approx(0.7)
    assert scores["expert"] > scores["plain"]
    assert scores["dear"] == pytest.approx(0.4)


def test_who_was_never_scored_is_expected_in_the_middle(question):
    assert choose(question, entry("new", mean=None))["new"].performance == 0.5
    nothing_yet = RosterEntry(Persona("new", {}, historical_performance={"samples": 0, "mean": 0.0, "m2": 0.0}), ACTIVE)
    assert choose(question, nothing_yet)["new"].performance == 0.5


def test_the_threshold_is_reached_not_passed(question):
    receipts = choose(question, entry("at", mean=0.4), entry("below", mean=0.3999), threshold=0.4)
    assert activated(receipts) == {"at"}
    assert receipts["below"].reason == "below the activation threshold"


def test_seats_go_to_the_highest_scores_and_ties_to_the_lower_id(question):
    entries = [entry("d", mean=0.9), entry("b"), entry("c"), entry("a"), entry("e", mean=0.1)]
    receipts = choose(question, *entries, seats=3)
    assert activated(receipts) == {"d", "a", "b"}
    assert receipts["c"].reason == receipts["e"].reason == "no seat left"
    assert activated(choose(question, *reversed(entries), seats=3)) == {"d", "a", "b"}


def test_there_is_one_experimental_seat_and_the_best_has_it(question):
    receipts = choose(
        question, entry("x", EXPERIMENTAL, mean=0.6), entry("y", EXPERIMENTAL, mean=0.9), entry("a", mean=0.1)
    )
    assert activated(receipts) == {"y", "a"}
    assert receipts["x"].reason == "one experimental seat a question"
    assert activated(choose(question, *(entry(name, EXPERIMENTAL) for name in "wxyz"))) == {"w"}


def test_a_refused_experimental_persona_takes_no_seat(question):
    trials = [entry("x", EXPERIMENTAL, mean=0.9), entry("y", EXPERIMENTAL, mean=0.8)]
    assert activated(choose(question, *trials, entry("a", mean=0.1), seats=2)) == {"x", "a"}


def test_an_experimental_persona_below_the_threshold_leaves_its_seat(question):
    poor = entry("a", EXPERIMENTAL, mean=0.5, activation_cost=0.4)
    receipts = choose(question, poor, entry("b", EXPERIMENTAL, mean=0.3), threshold=0.2)
    assert activated(receipts) == {"b"}


def test_the_control_comes_on_top_whatever_it_scores(question):
    poor = entry("control", mean=0.0, metadata={"control": True}, activation_cost=1.0)
    receipts = choose(question, poor, entry("a"), entry("b"), threshold=0.4, seats=1)
    assert activated(receipts) == {"control", "a"}
    on_trial = RosterEntry(CONTROL.persona, EXPERIMENTAL)
    assert activated(choose(question, on_trial, entry("x", EXPERIMENTAL))) == {"control", "x"}


def test_the_pruned_stay_away_even_the_best_and_the_control(question):
    receipts = choose(question, entry("a", PRUNED, mean=1.0), RosterEntry(CONTROL.persona, PRUNED), seats=5)
    assert activated(receipts) == set()
    assert {receipt.reason for receipt in receipts.values()} == {"pruned"}


def test_who_has_walked_is_not_called_again_and_takes_no_seat(question):
    receipts = choose(question, CONTROL, entry("a", mean=0.9), entry("b"), seats=1, called=("a", "control"))
    assert activated(receipts) == {"b"}
    assert receipts["a"].reason == receipts["control"].reason == "has walked already"


def test_no_one_there_no_one_called(question):
    assert choose(question) == {}


def test_scores_are_always_numbers(question):
    for receipt in choose(question, CONTROL, entry("a", mean=None), entry("b", mean=1.0)).values():
        assert math.isfinite(receipt.score)


def test_the_experimental_seat_is_one_for_all_cycles_of_a_question(question):
    trials = [entry("x", EXPERIMENTAL), entry("y", EXPERIMENTAL)]
    assert activated(choose(question, *trials, called=("x",))) == set()
