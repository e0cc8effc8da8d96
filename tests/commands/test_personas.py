"""`persona-moe personas`: everything that may happen to a persona, by hand, and what the ledger says of it."""

import json
from pathlib import Path

import pytest

from engine.personas.persona import persona_schema
from tests.support.ten_personas import write_ten_personas
from tui.command_line import main

STATES = {
    **dict.fromkeys(("analyst", "archivist", "control", "networker", "skeptic", "tracker"), "active"),
    **dict.fromkeys(("reader", "specialist", "wanderer"), "stable"),
    "minimalist": "experimental",
}
KEYS = ["persona_id", "state", "traits", "expertise", "activation_cost", "historical_performance", "metadata"]


@pytest.fixture
def personas(tmp_path, capsys):
    """Run an action; returns stdout (with --json what it means). `code` 2 returns the one line on stderr."""

    def run(*arguments, code=0):
        if arguments[0] != "validate" and "--schema" not in arguments and not (tmp_path / "workspace").exists():
            write_ten_personas(tmp_path / "workspace")
        given = ["personas", *map(str, arguments), "--workspace", str(tmp_path / "workspace")]
        assert main(given) == code
        out, err = capsys.readouterr()
        if code and not out:
            assert err.startswith("persona-moe: ")
            assert err.count("\n") == 1
            return err
        assert err == ""
        return json.loads(out) if "--json" in arguments else out

    return run


def file_of(tmp_path: Path, persona_id: str) -> Path:
    (path,) = (tmp_path / "workspace" / "personas").glob(f"*/{persona_id}.json")
    return path


def test_the_list_holds_every_persona_with_its_state(personas):
    listed = personas("list", "--json")
    assert {entry["persona_id"]: entry["state"] for entry in listed} == STATES
    assert [entry["persona_id"] for entry in listed] == sorted(STATES)
    assert all(list(entry) == KEYS for entry in listed)
    header, *rows = personas("list").splitlines()
    assert header.split() == ["persona", "state", "samples", "mean", "name"]
    assert rows[0].split() == ["analyst", "active", "0", "-", "The", "Analyst"]
    assert len(rows) == 10


def test_the_archive_can_be_listed_alone(personas):
    personas("prune", "reader")
    assert [entry["persona_id"] for entry in personas("list", "--state", "pruned", "--json")] == ["reader"]
    assert personas("list", "--state", "pruned").splitlines()[1].split()[:2] == ["reader", "pruned"]
    assert "invalid choice: 'gone'" in personas("list", "--state", "gone", code=2)


def test_two_personas_have_a_child_that_the_ledger_tells_of(personas, tmp_path):
    told = personas("breed", "analyst", "tracker")
    assert told.startswith("analyst-tracker-2 is experimental, a child of analyst and tracker: ")
    child = personas("show", "analyst-tracker-2", "--json")
    assert (child["state"], child["metadata"]["parents"]) == ("experimental", ["analyst", "tracker"])
    nudged = personas("breed", "analyst-tracker-2", "--json")
    assert (nudged["persona_id"], nudged["metadata"]["generation"]) == ("analyst-tracker-3", 3)
    births = [line[18:] for line in personas("ledger").splitlines() if ", child of " in line]
    assert births == [
        "analyst-tracker-2: added as experimental, child of analyst and tracker · no samples · by hand",
        "analyst-tracker-3: added as experimental, child of analyst-tracker-2 · no samples · by hand",
    ]
    assert personas("ledger", "--verify") == "the ledger rebuilds every state and every performance\n"
    assert personas("validate", file_of(tmp_path, "analyst-tracker-2")).endswith(": valid\n")
    copied = personas("new", "copy", "--from", file_of(tmp_path, "analyst-tracker-2"), "--json")
    assert not {"parents", "generation"} & set(copied["metadata"])


def test_who_can_have_no_child_is_one_line(personas):
    assert "neutral control" in personas("breed", "analyst", "control", code=2)
    assert "did you mean 'tracker'?" in personas("breed", "traker", code=2)
    assert "3 parents" in personas("breed", "analyst", "tracker", "reader", code=2)
    personas("prune", "reader")
    assert "reader is pruned (restore it first)" in personas("breed", "reader", code=2)


def test_a_persona_file_that_cannot_be_read_is_told(personas, tmp_path):
    personas("list")
    file_of(tmp_path, "tracker").write_text("{")
    out = personas("list")
    assert "not read: " in out
    assert "tracker.json" in out
    assert len(personas("list", "--json")) == 9
    assert "tracker.json" in personas("promote", "tracker", code=2)


