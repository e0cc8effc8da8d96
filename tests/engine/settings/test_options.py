"""Each setting by itself: explained, typed, refused in the loader's words."""

import msgspec
import pytest

from engine.errors import SettingsError
from engine.settings.options import as_typed, option, options, shipped_file
from engine.settings.settings import Settings, TakesEffect, load_settings
from engine.shipped import shipped

FILES = Settings.__annotations__


def test_every_setting_is_explained():
    assert {f"{file}.{key}" for file in FILES for key in FILES[file].__struct_fields__} == {
        setting.name for setting in options()
    }
    assert [setting.name for setting in options() if len(setting.explanation) < 10] == []
    assert len({setting.explanation for setting in options()}) == len(options())


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_file_is_written_from_the_declaration(name):
    """`python -m tests.engine.settings.test_options` writes the files again."""
    assert shipped(f"configs/{name}.yaml").read_text() == shipped_file(name)


@pytest.mark.parametrize("name", FILES)
def test_a_shipped_file_says_what_each_setting_means_and_what_is_valid(name):
    text = shipped(f"configs/{name}.yaml").read_text()
    words = " ".join(text.replace("#", " ").split())
    for setting in options():
        if setting.file == name:
            assert setting.explanation in words
            assert f"\n{setting.key}: " in text
            assert setting.valid in {"true or false", "a text"} or f"Valid: {setting.valid}." in words
    assert max(map(len, text.splitlines())) <= 120


def test_a_comment_explains_and_gives_the_range():
    assert option("evolution_interval").comment == (
        "# Rewarded runs from one birth to the next.\n# Valid: a whole number from 1 to 100000.\n"
    )
    assert option("think").comment.count("\n") == 1


def test_each_type_becomes_a_json_schema():
    schemas = msgspec.json.schema(Settings)["$defs"]
    assert schemas["System"]["properties"]["seed"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 2**32 - 1,
        "default": 0,
    }
    assert schemas["Thresholds"]["properties"]["evolution"] == {"type": "boolean", "default": False}


@pytest.mark.parametrize("setting", options(), ids=lambda setting: setting.name)
def test_a_value_can_be_typed_as_it_is_shown(setting):
    value = setting.value_in(load_settings(shipped("configs")))
    assert setting.parse(as_typed(value)) == value == setting.shipped


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
    assert option(name).parse(as_typed(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "valid"),
    [
        ("seed", "1.5", "a whole number from 0 to 4294967295"),
        ("seed", "[", "a whole number from 0 to 4294967295"),
        ("seed", "", "a whole number from 0 to 4294967295"),
        ("evolution", "maybe", "true or false"),
        ("log_level", "LOUD", "one of DEBUG, INFO, WARNING, ERROR"),
        ("api_endpoint", "ftp://one", "an address such as http://127.0.0.1:11434 or gpu:11434, or a list of them"),
        ("keymap", "quit", "action ids with their keys, such as quit: ctrl+q"),
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
    acts = {found.name: found.takes_effect for found in options()}
    assert acts["screen.theme"] is TakesEffect.NOW
    assert acts["scoring.novelty"] is TakesEffect.NEXT_QUESTION
    assert acts["system.log_level"] is acts["screen.ascii"] is TakesEffect.NEXT_START


@pytest.mark.parametrize("number", ["120", "120.0"])
def test_a_number_is_shown_without_a_fraction_of_zero(tmp_path, number):
    (tmp_path / "ollama.yaml").write_text(f"timeout_seconds: {number}\n")
    assert as_typed(option("timeout_seconds").value_in(load_settings(tmp_path))) == "120"


if __name__ == "__main__":
    for file in FILES:
        shipped(f"configs/{file}.yaml").write_text(shipped_file(file))
