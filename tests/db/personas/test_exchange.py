"""Several machines learn together: what was merged is what one machine with all questions has learned, exactly."""

import json
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from db.personas import folders as folders_module
from db.personas import merged_ledger
from db.personas.contribution import Contribution, encoded, file_of, read_file
from db.personas.exchange import Exchange
from db.personas.folder_roster import FolderRoster
from db.personas.ledger_entries import Added, Feedback, LedgerEntry, Rewards, Transition
from db.personas.noise import noisy_performances
from db.personas.shared_entries import SharedEntry
from db.personas.signing import new_secret_key, public_key_of, signature_of
from db.workspace import Workspace
from engine.errors import InputError, PersonaError, StoreError
from engine.mixture.bandit import Bandit
from engine.mixture.learned_factors import learned_factors
from engine.mixture.question_features import FEATURES
from engine.personas.experience import MarkedRanking
from engine.personas.metrics import PersonaPerformance
from engine.personas.persona import Persona, PersonaState
from engine.personas.roster import Births, Verdict, performance_of
from tests.support.machines import NAMES, Clock, learn, machine, merge_all


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(merged_ledger, "now", made)
    return made


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """A disk that need not keep anything when the power fails."""
    monkeypatch.setattr("os.fsync", lambda _descriptor: None)


@pytest.fixture
def machines(tmp_path) -> list[FolderRoster]:
    return [machine(tmp_path / name) for name in ("one", "two", "three", "whole")]


def learned(roster: FolderRoster) -> dict[str, object]:
    """Everything that was learned: states, performances in the files, experiences, births, and what a gate expects."""
    experiences = [(e.features, dict(e.rewards), e.weight, e.marked) for e in roster.experiences()]
    bandit = Bandit(roster.experiences(), len(FEATURES))
    questions = [(1.0, *([share] * (len(FEATURES) - 1))) for share in (0.0, 0.3, 1.0)]
    return {
        "states": {entry.persona.persona_id: entry.state for entry in roster.entries()},
        "performances": {entry.persona.persona_id: performance_of(entry.persona) for entry in roster.entries()},
        "experiences": experiences,
        "factors": learned_factors(roster.experiences()),
        "births": roster.births(),
        "expected": [[bandit.expect(name, features) for features in questions] for name in NAMES],
    }


def content(workspace: Path) -> dict[str, bytes]:
    files = (path for path in workspace.rglob("*") if path.is_file() and not path.name.endswith("lock"))
    return {str(path.relative_to(workspace)): path.read_bytes() for path in files}


