"""The gate: who walks, in which order seats are given, how loud each is, and a receipt for everyone."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from engine.documents.passages import Passage
from engine.events import GateReceipt
from engine.index.retriever import index_passages
from engine.index.search_index import SearchIndex
from engine.mixture.gate import BanditGate, expertise_match
from engine.mixture.question_features import FEATURES
from engine.personas.experience import Experience
from engine.personas.persona import Persona, PersonaState, RosterEntry
from engine.question.question import Question, read_question

PLAIN = (1.0, *[0.0] * (len(FEATURES) - 1))  # a question with nothing but the bias
KNOWN_WELL = 10**9  # samples after which the mean is expected and no bonus is left
ACTIVE, STABLE, EXPERIMENTAL, PRUNED = (PersonaState(name) for name in ("active", "stable", "experimental", "pruned"))


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    texts = ["The lamp was lit.", "A heron was seen.", "The lamp stood.", "The lamp fell."]
    passages = [(Passage(str(n), "s", "", "", 0, len(text), text), "") for n, text in enumerate(texts)]
    return read_question("heron lamp", index_passages(SearchIndex(tmp_path_factory.mktemp("index")), passages))


def entry(name: str, state: PersonaState = ACTIVE, mean: float | None = 0.5, **fields: object) -> RosterEntry:
    """A persona that always earned `mean`, as `choose` tells the gate; with None one that never walked."""
    earned = {} if mean is None else {"mean": mean}
    return RosterEntry(replace(Persona(name, {}, historical_performance=earned), **fields), state)  # type: ignore[arg-type]


CONTROL = entry("control", metadata={"control": True})


def choose(
    question: Question, *entries: RosterEntry, threshold: float = 0.0, seats: int = 12, called: tuple[str, ...] = ()
) -> dict[str, GateReceipt]:
    earned = [(e.persona.persona_id, e.persona.historical_performance) for e in entries]
    rewards = {name: float(each["mean"]) for name, each in earned if "mean" in each}
    gate = BanditGate(threshold, seats, [Experience(PLAIN, rewards, KNOWN_WELL)])
    receipts = gate.choose(question, PLAIN, entries, cycle=2, called=called)
    assert [receipt.persona_id for receipt in receipts] == [e.persona.persona_id for e in entries]
    assert all(receipt.activated == (receipt.reason == "activated") for receipt in receipts)
    return {receipt.persona_id: receipt for receipt in receipts}


def activated(receipts: dict[str, GateReceipt]) -> set[str]:
    return {name for name, receipt in receipts.items() if receipt.activated}


def test_from_the_second_cycle_on_seats_go_to_kinds_that_nobody_has_brought(question):
    first, same = (entry(name, traits={"names": 9, "structure": 1}) for name in ("first", "a-same"))
    other = entry("other", traits={"names": 1, "structure": 9})
    assert activated(choose(question, first, same, other, seats=1)) == {"a-same"}, "equal scores: by id"
    receipts = choose(question, first, same, other, seats=1, called=("first",))
    assert activated(receipts) == {"other"}
    assert receipts["a-same"].bonus == 0 < receipts["other"].bonus <= 0.1
    assert receipts["other"].voice == 1.0, "the bonus gives a seat, not a voice"


def test_a_receipt_holds_everything_that_was_weighed(question):
    expert = entry("a", STABLE, mean=0.6, expertise=("Herons", "the sea"), activation_cost=0.05)
    receipt = choose(question, expert, threshold=0.3)["a"]
    assert (receipt.state, receipt.cycle, receipt.cost, receipt.threshold) == ("stable", 2, 0.05, 0.3)
    assert (receipt.expected, receipt.bonus, receipt.voice, receipt.activated) == (0.6, 0.0, 1.0, True)
    assert receipt.expertise == pytest.approx(0.2 * float(question.weights[question.terms.index("heron")]), abs=1e-4)
    assert receipt.score == pytest.approx(0.6 + receipt.expertise - 0.05, abs=1e-4)
    new = choose(question, entry("new", mean=None, activation_cost=0.05))["new"]
    assert new.score == pytest.approx(new.expected + new.bonus - 0.05, abs=1e-4)


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


def test_who_was_never_rewarded_is_expected_in_the_middle_and_tried_before_its_equals(question):
    receipts = choose(question, entry("known"), entry("new", mean=None), seats=1)
    assert receipts["new"].expected == receipts["known"].expected == 0.5
    assert receipts["new"].bonus > receipts["known"].bonus == 0.0
    assert activated(receipts) == {"new"}


def test_what_is_expected_depends_on_the_question(question):
    named = (1.0, 1.0, *PLAIN[2:])
    paid = [Experience(PLAIN, {"a": 0.9, "b": 0.3}, 50), Experience(named, {"a": 0.3, "b": 0.9}, 50)]
    gate = BanditGate(0.0, 1, paid)
    for context, best in ((PLAIN, "a"), (named, "b")):
        receipts = gate.choose(question, context, [entry("a"), entry("b")], cycle=1)
        assert [receipt.persona_id for receipt in receipts if receipt.activated] == [best]


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


def asked(*rewards: dict[str, float]) -> list[Experience]:
    """The experiences of one question after the other, each with features of its own."""
    return [Experience((1.0, n % 2, *PLAIN[2:]), earned) for n, earned in enumerate(rewards)]


def call_in_turn(
    question: Question, entries: list[RosterEntry], rewards: dict[str, float], seats: int
) -> list[set[str]]:
    """Let a gate learn from 120 questions; those that it called at each, after one at which all earned their reward."""
    earned, called = [rewards], list[set[str]]()
    for _ in range(120):
        receipts = BanditGate(0.0, seats, asked(*earned)).choose(question, PLAIN, entries, cycle=1)
        called.append({receipt.persona_id for receipt in receipts if receipt.activated})
        earned.append({name: rewards[name] for name in called[-1]})
    return called


def test_the_experimental_seat_goes_to_the_one_that_waits_longest(question):
    trials = [entry(name, EXPERIMENTAL) for name in "wxyz"]
    order = list("wxyz")
    for _ in range(12):
        earned = asked(*({name: 0.5} for name in order))
        receipts = BanditGate(0.0, 6, earned).choose(question, PLAIN, trials, cycle=1)
        (name,) = (receipt.persona_id for receipt in receipts if receipt.activated)
        assert name == order[-4]
        order.append(name)


@pytest.mark.parametrize("seats", [1, 2])
def test_a_persona_that_waited_too_long_takes_a_seat_once(question, seats):
    rewards = {"good": 1.0, "fair": 0.9, "poor": 0.1}
    called = call_in_turn(question, [entry(name) for name in rewards], rewards, seats)
    assert all(len(names) == seats for names in called)
    due = [n for n, names in enumerate(called) if "poor" in names]
    assert 3 <= len(due) <= 4
    assert all(30 <= later - earlier <= 32 for earlier, later in pairwise([-1, *due]))


def test_of_ten_questions_at_most_one_is_for_those_that_waited(question):
    rewards = {"best": 1.0, **{f"poor-{n}": 0.1 for n in range(11)}}
    called = call_in_turn(question, [entry(name) for name in rewards], rewards, seats=1)
    assert sum(names != {"best"} for names in called) <= 12


def test_experimental_personas_get_their_turn_beside_better_ones_and_with_one_seat(question):
    entries = [entry("good"), entry("x", EXPERIMENTAL), entry("y", EXPERIMENTAL)]
    called = call_in_turn(question, entries, {"good": 1.0, "x": 0.3, "y": 0.3}, seats=1)
    counts = [sum(name in names for names in called) for name in ("x", "y", "good")]
    assert counts[0] == pytest.approx(counts[1], abs=1)
    assert 120 // 12 <= counts[0] <= 120 // 8
    assert counts[2] >= 120 * 3 // 4


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
        figures = receipt.expertise, receipt.expected, receipt.bonus, receipt.score, receipt.voice
        assert all(map(math.isfinite, figures))


def test_the_experimental_seat_is_one_for_all_cycles_of_a_question(question):
    trials = [entry("x", EXPERIMENTAL), entry("y", EXPERIMENTAL)]
    assert activated(choose(question, *trials, called=("x",))) == set()


# -- voices ---------------------------------------------------------------------------------------------------


def voices(receipts: dict[str, GateReceipt]) -> dict[str, float]:
    return {name: receipt.voice for name, receipt in receipts.items()}


def test_the_best_has_the_full_voice_and_the_others_less_by_what_is_expected_of_them(question):
    entries = [entry("a", mean=0.8), entry("b", mean=0.7), entry("c", mean=0.6), entry("d", mean=0.8)]
    heard = voices(choose(question, *entries))
    assert heard["a"] == heard["d"] == 1.0
    assert 0 < heard["c"] < heard["b"] < 1
    assert heard["c"] == pytest.approx(heard["b"] ** 2, abs=1e-3)  # an equal step down is an equal share less


def test_a_voice_goes_by_the_reward_expected_not_by_cost_bonus_or_expertise(question):
    new = entry("new", mean=None, activation_cost=0.2, expertise=("heron",))
    assert voices(choose(question, new, entry("known"))) == {"new": 1.0, "known": 1.0}


def test_who_is_not_called_has_no_voice_and_lowers_nobodys(question):
    entries = [entry("dear", mean=0.9, activation_cost=0.9), entry("gone", PRUNED, mean=1.0), entry("a", mean=0.5)]
    assert voices(choose(question, *entries, threshold=0.1)) == {"dear": 0.0, "gone": 0.0, "a": 1.0}


def test_the_control_keeps_its_voice_however_little_is_expected_of_it(question):
    poor = entry("control", mean=0.1, metadata={"control": True})
    assert voices(choose(question, poor, entry("best", mean=0.9)))["control"] == 1.0


def test_the_control_takes_no_voice_from_the_walkers(question):
    loud = entry("control", mean=1.0, metadata={"control": True})
    assert voices(choose(question, loud, entry("a", mean=0.0))) == {"control": 1.0, "a": 1.0}
    assert voices(choose(question, loud)) == {"control": 1.0}


def test_a_later_cycle_is_no_louder_than_what_is_expected_beside_the_first(question):
    entries = [entry("a", mean=0.8), entry("b", mean=0.7)]
    at_once, later = choose(question, *entries), choose(question, *entries, seats=1, called=("a",))
    assert voices(later) == {"a": 0.0, "b": voices(at_once)["b"]}
    assert voices(later)["b"] < 1


def test_a_persona_that_goes_by_meaning_alone_needs_vectors(question):
    kinds = ("words", "names", "structure", "closeness", "amounts")
    alone = entry("alone", traits=dict.fromkeys(kinds, 1) | {"meaning": 9})
    mixed = entry("mixed", traits={"meaning": 9})
    receipts = choose(question, alone, mixed)
    assert activated(receipts) == {"mixed"}
    assert receipts["alone"].reason == "no embedding model"
    gate = BanditGate(0.0, 12, has_vectors=True)
    assert all(receipt.activated for receipt in gate.choose(question, PLAIN, [alone, mixed], cycle=1))
