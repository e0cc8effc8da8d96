"""A real OpenSearch node on 127.0.0.1, built by Maven from its published parts, where Java and Maven are."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

_SOURCE = Path(__file__).parent / "opensearch_node"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
_HEAP = "512m"
_PATIENCE = 240  # seconds for a node to start on a busy machine


def build(folder: Path) -> str:
    """Compile the node, and return its class path; skips the test where Java or Maven is missing."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("no Java or Maven is installed")
    if not (folder / "built").exists():
        shutil.copytree(_SOURCE, folder, dirs_exist_ok=True)
        command = ["mvn", "-q", "-B", "compile", _COPY, "-DoutputDirectory=target/lib", "-DincludeScope=runtime"]
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if built.returncode:
            pytest.skip(f"Maven cannot build the node: {built.stdout[-300:]}")
        (folder / "built").touch()
    return f"{folder}/target/classes:{folder}/target/lib/*"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Node:
    """One node of a cluster; `ports` are the HTTP and transport ports of all its nodes, its own at `number`."""

    def __init__(self, classes: str, home: Path, ports: Sequence[tuple[int, int]] = (), number: int = 0) -> None:
        self.ports = list(ports) or [(free_port(), free_port())]
        self.url = f"http://127.0.0.1:{self.ports[number][0]}"
        self._command = self._words(classes, home / f"n{number}", number)
        self._home = home / f"n{number}"
        self.start()

    def _words(self, classes: str, home: Path, number: int) -> list[str]:
        (http, transport), names = self.ports[number], ",".join(f"n{n}" for n in range(len(self.ports)))
        settings = {
            "cluster.name": "test", "node.name": f"n{number}", "path.data": home / "data", "path.logs": home / "logs",
            "network.host": "127.0.0.1", "http.port": http, "transport.port": transport, "http.type": "netty4",
            "transport.type": "netty4", "cluster.initial_cluster_manager_nodes": names, "node.processors": 2,
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for _, port in self.ports),
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }  # fmt: skip
        java = ["java", f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-XX:-UsePerfData", "-Dlog4j2.disable.jmx=true", "-cp", classes]
        return [*java, "node.Main", str(home), *(f"{name}={value}" for name, value in settings.items())]

    def start(self) -> None:
        """Start the process, on the data that it has; any process may end it, and it ends with this pytest."""
        (self._home / "config").mkdir(parents=True, exist_ok=True)
        (self._home / "logs").mkdir(exist_ok=True)
        owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        script = f"OWNER={owner} {shlex.join(self._command)} > {shlex.quote(str(self._home))}/out.log 2>&1 & echo $!"
        started = subprocess.run(["sh", "-c", script], cwd=self._home, stdout=subprocess.PIPE, text=True, check=True)
        self.pid = int(started.stdout)

    def wait(self, health: str = "yellow", nodes: int = 1) -> None:
        """Wait until the cluster has this health and number of nodes."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and is_running(self.pid):
            try:
                figures = self.get("/_cluster/health")
            except OSError:
                figures = {}
            good = {"green"} if health == "green" else {"green", "yellow"}
            if figures.get("status") in good and figures.get("number_of_nodes", 0) >= nodes:
                return
            time.sleep(0.2)
        raise AssertionError((self._home / "out.log").read_text()[-2_000:])

    def get(self, path: str) -> dict[str, Any]:
        """Return what the node answers to a GET."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=30) as answer:
            return dict(json.load(answer))

    def kill(self) -> None:
        """End the process at once, as a loss of power does."""
        os.kill(self.pid, signal.SIGKILL)
        while is_running(self.pid):
            time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Tell whether there is such a process that has not ended."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@contextmanager
def shared_node(folder: Path) -> Iterator[str]:
    """Give the address of a node that all workers of one test session share; the last one that leaves ends it."""
    entry, lock = folder / "opensearch.json", FileLock(folder / "opensearch.lock")
    with lock:
        shared = json.loads(entry.read_text()) if entry.exists() else {"users": 0}
        if not shared["users"]:
            node = Node(build(folder / "opensearch"), folder / "opensearch-data")
            node.wait()
            shared |= {"url": node.url, "pid": node.pid}
        shared["users"] += 1
        entry.write_text(json.dumps(shared))
    try:
        yield str(shared["url"])
    finally:
        with lock:
            shared = json.loads(entry.read_text())
            shared["users"] -= 1
            entry.write_text(json.dumps(shared))
            if not shared["users"]:
                os.kill(shared["pid"], signal.SIGKILL)
