"""Addresses of libraries on other machines, and the command that connects to them."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from tests.support.other_machine import fake_ssh, shell_program
from tui.remote.address import RemoteAddress, library_address, remote_address, split_addresses


@pytest.mark.parametrize(
    ("text", "address", "written"),
    [
        ("ssh://host", RemoteAddress("host"), "ssh://host"),
        ("ssh://host/", RemoteAddress("host"), "ssh://host"),
        ("ssh://ann@host:2222/srv/notes/", RemoteAddress("host", "ann", 2222, "/srv/notes"), "ssh://ann@host:2222/srv/notes"),
        ("ssh://host/~/my notes", RemoteAddress("host", path="~/my notes"), "ssh://host/~/my notes"),
        ("ssh://host/my%20notes", RemoteAddress("host", path="/my notes"), "ssh://host/my notes"),
        ("ssh://[fe80::1]/Łódź", RemoteAddress("fe80::1", path="/Łódź"), "ssh://[fe80::1]/Łódź"),
    ],
)  # fmt: skip
def test_an_address_is_read_and_written(text, address, written):
    assert library_address(text) == address
    assert str(address) == written


def test_text_without_a_scheme_is_a_path():
    assert library_address("notes/ssh:/x") == Path("notes/ssh:/x")
    assert split_addresses([Path("a"), RemoteAddress("h"), Path("a")]) == ([Path("a")], [RemoteAddress("h")])


@pytest.mark.parametrize(
    "text",
    [
        "ssh://", "ssh:///notes", "ssh://-oProxyCommand=id/x", "ssh://-l@host/x", "ssh://ann@-oProxyCommand=id",
        "ssh://a b/x", "ssh://ann:secret@host/x", "ssh://host:0/x",
        "ssh://host:65536/x", "ssh://host:22a/x", "ssh://host/x?y", "ssh://ho%73t/",
        "ssh://host/$(id)", "ssh://host/`id`", "ssh://host/a;id", "ssh://host/a&id", "ssh://host/a|id", "ssh://host/a\nid",
        "ssh://host/a%0Aid", "ssh://host/a%00", "ssh://host/%24(id)", "ssh://host/a'b", 'ssh://host/a"b', "ssh://host/a\\b",
        "ssh://host/a*", "ssh://host/a!b", "ssh://host/{a,b}", "ssh://host/a>b", "ssh://host/%HOME%",
        "ssh://host/\u202ea", "ssh://host\u0661/x", "mcp+http://host/x", "http://host/mcp",
    ],
)  # fmt: skip
def test_an_address_with_an_option_or_a_word_of_a_shell_is_refused(text):
    with pytest.raises(InputError):
        library_address(text)


def test_the_command_asks_no_password_and_ends_its_options_before_the_host():
    command = remote_address("ssh://ann@host:2222/srv/my notes").command("ssh -i 'a key'", "persona-moe")
    assert command[:4] == ["ssh", "-i", "a key", "-T"]
    assert "BatchMode=yes" in command
    server = "persona-moe mcp --peer --model none '/srv/my notes'"
    assert command[-7:] == ["-p", "2222", "-l", "ann", "--", "host", server]


@given(st.text(min_size=1, max_size=40))
def test_the_shell_of_the_other_machine_reads_a_path_as_one_word_or_it_is_refused(text):
    try:
        address = remote_address(f"ssh://host/{text}")
    except InputError:
        return
    words = shlex.split(address.command("ssh", "persona-moe")[-1])
    assert words == ["persona-moe", "mcp", "--peer", "--model", "none", *[address.path] * bool(address.path)]
    assert not address.path.startswith("-")


def test_a_real_shell_passes_the_path_on_as_it_is(tmp_path):
    program = shell_program(tmp_path, 'printf "%s\\n" "$@"')
    command = remote_address("ssh://host/~/my notes, @2+1=3").command(str(fake_ssh(tmp_path)), str(program))
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["mcp", "--peer", "--model", "none", "~/my notes, @2+1=3"]


@pytest.mark.parametrize("source", ["/srv/a.md", "/srv/a.jsonl#7", "C:\\notes\\a.md"])
@pytest.mark.parametrize("machine", ["ssh://host", "ssh://ann@[::1]:2222"])
def test_a_source_is_named_with_its_machine_and_back(source, machine):
    address = remote_address(f"{machine}/srv")
    named = address.prefix_of(source) + source
    assert named.startswith(f"{machine}/")
    assert address.source_there(named) == source
    assert RemoteAddress("hos").source_there(named) is None
