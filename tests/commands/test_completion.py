"""`persona-moe completion`: the scripts complete commands, options, values and paths in the shells themselves."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tui.commands.arguments import COMMANDS

CASES = [
    ("", {*COMMANDS}),
    ("person", {"personas"}),
    ("personas pro", {"promote"}),
    ("personas list --state a", {"active"}),
    ("ask --li", {"--library"}),
    ("completion f", {"fish"}),
    ("ingest {folder}/no", {"{folder}/notes"}),
    ("ask Who? --library {folder}/no", {"{folder}/notes"}),
    ("--work", {"--workspace"}),
    ("{folder}/no", {"{folder}/notes"}),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    (tmp_path / "other").mkdir()
    return tmp_path


def completed(shell: str, script: str, words: str, folder: Path) -> set[str]:
    """What the shell offers for the last word of a command line."""
    file = folder / "script"
    file.write_text(script)
    if shell == "bash":
        code = (
            'source "$1"; COMP_WORDS=(persona-moe "${@:2}"); COMP_CWORD=$(($# - 1));'
            ' _shtab_persona_moe; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        command = ["bash", "-c", code, "bash", str(file), *words.split(" ")]
    else:
        command = [shell, "-c", f"source {file}; complete -C 'persona-moe {words}'"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=30, env={"PATH": os.environ["PATH"]}
    )
    assert ended.stderr == ""
    return {line.partition("\t")[0].rstrip("/") for line in ended.stdout.splitlines()}


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_offers_what_may_be_typed(call, folder, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = call("completion", shell)
    for words, expected in CASES:
        if shell == "bash" and words.startswith("{folder}"):
            continue  # readline completes the path itself
        offered = completed(shell, script, words.format(folder=folder), folder)
        assert offered >= {word.format(folder=folder) for word in expected}, words
        assert not offered & {f"{folder}/other", "--json", "demote"}, words


@pytest.mark.parametrize(
    ("shell", "first_word_may_be_a_path"),
    [
        ("bash", "complete -o bashdefault -o default -F _shtab_persona_moe persona-moe"),
        ("zsh", "_describe 'persona-moe commands' _commands; _files"),
        ("fish", "complete -c persona-moe -n _shtab_persona_moe_using -a '(__fish_complete_path (commandline -ct))'"),
    ],
)
def test_every_script_has_all_commands_and_offers_folders_beside_them(call, tmp_path, shell, first_word_may_be_a_path):
    script = call("completion", shell)
    assert first_word_may_be_a_path in script
    assert [name for name in COMMANDS if name not in script] == []
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)


def test_another_shell_is_refused_with_those_that_are_supported(call):
    assert "'tcsh' (choose from" in call("completion", "tcsh", code=2)