def test_show_prints_the_file_and_its_state(personas, tmp_path):
    shown = personas("show", "tracker")
    state, _, text = shown.partition("\n")
    assert (state, text) == ("active", file_of(tmp_path, "tracker").read_text())
    assert personas("show", "tracker", "--json") == {"persona_id": "tracker", "state": "active", **json.loads(text)}
    assert list(personas("show", "tracker", "--json")) == KEYS
    assert "which persona?" in personas("show", code=2)
    assert "did you mean 'tracker'?" in personas("show", "traker", code=2)


def test_the_schema_is_shown_without_a_workspace(tmp_path, personas):
    assert json.loads(personas("show", "--schema")) == persona_schema()
    assert not (tmp_path / "workspace").exists()


def test_a_new_persona_is_experimental_and_can_be_shown(personas, tmp_path):
    assert personas("new", "newt", "--trait", "focus=7", "--trait", "humour=2") == "newt is experimental\n"
    assert personas("show", "newt", "--json") == {
        "persona_id": "newt", "state": "experimental", "traits": {"focus": 7, "humour": 2}, "expertise": [],
        "activation_cost": 0.0, "historical_performance": {}, "metadata": {},
    }  # fmt: skip
    assert file_of(tmp_path, "newt").parent.name == "experimental"
    assert "newt is experimental already" in personas("new", "newt", code=2)


def test_a_copy_keeps_what_a_persona_is_and_not_what_it_earned_or_that_it_is_the_control(personas, tmp_path):
    personas("list")
    file = file_of(tmp_path, "control")
    earned = {"samples": 3, "mean": 0.5, "m2": 0.1}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"historical_performance": earned}))
    copy = personas("new", "copy", "--from", file, "--trait", "breadth=9", "--json")
    assert (copy["state"], copy["traits"], copy["historical_performance"]) == ("experimental", {"breadth": 9}, {})
    assert "control" not in copy["metadata"]
    assert copy["metadata"]["name"] == "The Control"
    personas("prune", "copy")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Bad Name"], "Bad Name"),
        (["../up"], "../up"),
        (["x" * 65], "x" * 65),
        (["newt", "--trait", "focus"], "trait 'focus' is not valid (NAME=1-9, for example focus=7)"),
        (["newt", "--trait", "=3"], "trait '=3' is not valid"),
        (["newt", "--trait", "focus=high"], "trait 'focus=high' is not valid"),
        (["newt", "--trait", "focus=10"], "traits/focus: 10 is greater than the maximum of 9"),
        (["newt", "--trait", "focus=0"], "traits/focus: 0 is less than the minimum of 1"),
        (["newt", "--from", "/nowhere.json"], "/nowhere.json: No such file or directory"),
        (["control"], "control is active already"),
    ],
)
def test_a_new_persona_that_is_none_is_refused_and_nothing_is_written(personas, tmp_path, arguments, told):
    assert told in personas("new", *arguments, code=2)
    assert len(list((tmp_path / "workspace" / "personas").rglob("*.json"))) == 10
    assert personas("ledger", "--verify") == "the ledger rebuilds every state and every performance\n"


def test_personas_rise_and_fall_by_hand_and_the_ledger_tells(personas, tmp_path):
    assert personas("promote", "minimalist") == "minimalist: experimental -> stable\n"
    assert personas("promote", "minimalist", "--json")["state"] == "active"
    assert "minimalist is active already" in personas("promote", "minimalist", code=2)
    assert personas("demote", "minimalist") == "minimalist: active -> stable\n"
    assert personas("demote", "minimalist") == "minimalist: stable -> experimental\n"
    assert personas("demote", "minimalist") == "minimalist: experimental -> pruned\n"
    assert "restore it first" in personas("promote", "minimalist", code=2)
    assert personas("restore", "minimalist") == "minimalist: pruned -> experimental, and starts afresh\n"
    assert personas("prune", "wanderer") == "wanderer: stable -> pruned\n"
    assert file_of(tmp_path, "wanderer").parent.name == "pruned"
    transitions = [line[18:] for line in personas("ledger").splitlines() if "→" in line]
    assert transitions == [
        "minimalist: experimental → stable · no samples · by hand",
        "minimalist: stable → active · no samples · by hand",
        "minimalist: active → stable · no samples · by hand",
        "minimalist: stable → experimental · no samples · by hand",
        "minimalist: experimental → pruned · no samples · by hand",
        "minimalist: pruned → experimental, starts afresh · no samples · by hand",
        "wanderer: stable → pruned · no samples · by hand",
    ]
    assert personas("ledger", "--verify") == "the ledger rebuilds every state and every performance\n"


