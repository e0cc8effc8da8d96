"""One value changed in a YAML file: every other byte is as it was."""

import pytest
import yaml

from engine.errors import SettingsError
from engine.settings.yaml_files import with_value
from engine.shipped import shipped

ODD = """\
%YAML 1.1
---
# head
first:   1    # behind
"second" : 'two'   # quoted

third:
    - one    # in a list
    - two
    # below the list
fourth: {a: 1,   b: 2}
fifth: |
   several
   lines
sixth:
"""


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("first", 2.5, "first:   1    #", "first:   2.5    #"),
        ("second", "x: y", "'two'   #", "'x: y'   #"),
        ("third", ["three"], "- one    # in a list\n    - two\n", '["three"]\n'),
        ("fourth", {}, "{a: 1,   b: 2}", "{}"),
        ("fifth", True, "|\n   several\n   lines\n", "true\n"),
        ("sixth", 6, "sixth:\n", "sixth: 6\n"),
    ],
)
def test_only_the_value_changes(key, value, old, new):
    assert old in ODD
    assert with_value(ODD, key, value) == ODD.replace(old, new)


@pytest.mark.parametrize("name", ["system", "thresholds", "ollama", "scoring", "screen", "opensearch"])
def test_each_shipped_value_written_again_is_the_same_file(name):
    text = shipped(f"configs/{name}.yaml").read_text()
    for key, value in yaml.safe_load(text).items():
        assert with_value(text, key, value) == text


def test_a_new_key_comes_last_below_its_comment():
    assert with_value("a: 1\n", "b", 2, comment="# why\n") == "a: 1\n\n# why\nb: 2\n"
    assert with_value("a: 1", "b", 2) == "a: 1\n\nb: 2\n"
    assert with_value("", "b", 2, comment="# why\n") == "# why\nb: 2\n"
    assert with_value("# only a comment\n", "b", False) == "# only a comment\n\nb: false\n"


@pytest.mark.parametrize(("text", "edited"), [("{a: 1}\n", "{a: 1, b: 2}\n"), ("{}", "{b: 2}")])
def test_a_file_in_braces_keeps_them(text, edited):
    assert with_value(text, "b", 2) == edited


def test_line_ends_and_the_byte_order_mark_stay():
    assert with_value("\ufeffa: 1\r\nc: 3\r\n", "a", 2) == "\ufeffa: 2\r\nc: 3\r\n"
    assert with_value("a: 1\r\n", "b", 2, comment="# x\n") == "a: 1\r\n\r\n# x\r\nb: 2\r\n"


def test_of_a_key_that_stands_twice_the_one_that_counts_is_changed():
    assert with_value("a: 1\na: 2\n", "a", 3) == "a: 1\na: 3\n"


@pytest.mark.parametrize("value", ["on", "1", "null", "a # b", "é鐘", " x", "'", "- x", "~", "2020-01-01", "a\nb"])
def test_a_text_stays_a_text(value):
    assert yaml.safe_load(with_value("a: b # c\n", "a", value)) == {"a": value}


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: 1\n---\n", "a: [", "- a", "word"])
def test_what_cannot_be_changed_alone_is_refused(text):
    with pytest.raises(SettingsError):
        with_value(text, "a", 2)
