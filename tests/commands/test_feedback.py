"""`persona-moe feedback`: a judgement reaches the personas' figures, and the ledger rebuilds them."""

import json

import pytest

from engine.personas.roster import performance_of
from engine.run.feedback import WEIGHT
from tui.command_line import main
from tui.session.session import open_session

QUESTION = "Who led the Net Strike of 1894?"
UNCOVERED = "When did Absalom Drusk become Harbour Reeve?"


@pytest.fixture
def asked(call):
    return json.loads(call("ask", QUESTION, "--json", "--model", "none"))


def samples(workspace):
    roster = open_session(workspace).personas.roster
    return {entry.persona.persona_id: performance_of(entry.persona).samples for entry in roster.entries()}


def test_an_answer_is_judged_and_the_ledger_rebuilds_the_figures(call, asked, workspace):
    before = samples(workspace)
    out = call("feedback", asked["run_id"], "up")
    assert out.startswith("noted for the answer: ")
    called = {persona["persona_id"] for persona in asked["personas"] if persona["activated"]}
    assert {name: n - before[name] for name, n in samples(workspace).items() if n != before[name]} == dict.fromkeys(
        called, WEIGHT
    )
    assert call("personas", "ledger", "--verify") == "the ledger rebuilds every state and every performance\n"
    assert "judged so already" in call("feedback", asked["run_id"], "up", code=2)
    assert call("feedback", "last", "down").startswith("noted for the answer: ")
    assert samples(workspace)["control"] == before["control"] + WEIGHT
    assert call("personas", "ledger", "--verify") == "the ledger rebuilds every state and every performance\n"


def test_a_citation_is_judged_as_json(call, asked):
    given = json.loads(call("feedback", "last", "up", "--citation", "1", "--json"))
    assert list(given) == ["run_id", "citation", "liked", "rewards", "context", "means", "transitions", "factors"]
    assert (given["run_id"], given["citation"], given["liked"]) == (asked["run_id"], 1, True)
    assert set(given["rewards"].values()) <= {0.0, 1.0}
    assert given["rewards"].keys() == given["means"].keys()
    assert call("history", "show", asked["run_id"]).splitlines()[0].endswith("judged [1]+")


def test_what_cannot_be_judged_is_one_line(call, asked, workspace):
    assert "no citation 99" in call("feedback", "last", "up", "--citation", "99", code=2)
    assert "no run with id 'nope'" in call("feedback", "nope", "up", code=2)
    assert "invalid choice: 'sideways'" in call("feedback", "last", "sideways", code=2)
    call("ask", UNCOVERED, "--model", "none")
    assert "cites nothing" in call("feedback", "last", "down", code=2)


def test_without_runs_there_is_nothing_to_judge(call):
    assert "there are no runs yet" in call("feedback", "last", "up", code=2)


def test_thresholds_decide_after_a_judgement_too(call, asked, workspace):
    (workspace / "configs" / "thresholds.yaml").write_text(
        "minimum_samples: 2\nconfidence: 0\npromotion_threshold: 0\n"
    )
    call("personas", "demote", "analyst")
    given = json.loads(call("feedback", "last", "up", "--json"))
    moved = [(event["persona_id"], event["after"], event["decided_by"]) for event in given["transitions"]]
    assert moved == [("analyst", "active", f"feedback on {asked['run_id']}")]


def test_features_that_are_not_those_of_the_run_are_told_as_long_as_the_run_exists(call, workspace, capsys):
    call("ask", "Who led the Net Strike of 1894?", "--model", "none")
    call("feedback", "last", "up")
    ledger = workspace / "db" / "ledger.jsonl"
    count = ledger.read_text().count("\n")
    ledger.write_text(ledger.read_text().replace('"context":[1.0,', '"context":[0.75,'))
    call("personas", "ledger", "--reseal")
    assert main(["personas", "ledger", "--verify", "--json", "--workspace", str(workspace)]) == 1
    told = json.loads(capsys.readouterr().out)["differences"]
    assert [line.partition(": the features of run ")[0] for line in told] == [
        f"ledger.jsonl: line {count - 1}", f"ledger.jsonl: line {count}",
    ]  # fmt: skip
    for record in workspace.rglob("runs/*.jsonl.gz"):
        record.unlink()
    assert call("personas", "ledger", "--verify") == "the ledger rebuilds every state and every performance\n"