def test_the_ledger_as_json_lines(tmp_path, capsys):
    workspace = ["--workspace", str(tmp_path / "workspace")]
    write_ten_personas(tmp_path / "workspace")
    assert main(["personas", "promote", "reader", *workspace]) == 0
    capsys.readouterr()
    assert main(["personas", "ledger", "--json", *workspace]) == 0
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry["entry"] for entry in entries] == ["Added"] * 10 + ["Transition"]
    assert list(entries[-1]) == [
        "entry", "at", "persona_id", "before", "after", "rule", "decided_by", "performance", "afresh",
    ]  # fmt: skip
    assert (entries[-1]["before"], entries[-1]["after"]) == ("stable", "active")


def test_verify_tells_a_file_that_was_moved_by_other_hands(personas, tmp_path):
    personas("list")
    folder = tmp_path / "workspace" / "personas"
    (folder / "stable" / "reader.json").rename(folder / "pruned" / "reader.json")
    out = personas("ledger", "--verify", code=1)
    assert out == (
        "reader: stable in the ledger, but its file is in pruned\nthe ledger, the folders and the runs differ\n"
    )


def test_verify_prints_json_when_asked_to(personas):
    assert personas("ledger", "--verify", "--json") is not None


def test_a_damaged_ledger_is_one_line_that_names_the_line(personas, tmp_path, capsys):
    personas("promote", "reader")
    ledger = tmp_path / "workspace" / "db" / "ledger.jsonl"
    ledger.write_bytes(b"{}\n" + ledger.read_bytes())
    err = personas("ledger", code=1)
    assert "ledger.jsonl: line 1:" in err


def test_validate_judges_files_without_a_workspace(tmp_path, personas, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    fields = {"traits": {}, "expertise": [], "activation_cost": 0, "historical_performance": {}, "metadata": {}}
    good.write_text(json.dumps({"persona_id": "good", **fields}))
    bad.write_text(json.dumps({"persona_id": "bad", **fields, "traits": {"focus": 12}}))
    assert personas("validate", good) == f"{good}: valid\n"
    assert personas("validate", good, "--json") == [{"file": str(good), "valid": True, "persona_id": "good"}]
    first, second, third = personas("validate", good, bad, tmp_path / "none.json", "--json", code=2)
    assert (first["valid"], list(second), list(third)) == (True, ["file", "valid", "error"], ["file", "valid", "error"])
    assert "traits/focus: 12 is greater than the maximum of 9" in second["error"]
    assert "No such file" in third["error"]
    assert "traits/focus" in personas("validate", bad, code=2)
    assert not (tmp_path / "workspace").exists()


def test_what_a_persona_says_of_itself_cannot_steer_the_terminal(personas, tmp_path, capsys):
    hostile = "\x1b[2J\x9b\u202e\x07"
    file = tmp_path / f"evil{hostile}.json"
    fields = {"traits": {}, "expertise": [hostile], "activation_cost": 0, "historical_performance": {}}
    file.write_text(json.dumps({"persona_id": "evil", **fields, "metadata": {"name": hostile}}))
    workspace = ["--workspace", str(tmp_path / "workspace")]
    showing = ["list", "list --json", "show evil", "show evil --json"]
    given = (
        ["new", "evil", "--from", str(file)],
        ["validate", str(file)],
        ["new", f"a{hostile}"],
        ["show", f"a{hostile}"],
    )
    for arguments in (*given, *map(str.split, showing)):
        main(["personas", *arguments, *workspace])
        for text in capsys.readouterr():
            assert not set(text) & set(hostile.replace("[2J", ""))


def test_an_unknown_action_names_the_valid_ones_as_they_are_typed(personas):
    assert "Verdict" not in personas("frobnicate", code=2)


def test_an_edit_changes_what_is_named_and_is_a_line_of_the_ledger(personas):
    assert personas(
        "edit", "tracker", "--name", "T", "--cost", "0.5", "--expertise", "ships", "--expertise", "a, b"
    ) == ("tracker: saved\n")
    edited = personas("edit", "tracker", "--trait", "ambition=", "--trait", "humour=3", "--json")
    assert edited["traits"] == {"literalness": 8, "humour": 3}
    assert (edited["activation_cost"], edited["expertise"]) == (0.5, ["ships", "a, b"])
    assert (edited["metadata"]["name"], edited["state"]) == ("T", "active")
    assert personas("edit", "tracker", "--name", "T") == "tracker is unchanged\n"
    lines = personas("ledger", "tracker").splitlines()
    assert [line[18:].partition(" · ")[0] for line in lines] == [
        "tracker: file found, state active",
        "tracker: edited: expertise, activation cost, name",
        "tracker: edited: ambition 8 → -, humour - → 3, starts afresh",
    ]
    assert personas("ledger", "--verify") == "the ledger rebuilds every state and every performance\n"


def test_an_edit_can_take_everything_from_a_file(personas, tmp_path):
    personas("list")
    file = tmp_path / "any.json"
    file.write_text(json.dumps(json.loads(file_of(tmp_path, "reader").read_text()) | {"historical_performance": {}}))
    edited = personas("edit", "tracker", "--from", file, "--trait", "focus=2", "--json")
    reader = personas("show", "reader", "--json")
    assert edited["persona_id"] == "tracker"
    assert (edited["traits"], edited["metadata"]) == ({**reader["traits"], "focus": 2}, reader["metadata"])


def test_the_record_starts_afresh_with_another_walk_unless_it_is_kept(personas, tmp_path):
    personas("list")
    earned = {"samples": 3, "mean": 0.5, "m2": 0.1}
    file = file_of(tmp_path, "reader")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"persona_id": "old", "historical_performance": earned}))
    file.rename(file.with_name("old.json"))
    assert personas("edit", "old", "--trait", "breadth=9", "--record", "keep") == "old: saved\n"
    assert personas("edit", "old", "--trait", "breadth=1") == "old: saved, and starts afresh\n"
    assert personas("undo") == "undone: the edit of old (breadth 1 -> 9)\n"
    assert personas("show", "old", "--json")["historical_performance"] == {**earned, "moved_at": 0}


