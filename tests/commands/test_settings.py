"""`persona-moe settings`: the command-line twin of the settings screen."""

import json


def test_list_marks_what_was_changed(call):
    call("settings", "set", "thresholds.pruning_threshold", "0.5")
    lines = call("settings", "list").splitlines()
    assert [line.split() for line in lines if line.startswith("*")][:1] == [
        ["*", "thresholds.pruning_threshold", "0.5", *"a number from 0 to 1".split()]
    ]
    changed = [entry for entry in json.loads(call("settings", "list", "--json")) if entry["value"] != entry["shipped"]]
    assert [entry["key"] for entry in changed] == ["thresholds.pruning_threshold"]


def test_get_explains(call):
    out = call("settings", "get", "seed")
    assert out.splitlines()[0] == "system.seed: 0"
    assert (
        "valid: a whole number from 0 to 4294967295; shipped: 0; a change takes effect from the next question on" in out
    )


def test_set_and_reset(call, workspace):
    assert json.loads(call("settings", "set", "evolution", "true", "--json"))["value"] is True
    assert "\nevolution: true\n" in (workspace / "configs/thresholds.yaml").read_text()
    assert call("settings", "reset", "evolution").startswith("thresholds.evolution: false")


def test_a_bad_value_or_name_is_one_line_and_exit_2(call):
    assert "(a whole number from 1 to 64)" in call("settings", "set", "batch_size", "0", code=2)
    assert "did you mean 'system.batch_size'" in call("settings", "set", "batchsize", "0", code=2)
    assert call("settings", code=2)


def test_a_broken_value_that_stops_everything_else_can_be_mended(call, workspace):
    (workspace / "configs/system.yaml").write_text("seed: many\n")
    assert "'many' is not valid" in call("settings", "list", code=2)
    assert call("settings", "set", "seed", "3").startswith("system.seed: 3")
