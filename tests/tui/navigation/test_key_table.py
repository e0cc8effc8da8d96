"""The table of all keys, its copy in the README, and what is told about a user's own keys.

`python -m tests.tui.navigation.test_key_table` writes the table into the README again.
"""

import json
import re

import pytest

from tests.support import ROOT
from tui.navigation.key_table import bound_keys, is_key, keymap_problems, markdown, spelled

README = ROOT / "README.md"
MARKED = re.compile(r"(<!-- keys -->\n).*?(<!-- /keys -->)", re.DOTALL)


def test_the_readme_has_the_keys_that_the_screens_have():
    found = MARKED.search(README.read_text(encoding="utf-8"))
    assert found
    hint = "run `python -m tests.tui.navigation.test_key_table`"
    assert found[0] == f"<!-- keys -->\n{markdown()}\n<!-- /keys -->", hint


def test_every_screen_and_pane_is_there_with_what_each_key_does():
    found = {bound.where for bound in bound_keys()}
    assert {
        "everywhere",
        "Ask",
        "Personas",
        "History",
        "Graph",
        "Library",
        "Settings",
        "Health",
        "help",
        "source",
        "line pane",
    } <= found
    assert all(bound.does and bound.name and bound.keys for bound in bound_keys())


def test_an_id_means_one_action():
    actions: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for bound in bound_keys():
        actions.setdefault(bound.id, set()).add((bound.does, bound.keys))
    assert {name: found for name, found in actions.items() if len(found) > 1} == {}


def test_what_a_screen_has_from_its_base_is_its_own():
    history = {bound.id for bound in bound_keys() if bound.where == "History"}
    assert {"find", "replay"} <= history
    assert not {"runs", "answer"} & {bound.where for bound in bound_keys()}


def test_keys_are_spelled_as_people_do():
    assert [spelled(key) for key in ("plus", "ctrl+n", "escape", "f1", "ctrl+question_mark", "G", "pageup")] == [
        "+", "ctrl+n", "esc", "f1", "ctrl+?", "G", "page up"
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["f5", "ctrl+x", "alt+enter", "question_mark", "x", "X", "slash", "full_stop", "é"])
def test_a_key_that_can_be_pressed(key):
    assert is_key(key)


@pytest.mark.parametrize("key", ["", "f99", "control+x", "ctrl+", "ctrl+nowhere", "strg+x", "enterr"])
def test_a_key_that_cannot(key):
    assert not is_key(key)


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"promot": "f5"}, ["there is no action 'promot' (did you mean 'promote'?)"]),
        ({"promote": "f99"}, ["promote: 'f99' is no key"]),
        ({"promote": "d"}, ["d is the key of demote and promote"]),
        ({"promote": "f1"}, ["f1 is the key of help and promote"]),
        (
            {"quit": "p"},
            [f"p is the key of {pair}" for pair in ("promote and quit", "quit and replay", "quit and walk.follow")],
        ),
        ({"promote": "d", "demote": "p"}, []),
        ({"promote": "y", "personas": "f10"}, []),
        ({"command_palette": "f12"}, []),
        ({}, []),
    ],
)
def test_what_is_wrong_with_a_keymap_is_told(keymap, words):
    problems = keymap_problems(keymap)
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


def test_the_command_prints_the_keys_of_the_workspace(call, workspace, capsys):
    assert markdown() in call("keys", "--markdown")
    call("settings", "set", "keymap", "promote: f9")
    rows = {row["id"]: row for row in json.loads(call("keys", "--json"))}
    assert rows["promote"]["keys"] == "f9"
    assert re.search(r"Personas +f9 +promote", call("keys"))


def test_the_command_tells_what_is_wrong_and_exits_with_2(workspace, capsys):
    from tui.command_line import main

    assert main(["settings", "set", "keymap", "promot: f5", "--workspace", str(workspace)]) == 0
    assert "there is no action 'promot'" in capsys.readouterr().err
    assert main(["keys", "--workspace", str(workspace)]) == 2
    assert "did you mean 'promote'?" in capsys.readouterr().err


if __name__ == "__main__":
    README.write_text(
        MARKED.sub(lambda _: f"<!-- keys -->\n{markdown()}\n<!-- /keys -->", README.read_text("utf-8")), "utf-8"
    )