def test_an_edit_that_cannot_be_is_refused_and_nothing_changes(personas):
    before = personas("ledger")
    for arguments, told in (
        (["nobody", "--name", "x"], "there is no persona 'nobody'"),
        (["control", "--trait", "focus=3"], "its texts can change, not its traits"),
        (["tracker", "--trait", "focus=10"], "10 is greater than the maximum of 9"),
        (["tracker", "--trait", "nothere="], "trait 'nothere=' is not valid"),
        (["tracker", "--cost", "nan"], "nan is not of type 'number'"),
        (["tracker", "--name", "x" * 81], "is too long"),
        (["tracker", "--from", "/nowhere.json"], "/nowhere.json: No such file"),
    ):
        assert told in personas("edit", *arguments, code=2)
    assert personas("ledger") == before


def test_undo_takes_back_step_by_step(personas):
    personas("promote", "reader")
    personas("prune", "tracker")
    personas("new", "newt")
    assert personas("undo") == "undone: the addition of newt (experimental -> pruned)\n"
    undone = personas("undo", "--json")
    assert (undone["persona_id"], undone["state"]) == ("tracker", "active")
    assert personas("undo") == "undone: the change of state of reader (active -> stable)\n"
    assert "there is nothing to undo (only changes by hand are undone)" in personas("undo", code=2)
    assert personas("ledger", "--verify") == "the ledger rebuilds every state and every performance\n"


def test_chart_receipts_and_comparison_of_real_runs(call):
    for question in ("Who built the lighthouse that Ysolde Marrak kept?", "Who led the Net Strike of 1894?"):
        call("ask", question, "--model", "none")
    chart = call("personas", "chart", "control")
    assert "2 samples (a review needs 15)" in chart
    assert "Next review: no change. Reviews never move the control." in chart
    assert "Last 2 rewards" in chart
    found = json.loads(call("personas", "chart", "control", "--json"))
    assert [point["after"]["samples"] for point in found["rewards"]] == [1, 2]
    assert found["outlook"]["performance"] == found["rewards"][-1]["after"]
    receipts = call("personas", "receipts", "analyst").splitlines()
    assert receipts[0].startswith("Last 2 runs: score = expected + bonus + match - cost")
    assert "Who led the Net" in receipts[2]
    assert "Who built the" in receipts[3]
    raw = json.loads(call("personas", "receipts", "analyst", "--limit", 1, "--json"))
    assert len(raw) == 1
    receipt = raw[0]["receipts"][0]
    assert receipt["score"] == pytest.approx(
        receipt["expected"] + receipt["bonus"] + receipt["expertise"] - receipt["cost"], abs=2e-4
    )
    compared = json.loads(call("personas", "compare", "analyst", "control", "--json"))
    assert (compared["left"]["persona_id"], compared["right"]["persona_id"]) == ("analyst", "control")
    kinds = {"words": [9, 5], "names": [1, 5], "structure": [1, 5], "closeness": [7, 5], "amounts": [7, 5]}
    assert compared["traits"] == kinds
    assert compared["right"]["judged"] == compared["right"]["called"] == 2
    assert 0 <= compared["overlap"] <= 1
    text = call("personas", "compare", "analyst", "control")
    assert "words          ━━━━━━━━━ 9" in text
    assert "Their first five passages overlap by" in text


