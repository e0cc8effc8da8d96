"""The table of all keys, its copy in KEYS.md, and the problems found in a user's own keys.

`python -m tests.tui.navigation.test_key_table` writes KEYS.md again.
"""

import json
import re

import pytest

from tests.support import ROOT
from tui.navigation.key_table import bound_keys, is_key, keymap_problems, markdown, spelled

PAGE = ROOT / "tui" / "navigation" / "KEYS.md"
INTRODUCTION = """# All keys and their ids

Made from the bindings in the code by `python -m tests.tui.navigation.test_key_table`. `persona-moe keys` prints the
same table with the keys of your workspace.

To change a key, give its id other keys in `keymap` of `configs/screen.yaml`, on the Settings screen (F6), or with
`persona-moe settings set keymap 'promote: f9'`. Several keys are separated by commas. A key that does not exist, an id
that does not exist, and a key that two actions of one screen would share are reported at the start and by
`persona-moe keys`.
"""


def page() -> str:
    return f"{INTRODUCTION}\n{markdown()}\n"


def test_the_page_has_the_keys_that_the_screens_have():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.tui.navigation.test_key_table`"


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
        "scroll keys",
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
            [
                f"p is the key of {pair}"
                for pair in ("promote and quit", "quit and replay", "answer.personas and quit", "quit and walk.follow")
            ],
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
    PAGE.write_text(page(), encoding="utf-8")
