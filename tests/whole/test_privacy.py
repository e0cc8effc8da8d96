"""Nobody is talked to but the configured language model, and what is written is for its owner only."""

import os
import stat
import subprocess
import sys

import pytest

from tests.support import ROOT
from tests.support.ollama_server import OllamaServer

WATCHED = """
import asyncio, sys
allowed, arguments = sys.argv[1], sys.argv[2:]
sys.modules["trio"] = None  # installed with the driver of a browser, for tests alone; it asks the system's linker

def watch(event, given):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"} and isinstance(given[1], tuple):
        told = f"{given[1][0]}:{given[1][1]}"
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        told = f"{given[0]}:{given[1] if len(given) > 1 else ''}"
    elif event == "subprocess.Popen":
        told = "" if "engine.documents.sandbox" in str(given[1]) else f"started {given[1]}"
    elif event in {"os.system", "os.exec", "os.posix_spawn"}:
        told = f"started {given}"
    else:
        return
    if told and told != allowed:
        print(f"REACHED {event} {told}", file=sys.stderr, flush=True)

sys.addaudithook(watch)
if arguments[0] == "reach-out":
    import socket
    socket.create_connection(("127.0.0.1", 9))
if arguments[0] == "open":
    from pathlib import Path
    from tui.app.app import PersonaMoeApp
    from tui.session.session import open_session
    from tui.navigation.screens import SCREENS

    async def look():
        async with PersonaMoeApp(open_session(Path(arguments[-1]))).run_test(size=(80, 24)) as pilot:
            await asyncio.wait_for(pilot.app.ask_screen.library.ready.wait(), 60)
            pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
            while pilot.app.ask_screen.player.busy:
                await pilot.pause(0.05)
            for place in SCREENS:
                await pilot.press(place.keys.split(",")[0])
                await pilot.pause()
    asyncio.run(look())
else:
    from tui.command_line import main
    sys.exit(main(arguments))
"""


def watched(allowed: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command, or the application, and tell on stderr of every address but `allowed` that it turns to."""
    proxies = {f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "all")}
    return subprocess.run(
        [sys.executable, "-c", WATCHED, allowed, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=100, env={**os.environ, **proxies},
    )  # fmt: skip


@pytest.fixture
def server(workspace):
    with OllamaServer() as running:
        (workspace / "configs" / "ollama.yaml").write_text(f"api_endpoint: {running.url}\n", "utf-8")
        yield running


@pytest.mark.parametrize("command", [["ask", "Who led the Net Strike of 1894?"], ["doctor"], ["open"]])
def test_only_the_configured_endpoint_is_reached(workspace, server, command):
    ended = watched(server.url.removeprefix("http://"), *command, "--workspace", workspace)
    assert "REACHED" not in ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    assert server.requests


def test_without_a_model_nobody_is_reached(workspace, tmp_path):
    (tmp_path / "page.html").write_text("<p>See <img src='http://example.org/x.png'> http://example.org", "utf-8")
    (workspace / "configs" / "ollama.yaml").write_text("model_name: none\n", "utf-8")
    for command in (["ingest", tmp_path / "page.html"], ["ask", "Who led the Net Strike of 1894?"], ["metrics"]):
        ended = watched("nobody", *command, "--workspace", workspace)
        assert (ended.returncode, ended.stderr) == (0, ""), command


def test_the_watch_sees_what_it_should():
    assert "REACHED socket.connect 127.0.0.1:9" in watched("nobody", "reach-out").stderr


def test_whatever_is_written_is_for_its_owner_only(tmp_path):
    (tmp_path / "note.md").write_text("# Lamp\n\nOda Marr keeps the lamp of Vell.", "utf-8")
    (tmp_path / "page.html").write_text("<p>Oda Marr was born in Vell.", "utf-8")
    root = tmp_path / "fresh"
    commands = [
        ["ingest", tmp_path / "note.md", tmp_path / "page.html"], ["ask", "Who keeps the lamp?", "--model", "none"],
        ["feedback", "last", "up"], ["personas", "new", "newcomer"], ["personas", "prune", "newcomer"],
        ["--debug", "personas", "restore", "newcomer"], ["doctor"],
    ]  # fmt: skip
    for command in commands:
        ended = subprocess.run(
            [sys.executable, "-m", "tui", *map(str, command), "--workspace", str(root)], cwd=ROOT, check=False,
            capture_output=True, text=True, timeout=60, umask=0,
        )  # fmt: skip
        assert "Traceback" not in ended.stderr, ended.stderr
    open_to_others = [
        f"{path.relative_to(root)} {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in [root, *root.rglob("*")]
        if path.lstat().st_mode & 0o077
    ]
    assert open_to_others == []
    assert (root / "db/log/persona-moe.jsonl").exists()
