"""Each setting by itself: explained, typed, refused in the loader's words."""

import json

import pytest

from engine.errors import SettingsError
from engine.settings.options import ActsOn, comment_of, option, options, shown
from engine.settings.settings import load_settings
from engine.shipped import shipped


def test_every_setting_of_the_schema_is_there_and_explained():
    schema = json.loads(shipped("configs/schema.json").read_text())["properties"]
    assert {f"{file}.{key}" for file, rules in schema.items() for key in rules["properties"]} == {
        found.name for found in options()
    }
    assert [found.name for found in options() if len(found.explanation) < 10] == []
    assert len({found.explanation for found in options()}) == len(options())


def test_an_explanation_is_the_comment_without_marks_and_range():
    assert option("evolution_interval").explanation == "Rewarded runs from one birth to the next."
    assert comment_of(option("evolution_interval")) == "# Rewarded runs from one birth to the next.  1-100000\n"


@pytest.mark.parametrize("found", options(), ids=lambda found: found.name)
def test_what_is_shown_can_be_typed(found):
    value = found.value_in(load_settings(shipped("configs")))
    assert found.parse(shown(value)) == value == found.shipped


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("system.seed", " 7 ", 7),
        ("thresholds.confidence", "2", 2),
        ("thresholds.evolution", "true", True),
        ("system.log_level", "DEBUG", "DEBUG"),
        ("ollama.model_name", "7", "7"),
        ("ollama.api_endpoint", "http://a", "http://a"),
        ("ollama.api_endpoint", "http://a, http://b", ["http://a", "http://b"]),
        ("ollama.api_endpoint", "[http://a]", ["http://a"]),
        ("screen.keymap", 'quit: "ctrl+q,f10", cancel: ctrl+x', {"quit": "ctrl+q,f10", "cancel": "ctrl+x"}),
        ("screen.keymap", "", {}),
    ],
)
def test_what_is_typed_becomes_a_value_and_is_shown_so_that_it_can_be_typed_again(name, text, value):
    assert option(name).parse(text) == value
    assert option(name).parse(shown(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "valid"),
    [
        ("seed", "1.5", "a whole number from 0 to 4294967295"),
        ("seed", "[", "a whole number from 0 to 4294967295"),
        ("seed", "", "a whole number from 0 to 4294967295"),
        ("evolution", "maybe", "true or false"),
        ("log_level", "LOUD", "one of DEBUG, INFO, WARNING, ERROR"),
        ("api_endpoint", "localhost", "a URL such as http://127.0.0.1:11434, or a list of them"),
        ("keymap", "quit", "keys with a text each"),
        ("model_name", "", "a text"),
    ],
)
def test_what_is_not_valid_is_told_with_what_is(name, text, valid):
    with pytest.raises(SettingsError) as caught:
        option(name).parse(text)
    assert caught.value.message.startswith(option(name).name)
    assert caught.value.hint == valid


def test_an_unknown_setting_is_told_with_the_nearest():
    with pytest.raises(SettingsError, match=r"did you mean 'thresholds.pruning_threshold'"):
        option("pruning_treshold")


def test_choices_are_known_where_they_are_few():
    assert option("evolution").choices == (False, True)
    assert option("log_level").choices == ("DEBUG", "INFO", "WARNING", "ERROR")
    assert option("seed").choices == ()


def test_when_a_change_acts():
    acts = {found.name: found.acts for found in options()}
    assert acts["screen.theme"] is ActsOn.NOW
    assert acts["scoring.novelty"] is ActsOn.NEXT_QUESTION
    assert acts["system.log_level"] is acts["screen.ascii"] is ActsOn.NEXT_START