def test_the_ledger_shows_rewards_and_judgements_in_words(call):
    call("ask", "Who led the Net Strike of 1894?", "--model", "none")
    assert ": rewards: analyst " in call("personas", "ledger").splitlines()[-1]
    call("feedback", "last", "up")
    assert ": the answer judged good, rewards of 5 samples each: analyst " in call("personas", "ledger", "analyst")
    call("feedback", "last", "down", "--citation", 1)
    assert ": citation 1 judged bad, rewards of 5 samples each: analyst " in call("personas", "ledger", "analyst")


def test_where_the_output_is_ascii_the_figures_are(call, monkeypatch):
    call("ask", "Who led the Net Strike of 1894?", "--model", "none")
    monkeypatch.setenv("LC_ALL", "C")
    for action in (["chart", "control"], ["receipts", "control"], ["compare", "analyst", "control"]):
        assert call("personas", *action).isascii()


def test_figures_of_nobody_and_of_nothing(personas):
    for action in (["chart", "nobody"], ["receipts", "nobody"], ["compare", "tracker", "nobody"]):
        assert "there is no persona 'nobody'" in personas(*action, code=2)
    assert "No rewards yet" in personas("chart", "tracker")
    assert personas("receipts", "tracker") == "The gate has not judged it in the latest recorded runs.\n"
    assert "They were not called together in any of the 0 recorded runs" in personas("compare", "tracker", "reader")
    assert personas("receipts", "tracker", "--json") == []


def test_two_machines_learn_together(tmp_path, capsys):
    def call(name, *arguments, code=0):
        assert main(["personas", *map(str, arguments), "--workspace", str(tmp_path / name)]) == code
        out, err = capsys.readouterr()
        return err if code else out

    shared = tmp_path / "shared"
    shared.mkdir()
    for name in ("one", "two"):
        asking = ["ask", "Who led the Net Strike of 1894?", "--model", "none", "--workspace", str(tmp_path / name)]
        assert main(asking) == 0
    capsys.readouterr()
    call("two", "new", "newcomer", "--trait", "focus=7")
    call("two", "edit", "skeptic", "--trait", "caution=9")
    wrote, signed = call("two", "export", shared).splitlines()
    device = signed.removeprefix("signed by device ")
    assert wrote == f"{shared / device}.learned: 1 reward of 8 personas"
    assert f"merge with --accept {device}" in call("one", "merge", shared, code=2)
    told = call("one", "merge", shared, "--accept", device).splitlines()
    assert told == [
        f"{shared / device}.learned: 1 new reward of device {device}",
        "newcomer: added",
        (
            f"skeptic: differs on device {device} (caution - -> 9); what it earned there does not count"
            f" (take it over with --take skeptic@{device[:8]})"
        ),
        "1 reward of 1 other device",
    ]
    rows = {row["persona_id"]: row for row in json.loads(call("one", "list", "--json"))}
    assert {name: row["historical_performance"].get("samples", 0) for name, row in rows.items()} == {
        "analyst": 2, "archivist": 2, "control": 2, "interpreter": 0,
        "networker": 2, "newcomer": 0, "reader": 2, "skeptic": 1,
    }  # fmt: skip
    assert call("one", "merge", shared, "--take", "skeptic").splitlines()[1] == "skeptic: taken over"
    merged = json.loads(call("one", "merge", shared, "--json"))
    assert (merged["conflicts"], merged["files"][0]["note"]) == ([], "was merged before")
    assert call("one", "ledger", "--verify") == "the ledger rebuilds every state and every performance\n"
    noisy = call("two", "export", tmp_path / "noisy.learned", "--noise", "2").splitlines()
    assert noisy[0].endswith(": rewards of 8 personas: their sums with noise")
    assert noisy[2] == "epsilon 2; 2 in all files of this device with noise"
    (tmp_path / "noisy.learned").write_bytes((tmp_path / "noisy.learned").read_bytes()[:-9])
    assert "its signature does not fit" in call("one", "merge", tmp_path / "noisy.learned", code=2)
