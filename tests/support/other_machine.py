"""Other machines for the tests: an `ssh` that runs its command on this one, and servers that misbehave."""

import json
import shlex
import stat
import sys
from pathlib import Path

from tests.support import ROOT

_SSH = """#!/bin/sh
# As the other machine's sshd does, the words after the host are joined and given to a shell.
while [ "$1" != "--" ]; do shift; done
shift 2
exec sh -c "$*"
"""
_SERVER = """
import json, sys
reply, log = json.loads({reply!r}), open({log!r}, "a")
for line in sys.stdin:
    message = json.loads(line)
    print(message.get("method"), file=log, flush=True)
    match message.get("method"):
        case "initialize":
            result = {{"protocolVersion": message["params"]["protocolVersion"], "capabilities": {{"tools": {{}}}},
                       "serverInfo": {{"name": "persona-moe", "version": "0"}}}}
        case "tools/list":
            result = {{"tools": []}}
        case "tools/call" if reply is None:
            continue
        case "tools/call":
            result = {{"content": [], "structuredContent": reply}}
        case "notifications/initialized" | "notifications/cancelled":
            continue
        case _:
            error = {{"code": -32601, "message": "unknown"}}
            print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], "error": error}}), flush=True)
            continue
    print(json.dumps({{"jsonrpc": "2.0", "id": message["id"], "result": result}}), flush=True)
"""


def fake_ssh(folder: Path) -> Path:
    """Write an `ssh` that runs its command on this machine."""
    return _executable(folder / "ssh", _SSH)


def remote_program(folder: Path, workspace: Path) -> Path:
    """Write a `persona-moe` whose workspace is that of the other machine."""
    words = shlex.join([sys.executable, "-m", "tui", f"--workspace={workspace}"])
    script = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n'
    return _executable(folder / "persona-moe", script)


def scripted_program(folder: Path, reply: object) -> Path:
    """Write a `persona-moe` whose tools all return `reply`, or nothing ever for None; `log` has the methods it got."""
    folder.mkdir(exist_ok=True)
    script = folder / "server.py"
    script.write_text(_SERVER.format(reply=json.dumps(reply), log=str(folder / "log")), "utf-8")
    words = shlex.join([sys.executable, str(script)])
    return _executable(folder / "persona-moe", f"#!/bin/sh\nexec {words}\n")


def shell_program(folder: Path, script: str) -> Path:
    """Write a `persona-moe` that is this shell script."""
    return _executable(folder / "persona-moe", f"#!/bin/sh\n{script}\n")


def _executable(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
