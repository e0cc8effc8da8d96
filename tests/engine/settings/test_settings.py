"""The shipped files hold the declared values, and every error names file, key and what is valid."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

from engine.errors import SettingsError
from engine.settings.settings import Settings, load_settings
from engine.shipped import shipped

_URLS = "an address such as http://127.0.0.1:11434 or gpu:11434, or a list of them"
FILES = ("system", "thresholds", "ollama", "scoring", "screen", "opensearch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, name: str, text: str | bytes) -> Settings:
    (folder / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(folder)


def refused(folder: Path, name: str, text: str | bytes) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(folder, name, text)
    assert caught.value.message.startswith(f"{folder / name}.yaml: ")
    assert "\n" not in str(caught.value)
    return caught.value


def test_without_files_the_shipped_ones_count(folder):
    settings = load_settings(folder / "nowhere")
    assert settings == load_settings(folder) == load_settings(shipped("configs"))
    for name in FILES:
        values = yaml.safe_load(shipped(f"configs/{name}.yaml").read_bytes())
        assert json.loads(msgspec.json.encode(getattr(settings, name))) == values


def test_the_five_files_are_all_that_is_shipped():
    assert {path.name for path in shipped("configs").iterdir()} == {f"{name}.yaml" for name in FILES}


def test_a_key_that_is_set_leaves_the_others(folder):
    settings, shown = load(folder, "system", "batch_size: 3\n"), load_settings(shipped("configs"))
    assert settings.system.batch_size == 3
    assert settings.system.seed == shown.system.seed
    assert (settings.ollama, settings.scoring) == (shown.ollama, shown.scoring)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file_sets_nothing(folder, text):
    assert load(folder, "system", text) == load_settings(shipped("configs"))


def test_one_endpoint_or_several(folder):
    assert load(folder, "ollama", "api_endpoint: http://one:1").ollama.endpoints == ("http://one:1",)
    assert load(folder, "ollama", "api_endpoint: [http://one, https://two]").ollama.endpoints == (
        "http://one",
        "https://two",
    )


def test_checking_endpoints_again_and_again_is_safe_for_the_process(folder):
    """A pattern in a union with an array makes msgspec 0.22 free a wrong pointer: the declared type avoids it."""
    (folder / "ollama.yaml").write_text("api_endpoint: [http://one, https://two]\n")
    code = (
        "import sys, pathlib\n"
        "from engine.settings.settings import load_settings\n"
        "for _ in range(100): load_settings(pathlib.Path(sys.argv[1]))\n"
    )
    environment = {**os.environ, "PYTHONMALLOC": "debug"}
    subprocess.run([sys.executable, "-c", code, str(folder)], env=environment, check=True, timeout=60)


def test_whole_numbers_are_numbers_too(folder):
    assert load(folder, "thresholds", "confidence: 2").thresholds.confidence == 2.0
    assert load(folder, "screen", "keymap: {quit: ctrl+q}").screen.keymap == {"quit": "ctrl+q"}


def test_settings_cannot_be_changed(folder):
    with pytest.raises(AttributeError):
        load_settings(folder).system.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "key", "near"),
    [
        ("system", "max_iteration", "max_iterations"),
        ("system", "batchsize", "batch_size"),
        ("thresholds", "pruning_treshold", "pruning_threshold"),
        ("ollama", "model", "model_name"),
        ("scoring", "grounding", "entity_grounding"),
        ("screen", "Theme", "theme"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_valid_one(folder, name, key, near):
    error = refused(folder, name, f"{key}: 1")
    assert f"unknown key '{key}'" in error.message
    assert error.hint == f"did you mean '{near}'?"


@pytest.mark.parametrize(
    ("name", "line", "value", "valid"),
    [
        ("system", "max_iterations: 0", "0", "a whole number from 1 to 10"),
        ("system", "max_iterations: 11", "11", "a whole number from 1 to 10"),
        ("system", "max_iterations: two", "'two'", "a whole number from 1 to 10"),
        ("system", "max_iterations:", "None", "a whole number from 1 to 10"),
        ("system", "seed: true", "True", "a whole number from 0 to 4294967295"),
        ("system", "seed: 1.5", "1.5", "a whole number from 0 to 4294967295"),
        ("system", "log_level: LOUD", "'LOUD'", "one of DEBUG, INFO, WARNING, ERROR"),
        ("system", "enable_caching: 1", "1", "true or false"),
        ("system", "max_file_megabytes: 0", "0", "a number above 0 to 10000"),
        ("system", "passage_characters: 199", "199", "a whole number from 200 to 20000"),
        ("thresholds", "activation_threshold: -1.1", "-1.1", "a number from -1 to 1"),
        ("thresholds", "follow_distribution: 1", "1", "true or false"),
        ("thresholds", "evolution: sometimes", "'sometimes'", "true or false"),
        ("thresholds", "evolution_interval: 0", "0", "a whole number from 1 to 100000"),
        ("thresholds", "max_experimental: 65", "65", "a whole number from 1 to 64"),
        ("thresholds", "minimum_samples: 0", "0", "a whole number from 1 to 100000"),
        ("ollama", "model_name: ''", "''", "a text"),
        ("ollama", "model_name: 7", "7", "a text"),
        ("ollama", "api_endpoint: ftp://one", "'ftp://one'", _URLS),
        ("ollama", "api_endpoint: []", "[]", _URLS),
        ("scoring", "novelty: -0.1", "-0.1", "a number from 0 to 1"),
        ("screen", "keymap: [quit]", "['quit']", "action ids with their keys, such as quit: ctrl+q"),
        ("screen", "keymap: {quit: 1}", "{'quit': 1}", "action ids with their keys, such as quit: ctrl+q"),
        ("screen", "keymap: {help: f1, quit: ''}", "{'quit': ''}", "action ids with their keys, such as quit: ctrl+q"),
        ("screen", "keymap: {1: f1}", "{1: 'f1'}", "action ids with their keys, such as quit: ctrl+q"),
        ("system", "seed: {}", "{}", "a whole number from 0 to 4294967295"),
        ("system", "log_level: 2020-01-31", "datetime.date(2020, 1, 31)", "one of DEBUG, INFO, WARNING, ERROR"),
        ("ollama", "api_endpoint: [http://one, ftp://two]", "['http://one', 'ftp://two']", _URLS),
        ("ollama", "api_endpoint: 7", "7", _URLS),
        ("ollama", "timeout_seconds: .inf", "inf", "a number above 0 to 3600"),
        (
            "ollama",
            "keep_alive: soon",
            "'soon'",
            "a time such as 30s, 5m or 2h; 0 unloads it at once, -1 never (in quotes)",
        ),
    ],
)
def test_a_bad_value_is_told_with_its_key_and_what_is_valid(folder, name, line, value, valid):
    error = refused(folder, name, line)
    assert error.message == f"{folder / name}.yaml: {line.split(':')[0]}: {value} is not valid"
    assert error.hint == valid


@pytest.mark.parametrize("text", ["a: [", "\tx: 1", "a: 'b", "a: b: c", b"\xff\xfe\xff", b"a: caf\xe9", b"a: \x00"])
def test_what_is_no_yaml_is_told_on_one_line(folder, text):
    assert refused(folder, "system", text).hint == "the file must be valid YAML"


@pytest.mark.parametrize("text", ["[1]", "word", "7", "- seed: 1"])
def test_what_holds_no_keys_is_told(folder, text):
    assert "key: value" in refused(folder, "system", text).hint


def test_a_tag_builds_no_object(folder):
    refused(folder, "system", "seed: !!python/object/apply:os.getcwd []")


def test_a_folder_in_the_place_of_a_file_is_told(folder):
    (folder / "system.yaml").mkdir()
    with pytest.raises(SettingsError, match=r"system\.yaml"):
        load_settings(folder)


def test_the_error_is_one_of_the_users_input():
    assert SettingsError("x").exit_code == 2
    assert str(SettingsError("what", hint="valid")) == "what (valid)"


@pytest.mark.parametrize("text", ["log_level: 2020-13-45", f"seed: {'1' * 5000}"], ids=["date", "number"])
def test_a_value_that_yaml_cannot_make_is_told(folder, text):
    refused(folder, "system", text)


def test_no_number_is_no_valid_number(folder):
    refused(folder, "system", "max_file_megabytes: .nan")


def test_a_whole_number_with_a_point_is_told(folder):
    refused(folder, "system", "seed: 1.0")