def shared_file(roster: FolderRoster, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(Exchange(roster).export(folder).file)


# -- merged is the whole ----------------------------------------------------------------------------------


def test_merged_machines_have_learned_exactly_what_one_with_all_questions_has(clock, machines, tmp_path):
    learn(clock, machines, range(60))
    *parts, whole = machines
    assert all(learned(part) != learned(whole) for part in parts)
    merge_all(parts, tmp_path / "shared")
    for part in parts:
        assert learned(part) == learned(whole)
        assert part.verify() == []
        assert learned(FolderRoster(Workspace(part.ledger.path.parent.parent))) == learned(whole)


def test_more_is_learned_between_merges(clock, machines, tmp_path):
    *parts, whole = machines
    for questions in (range(20), range(20, 50), range(50, 55)):
        learn(clock, machines, questions)
        merge_all(parts, tmp_path / "shared")
        assert learned(parts[0]) == learned(parts[1]) == learned(parts[2]) == learned(whole)


def test_the_gate_remembers_the_latest_of_all_machines(clock, machines, tmp_path):
    *parts, whole = machines
    for number in range(700):
        clock.seconds = 10.0 * number
        share = round(number / 700, 4)
        reward = Rewards(clock(), f"run-{number}", {"reader": share, "walker": 1 - share}, (1.0, *[share] * 7))
        for roster in (parts[(number // 100) % 3], whole):
            roster.ledger.append(reward)
    whole.repair()
    merge_all(parts, tmp_path / "shared")
    learn(clock, machines, range(700, 712))
    merge_all(parts, tmp_path / "shared")
    assert len(whole.experiences()) == 500
    assert learned(parts[0]) == learned(parts[1]) == learned(parts[2]) == learned(whole)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_the_files_makes_no_difference(clock, machines, tmp_path, order):
    learn(clock, machines, range(24))
    *parts, whole = machines
    merge_all(parts, tmp_path / "shared", lambda files: [files[n] for n in order])
    assert learned(parts[1]) == learned(whole)


def test_one_file_after_the_other_is_as_all_at_once(clock, machines, tmp_path):
    learn(clock, machines, range(24))
    *parts, whole = machines
    files = [shared_file(part, tmp_path / "shared") for part in parts]
    for file in reversed(files):
        Exchange(parts[0]).merge([file], accept=[file.stem])
    assert learned(parts[0]) == learned(whole)


def test_merging_again_changes_nothing(clock, machines, tmp_path):
    learn(clock, machines, range(24))
    *parts, _ = machines
    merge_all(parts, tmp_path / "shared")
    earlier = content(tmp_path / "one")
    merged = Exchange(parts[0]).merge([tmp_path / "shared"])
    assert {file.note for file in merged.files} == {"was merged before", "is of this device"}
    assert (merged.added, merged.conflicts, merged.devices) == ((), (), 2)
    assert content(tmp_path / "one") == earlier


def test_an_older_file_takes_nothing_back(clock, machines, tmp_path):
    *parts, whole = machines
    learn(clock, machines, range(12))
    old = shared_file(parts[1], tmp_path / "old")
    learn(clock, machines, range(12, 24))
    merge_all(parts, tmp_path / "shared")
    assert Exchange(parts[0]).merge([old]).files[0].note == "was merged before"
    assert learned(parts[0]) == learned(whole)


def test_rewards_after_a_merge_count_after_those_of_a_clock_that_is_ahead(clock, machines, tmp_path):
    one, two, *_ = machines
    clock.seconds = 1800
    two.record_rewards("run-1", {"walker": 1.0}, (1.0,))
    merge_all([one, two], tmp_path / "shared")
    clock.seconds = 60
    one.record_rewards("run-2", {"walker": 0.25}, (1.0,))
    assert [dict(experience.rewards) for experience in one.experiences()] == [{"walker": 1.0}, {"walker": 0.25}]
    assert one.verify() == []


# -- what travels -----------------------------------------------------------------------------------------


def test_no_run_rule_or_judgement_travels_and_no_question(clock, machines, tmp_path):
    one = machines[0]
    learn(clock, machines, range(24))
    one.edit(replace(one.find("reader").persona, metadata={"description": "of my secret plans"}))
    one.edit(replace(one.find("reader").persona, metadata={"description": "reads"}))
    data = shared_file(one, tmp_path / "shared").read_bytes()
    for secret in (b"run-", b"by hand", b"test", b"secret", b'"liked":false', str(tmp_path).encode()):
        assert secret not in data
    assert b'"description":"reads"' in data


def test_a_persona_travels_with_its_state_and_what_it_earned(clock, machines, tmp_path):
    one, two, *_ = machines
    two.add(Persona("weaver-2", {"focus": 9}, metadata={"parents": ["weaver"], "generation": 2}), decided_by="run-1")
    clock.seconds = 30
    two.record_rewards("run-1", {"weaver-2": 0.75}, (1.0,))
    two.change("weaver-2", Verdict.PROMOTE, rule="thresholds", decided_by="run-1")
    merged, _ = merge_all([one, two], tmp_path / "shared")
    assert merged.added == ("weaver-2",)
    entry = one.find("weaver-2")
    assert (entry.state, entry.persona.traits, entry.persona.parents) == (
        PersonaState.STABLE,
        {"focus": 9},
        ("weaver",),
    )
    assert performance_of(entry.persona) == performance_of(two.find("weaver-2").persona)
    assert performance_of(entry.persona).samples == 1
    assert one.births() == two.births() == Births(1, 1)
    assert one.verify() == []


def test_a_persona_that_walks_otherwise_is_a_conflict_and_what_it_earned_there_does_not_count(
    clock, machines, tmp_path
):
    one, two, three, _ = machines
    learn(clock, machines, range(24))
    clock.seconds = 1000
    two.edit(replace(two.find("walker").persona, traits={"focus": 9}))
    two.record_rewards("run-x", {"walker": 0.5, "reader": 0.5}, (1.0,))
    own = one.find("walker").persona
    merged, *_ = merge_all([one, two, three], tmp_path / "shared")
    (conflict,) = merged.conflicts
    assert (conflict.persona_id, conflict.device, conflict.counts) == ("walker", two.devices.own_id, False)
    assert one.find("walker").persona.traits == own.traits == {"focus": 3}
    earned_here = [e.rewards["walker"] for e in one.merged.experiences() if "walker" in e.rewards]
    assert 0.5 not in earned_here
    taken = Exchange(one).merge([], take=["walker"])
    assert (taken.taken_over, taken.conflicts[0].device) == (("walker",), three.devices.own_id)
    assert one.find("walker").persona.traits == {"focus": 9}
    assert performance_of(one.find("walker").persona) == performance_of(two.find("walker").persona)
    assert one.verify() == []
    one.undo()
    assert one.find("walker").persona.traits == {"focus": 3}
    assert one.verify() == []


def test_a_persona_with_other_texts_is_told_and_what_it_earned_there_counts(clock, machines, tmp_path):
    one, two, *_ = machines
    clock.seconds = 20
    two.edit(replace(two.find("walker").persona, metadata={"name": "The Walker"}))
    two.record_rewards("run-1", {"walker": 0.5}, (1.0,))
    merged, _ = merge_all([one, two], tmp_path / "shared")
    assert [(conflict.persona_id, conflict.counts) for conflict in merged.conflicts] == [("walker", True)]
    assert one.find("walker").persona.name == "walker"
    assert performance_of(one.find("walker").persona).samples == 1
    assert Exchange(one).merge([], take=["walker"]).conflicts == ()
    assert one.find("walker").persona.name == "The Walker"
    assert performance_of(one.find("walker").persona).samples == 1


def test_which_of_several_others_to_take_has_to_be_said(machines, tmp_path):
    one, *others = machines
    for focus, roster in enumerate(others, start=7):
        roster.edit(replace(roster.find("walker").persona, traits={"focus": focus}))
    merge_all(machines, tmp_path / "shared")
    with pytest.raises(PersonaError, match="several devices"):
        Exchange(one).merge([], take=["walker"])
    Exchange(one).merge([], take=[f"walker@{others[1].devices.own_id[:8]}"])
    assert one.find("walker").persona.traits == {"focus": 8}
    with pytest.raises(PersonaError, match="no other device has another 'reader'"):
        Exchange(one).merge([], take=["reader"])


def test_a_machine_of_which_two_copies_went_on_is_refused(clock, machines, tmp_path):
    one, two, *_ = machines
    clock.seconds = 10
    two.record_rewards("run-1", {"walker": 0.5}, (1.0,))
    lines = two.ledger.path.read_bytes()
    clock.seconds = 20
    two.record_rewards("run-2", {"walker": 0.5}, (1.0,))
    merge_all([one, two], tmp_path / "shared")
    two.ledger.path.write_bytes(lines)
    clock.seconds = 30
    two.record_rewards("run-3", {"walker": 0.5}, (1.0,))
    with pytest.raises(InputError, match="has another history"):
        Exchange(one).merge([shared_file(two, tmp_path / "shared")])


def test_two_copies_of_a_machine_are_refused_in_one_merge_too(clock, machines, tmp_path):
    _, two, three, _ = machines
    lines, files = two.ledger.path.read_bytes(), []
    for number in (1, 2):
        two.ledger.path.write_bytes(lines)
        clock.seconds = 10 * number
        two.record_rewards(f"run-{number}", {"walker": 0.5}, (1.0,))
        files.append(shared_file(two, tmp_path / f"shared-{number}"))
    shared_file(three, tmp_path / "other")
    before = content(tmp_path / "three")
    with pytest.raises(InputError, match="different histories of one device"):
        Exchange(three).merge(files, accept=[files[0].stem])
    assert content(tmp_path / "three") == before


# -- signatures -------------------------------------------------------------------------------------------


def test_only_files_of_accepted_devices_are_merged(clock, machines, tmp_path):
    one, two, *_ = machines
    learn(clock, machines, range(6))
    file = shared_file(two, tmp_path / "shared")
    with pytest.raises(InputError, match=f"is signed by device {file.stem}, which is not accepted") as refused:
        Exchange(one).merge([file])
    assert f"--accept {file.stem}" in refused.value.hint
    assert not list((tmp_path / "one" / "db" / "devices").glob("*.learned"))
    Exchange(one).merge([file], accept=[file.stem])
    learn(clock, machines, range(6, 12))
    (merged,) = Exchange(one).merge([shared_file(two, tmp_path / "shared")]).files
    assert merged.new_rewards > 0


def test_a_file_that_was_changed_or_cut_is_refused_and_nothing_is_merged(clock, machines, tmp_path):
    one, two, three, _ = machines
    learn(clock, machines, range(12))
    good, file = shared_file(three, tmp_path / "shared"), shared_file(two, tmp_path / "shared")
    whole = file.read_bytes()
    Exchange(one).merge([], accept=[good.stem, file.stem])
    earlier = content(tmp_path / "one")
    changed = [whole.replace(b'"walker":0.', b'"walker":1.', 1), whole.replace(b'"edition":1', b'"edition":9')]
    flipped = [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(0, len(whole) - 1, len(whole) // 20)]
    cut = [whole[:n] for n in (0, 1, 100, len(whole) // 2, len(whole) - 3)]
    for data in (*changed, *flipped, *cut):
        file.write_bytes(data)
        with pytest.raises(InputError):
            Exchange(one).merge([good, file])
        assert content(tmp_path / "one") == earlier
    file.write_bytes(whole)
    assert len(Exchange(one).merge([good, file]).files) == 2


def hostile(*entries: LedgerEntry, personas: Sequence[dict[str, Any]] = ()) -> bytes:
    """A well-signed file with these entries."""
    secret = new_secret_key()
    made = Contribution(1, tuple(SharedEntry(n, entry) for n, entry in enumerate(entries, start=1)), tuple(personas))
    data = encoded(made)
    return file_of(public_key_of(secret), signature_of(data, secret), data)


AT = "2026-01-05T12:00:00.000+00:00"


def liking(values: tuple[tuple[float, ...], ...], liked: tuple[int, ...]) -> Feedback:
    return Feedback(AT, "1", 1, True, {"walker": 0.5}, marked=MarkedRanking(values, liked))


HOSTILE: dict[str, list[LedgerEntry | dict[str, Any]]] = {
    "a reward above 1": [Rewards(AT, "1", {"walker": 1.5})],
    "a reward that is no number": [Rewards(AT, "1", {"walker": float("nan")})],
    "a persona that is a path": [Rewards(AT, "1", {"../walker": 0.5})],
    "a run that is a path": [Rewards(AT, "../1", {"walker": 0.5})],
    "a feature above 1": [Rewards(AT, "1", {"walker": 0.5}, (1.0, 2.0))],
    "too many features": [Rewards(AT, "1", {"walker": 0.5}, (1.0,) * 1000)],
    "likes of no passage": [liking(((0.5, 1.0),), ())],
    "a like of a passage that is not there": [liking(((0.5, 1.0),), (1,))],
    "a ranking that is no table": [liking(((0.5, 1.0), (0.5,)), (0,))],
    "a value that is no number": [liking(((0.5, float("inf")),), (0,))],
    "a ranking of too many": [liking(((0.5,),) * 1000, (0,))],
    "no time": [Rewards("now", "1", {"walker": 0.5})],
    "times that fall": [Rewards("2026-01-06T12:00:00.000+00:00", "1", {}), Rewards(AT, "1", {})],
    "a time to come": [Rewards("9999-01-05T12:00:00.000+00:00", "1", {"walker": 0.5})],
    "an addition that is a path": [Added(AT, "/etc/passwd", PersonaState.ACTIVE, "")],
    "fewer samples than none": [Added(AT, "walker", PersonaState.ACTIVE, "", PersonaPerformance(-1, 0.5, 0.0))],
    "a mean above 1": [Added(AT, "walker", PersonaState.ACTIVE, "", PersonaPerformance(9, 1.5, 0.0))],
    "a trait of 12": [
        {"persona_id": "x", "traits": {"focus": 12}, "expertise": [], "activation_cost": 0, "metadata": {}}
    ],
    "a persona file that is a path": [
        {"persona_id": "../x", "traits": {}, "expertise": [], "activation_cost": 0, "metadata": {}}
    ],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_ledger_holds_is_refused_though_it_is_signed(machines, tmp_path, name):
    personas = [each for each in HOSTILE[name] if isinstance(each, dict)]
    data = hostile(*(each for each in HOSTILE[name] if not isinstance(each, dict)), personas=personas)
    (tmp_path / "hostile.learned").write_bytes(data)
    with pytest.raises(InputError, match=r"hostile\.learned"):
        Exchange(machines[0]).merge([tmp_path / "hostile.learned"], accept=[read_file(data, where="").device])
    assert machines[0].verify() == []


def test_without_the_package_it_is_said_how_to_install_it(machines, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(InputError, match="cryptography") as refused:
        Exchange(machines[0]).export(tmp_path / "x.learned")
    assert "pip install 'persona-moe[merge]'" in refused.value.hint
    assert not (tmp_path / "x.learned").exists()


def test_the_key_is_of_its_owner_alone(machines, tmp_path):
    shared_file(machines[0], tmp_path / "shared")
    assert (tmp_path / "one" / "db" / "devices" / "own-key").stat().st_mode & 0o077 == 0


# -- crashes and damage -----------------------------------------------------------------------------------


def test_the_next_start_ends_a_merge_that_was_killed(clock, machines, tmp_path, monkeypatch):
    *parts, whole = machines
    learn(clock, machines, range(24))
    files = [shared_file(part, tmp_path / "shared") for part in parts]

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folders_module, "write_atomically", dies)
        with pytest.raises(KeyboardInterrupt):
            Exchange(parts[0]).merge(files, accept=[file.stem for file in files])
    again = FolderRoster(Workspace(tmp_path / "one"))
    assert again.recovered
    assert learned(again) == learned(whole)


def test_a_kept_file_that_is_damaged_is_named_with_what_to_do(clock, machines, tmp_path):
    one, two, *_ = machines
    learn(clock, machines, range(6))
    merge_all([one, two], tmp_path / "shared")
    (kept,) = (tmp_path / "one" / "db" / "devices").glob("*.learned")
    kept.write_bytes(kept.read_bytes()[:-200])
    with pytest.raises(StoreError, match=kept.name):
        FolderRoster(Workspace(tmp_path / "one")).experiences()
    kept.unlink()
    assert FolderRoster(Workspace(tmp_path / "one")).experiences()
    Exchange(FolderRoster(Workspace(tmp_path / "one"))).merge([tmp_path / "shared"])
    assert learned(FolderRoster(Workspace(tmp_path / "one"))) == learned(two)


@pytest.mark.parametrize("name", ["missing.learned", "."])
def test_a_file_that_is_none_is_told(machines, tmp_path, name):
    if name == ".":
        (tmp_path / "text.learned").write_text("Dear diary")
    with pytest.raises(InputError, match=r"missing\.learned: No such file|text\.learned: is no file of"):
        Exchange(machines[0]).merge([tmp_path / name])


# -- noise ------------------------------------------------------------------------------------------------


def test_with_noise_only_sums_travel_and_their_epsilons_add_up(clock, machines, tmp_path):
    one, two, *_ = machines
    rng, paid = random.Random(5), []
    for number in range(60):
        paid.append({name: rng.random() for name in rng.sample(NAMES, 3)})
        two.record_rewards(f"run-{number}", paid[-1], (1.0,))
    (tmp_path / "shared").mkdir()
    first, second = (Exchange(two).export(tmp_path / "shared", epsilon=epsilon) for epsilon in (0.5, 100))
    assert (first.epsilon, first.epsilon_in_all) == (0.5, 0.5)
    assert (second.rewards, second.epsilon, second.epsilon_in_all) == (0, 100, 100.5)
    body = json.loads(Path(second.file).read_bytes().splitlines()[1])
    assert body["epsilon"] == 100
    assert {entry["entry"] for _, entry in body["entries"]} == {"Added"}
    Exchange(one).merge([Path(second.file)], accept=[second.device])
    for name in NAMES:
        performance, rewards = (
            performance_of(one.find(name).persona),
            [reward[name] for reward in paid if name in reward],
        )
        assert performance.samples == pytest.approx(len(rewards), abs=2)
        assert performance.mean == pytest.approx(sum(rewards) / len(rewards), abs=0.1)
    assert one.experiences() == []
    assert one.verify() == []


@pytest.mark.parametrize("epsilon", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_noise_that_is_none_is_refused(machines, tmp_path, epsilon):
    with pytest.raises(InputError, match="is not valid"):
        Exchange(machines[0]).export(tmp_path / "x.learned", epsilon=epsilon)


def test_the_noise_has_the_scale_that_is_promised():
    uniform = random.Random(3).random
    rewards = [Rewards(AT, str(n), {"a": 0.75, "b": 0.25}) for n in range(100)]
    drawn = [noisy_performances(rewards, ["a", "b"], 0.5, uniform)["a"].samples - 100 for _ in range(2000)]
    assert fmean(drawn) == pytest.approx(0, abs=1.5)
    assert fmean(map(abs, drawn)) == pytest.approx(3 * 2 / 0.5, rel=0.1)  # of a Laplace distribution: its scale
    exact = noisy_performances(rewards, ["a", "b"], 1e6, uniform)["a"]
    assert exact.samples == 100
    assert exact.mean == pytest.approx(0.75, abs=1e-3)


def test_only_one_reward_of_a_run_counts_for_a_persona_however_often_it_was_paid():
    paid = [Rewards(AT, "1", {"a": 1.0})] * 500
    assert noisy_performances(paid, ["a"], 1e6)["a"].samples == 1


def test_rewards_from_before_a_fresh_start_are_in_no_sum():
    again = Transition(
        AT, "a", PersonaState.PRUNED, PersonaState.EXPERIMENTAL, "", "", PersonaPerformance(), afresh=True
    )
    entries: list[LedgerEntry] = [Rewards(AT, "1", {"a": 1.0, "b": 1.0}), again, Rewards(AT, "2", {"a": 0.5})]
    sums = noisy_performances(entries, ["a", "b"], 1e6)
    assert sums["a"].samples == sums["b"].samples == 1
    assert sums["a"].mean == pytest.approx(0.5, abs=0.01)
