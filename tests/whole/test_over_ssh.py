"""The application where it is used: through a real sshd on 127.0.0.1, in tmux and in screen."""

import base64
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.ssh_server import can_serve, ssh_server
from tests.support.terminal import SCRIPTED, Terminal, wait_for


def program(folder: Path, script: str, *, hold: bool) -> str:
    """A shell command that runs the application on a script, and reports to `folder`."""
    source = folder / "program.py"
    source.write_text(f"import sys\nsys.path[:0] = [{str(ROOT)!r}]\n")
    with source.open("a") as file:
        file.write(SCRIPTED.format(script=script, hold=hold))
    return shlex.join([sys.executable, str(source), str(folder / "report")])


@pytest.fixture
def ssh(tmp_path):
    """The arguments of an ssh client that may log in at a server of this test's own."""
    if not can_serve():
        pytest.skip("no sshd is installed")
    with ssh_server(tmp_path) as server:
        yield [*server.client, "-tt", "-p", str(server.port), f"{server.user}@127.0.0.1"]


def test_a_question_is_asked_and_copied_over_ssh(ssh, tmp_path):
    terminal = Terminal([*ssh, program(tmp_path, "answered", hold=False)])
    terminal.shows("412 passages")
    terminal.press("who built it?\r")
    terminal.shows("It was built by Tobiász Krelle.")
    terminal.press("\t")
    terminal.shows("y Copy")
    terminal.press("y")
    terminal.shows("sources copied")
    [copied] = re.findall(rb"\x1b]52;c;([A-Za-z0-9+/=]+)\x07", terminal.written)
    assert "She kept Gannet Stack Light for nineteen years. [1]" in base64.b64decode(copied).decode()
    terminal.press("\x11")
    assert terminal.ends() == 0
    assert terminal.is_as_it_was
    terminal.vanish()


def test_a_connection_that_breaks_ends_the_run_and_keeps_it(ssh, tmp_path):
    terminal = Terminal([*ssh, program(tmp_path, "walk", hold=True)])
    terminal.shows("412 passages")
    terminal.press("who built it?\r")
    terminal.shows("walking")
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", str(terminal.pid)], check=True)
    report = tmp_path / "report"
    wait_for(lambda: report.exists() and report.read_text() == "ended True True\n")
    terminal.ends()
    terminal.vanish()


@pytest.fixture
def short_folder():
    """A socket's path has at most 107 bytes, which the folder of a test may exceed."""
    with tempfile.TemporaryDirectory(prefix="moe") as folder:
        yield folder


@pytest.mark.parametrize("multiplexer", ["tmux", "screen"])
def test_it_works_inside(multiplexer, tmp_path, short_folder):
    if shutil.which(multiplexer) is None:
        pytest.skip(f"no {multiplexer} is installed")
    command = program(tmp_path, "answered", hold=False)
    inside = {
        "tmux": ["tmux", "-f", "/dev/null", "-S", f"{short_folder}/socket", "new-session", command],
        "screen": ["screen", "-c", "/dev/null", "-U", "-S", "test", *shlex.split(command)],
    }[multiplexer]
    terminal = Terminal(inside, environ={"SCREENDIR": short_folder})
    terminal.shows("412 passages")
    terminal.press("1\r")
    terminal.shows("It was built by Tobiász Krelle.")
    terminal.resize(40, 10)
    terminal.shows("● answered")
    terminal.resize(80, 24)
    terminal.shows("She kept Gannet Stack Light")
    terminal.press("\x11")
    assert terminal.ends() == 0
    assert (tmp_path / "report").read_text() == "ended False True\n"
    terminal.vanish()
