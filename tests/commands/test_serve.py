"""`persona-moe serve`: the real server, a real page, a real WebSocket, and nothing left behind."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest

from engine.errors import InputError
from tui.commands.serve import session_command
from tui.http_api.access_token import read_token
from tui.web.request_check import refusal

ELSEWHERE = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""")


@pytest.fixture
def server(workspace: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tui", "serve", "--port", "0", "--model", "none", "--workspace", str(workspace)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found, process.communicate(timeout=10)[1]
    yield found[0], process
    if process.poll() is None:
        process.kill()
    process.communicate()


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in listed.stdout.split()]


def is_there(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " not in stat.read_text()


def wait_for(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


async def test_a_page_a_session_and_a_clean_end(server):
    address, process = server
    async with aiohttp.ClientSession() as client:
        for name in ("/", "/page.css", "/page.js", "/static/css/xterm.css", "/static/js/textual.js"):
            async with client.get(address + name) as response:
                assert response.status == 200
                assert "default-src 'self'" in response.headers["Content-Security-Policy"]
                assert not ELSEWHERE.search(await response.text())
        async with client.get(f"{address}/static/fonts/RobotoMono-VariableFont_wght.ttf") as response:
            assert response.status == 200
        async with client.ws_connect(f"{address}/ws?width=80&height=24", origin=address) as window:
            seen = b""
            while b"Suggest" not in seen and b"Ask" not in seen:
                seen += (await window.receive(timeout=20)).data
            session = children(process.pid)
            assert len(session) == 1
            process.send_signal(signal.SIGTERM)
            while (await window.receive(timeout=20)).type is aiohttp.WSMsgType.BINARY:
                pass
    assert process.wait(20) == 0
    wait_for(lambda: not is_there(session[0]))


async def test_other_pages_and_names_are_kept_out(server):
    address, _ = server
    async with aiohttp.ClientSession() as client:
        async with client.get(address, headers={"Host": "evil.example"}) as response:
            assert response.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(f"{address}/ws", origin="https://evil.example")


@pytest.mark.parametrize(
    ("host", "origin", "loopback_only", "refused"),
    [
        ("127.0.0.1:8000", None, True, False),
        ("localhost:8000", "http://localhost:8000", True, False),
        ("[::1]:8000", "http://[::1]:8000", True, False),
        ("evil.example:8000", "http://evil.example:8000", True, True),
        ("127.0.0.1:8000", "https://evil.example", True, True),
        ("127.0.0.1:8000", "http://127.0.0.1:9000", True, True),
        ("127.0.0.1:8000", "null", True, True),
        ("box.lan", "https://box.lan", False, False),
        ("box.lan", "https://evil.example", False, True),
    ],
)
def test_who_is_answered(host, origin, loopback_only, refused):
    assert (refusal(host, origin, loopback_only=loopback_only) is not None) is refused


def test_the_session_gets_what_was_given_and_the_shell_reads_none_of_it(tmp_path):
    folder = tmp_path / "a b'; touch x; $(id)"
    words = shlex.split(session_command(tmp_path, [folder], "-model; x"))
    assert words[:5] == ["exec", sys.executable, "-P", "-m", "tui"]
    assert words[5:] == [f"--workspace={tmp_path}", "--model=-model; x", str(folder)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "0.0.0.0"), "--open-to-network"),
        (("--port", "70000"), "0 to 65535 is valid"),
        (("--port", "x"), "'x' is not a port"),
        (("/nowhere/at/all",), "/nowhere/at/all does not exist"),
    ],
)
def test_bad_use_is_one_line(call, arguments, words):
    assert words in call("serve", *arguments, code=2)


def test_a_port_in_use_is_told(call):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "is in use (choose another with --port N)" in call("serve", "--port", taken.getsockname()[1], code=2)


def test_without_the_package_the_command_to_install_it_is_told(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "tui.web.server", None)
    monkeypatch.delitem(sys.modules, "tui.web.server")
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert "pip install 'persona-moe[serve]'" in call("serve", code=2)


def test_the_other_commands_need_no_web_server(call):
    code = "import sys, tui.commands.open, tui.commands.serve; print('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# -- programs -------------------------------------------------------------------------------------------------


def test_programs_are_answered_with_the_token_of_the_workspace(workspace):
    command = [sys.executable, "-m", "tui", "serve", "--api", "--port", "0", "--model", "none"]
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"}, umask=0,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"(http://127\.0\.0\.1:\d+)/v1", process.stdout.readline())
    assert found, process.communicate(timeout=10)[1]
    token_file = workspace / "db" / "api-token"
    assert str(token_file) in process.stdout.readline()
    assert token_file.stat().st_mode & 0o777 == 0o600
    token = token_file.read_text()
    assert len(token) > 40
    headers = {"Authorization": f"Bearer {token}"}
    question = {"question": "Who led the Net Strike of 1894?", "stream": False}
    with httpx.Client(base_url=found[1], headers=headers, timeout=60, trust_env=False) as client:
        assert client.post("/v1/ask", json=question).json()["citations"]
        assert client.get("/v1/openapi.json").json()["info"]["title"] == "persona-moe"
        assert client.get("/v1/library", headers={"Authorization": ""}).status_code == 401
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.communicate()[1] == ""


def test_the_token_stays_and_others_may_not_read_it(tmp_path):
    first = read_token(tmp_path / "token")
    assert read_token(tmp_path / "token") == first != read_token(tmp_path / "other")
    (tmp_path / "token").chmod(0o640)
    with pytest.raises(InputError, match="can be read by others"):
        read_token(tmp_path / "token")
    (tmp_path / "other").write_text(" \n")
    with pytest.raises(InputError, match="has no token"):
        read_token(tmp_path / "other")


def test_without_the_packages_the_command_to_install_them_is_told(call, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("tui.http_api")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    assert "is not installed (pip install '.[api]')" in call("serve", "--api", code=2)


def test_a_port_in_use_is_told_to_programs_too(call):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "is in use (choose another with --port N)" in call("serve", "--api", "--port", port, code=2)
