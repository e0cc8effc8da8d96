"""A real sshd on 127.0.0.1, with keys of its own."""

import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.terminal import wait_for

_SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or shutil.which("sshd")


class SshServer(NamedTuple):
    """Where a server listens, and the command of a client that it lets in."""

    port: int
    user: str
    client: list[str]


def can_serve() -> bool:
    """Tell whether sshd and ssh are installed."""
    return _SSHD is not None and shutil.which("ssh") is not None


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Run a server with its files in `folder` until the end of the block."""
    assert _SSHD is not None, "asked before"
    user = getpass.getuser()
    if user == "root":
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    server = subprocess.Popen([_SSHD, "-D", "-E", folder / "log", "-f", folder / "config"])
    wait_for(lambda: _listens(port), (folder / "log").read_text)
    options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={folder}/known", "LogLevel=ERROR"]
    client = ["ssh", "-i", str(folder / "user"), *(word for option in options for word in ("-o", option))]
    try:
        yield SshServer(port, user, client)
    finally:
        server.terminate()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
