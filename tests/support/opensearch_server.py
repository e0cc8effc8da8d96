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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from engine.errors import LibraryError
from engine.index.opensearch.connection import Connection
from engine.settings.settings import OpenSearch
from tests.support.certificate import certificate

_SOURCE = Path(__file__).parent / "opensearch_node"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
_HEAP = "512m"
_PATIENCE = 240  # seconds for a node to start on a busy machine


def build(folder: Path, *, secured: bool = False) -> str:
    """Compile the node, and return its class path; skips the test where Java or Maven is missing.

    `secured` adds the security plugin, whose folder of configuration is then `folder/security/config`.
    """
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("no Java or Maven is installed")
    if not (folder / "built").exists():
        shutil.copytree(_SOURCE, folder, dirs_exist_ok=True)
        command = ["mvn", "-q", "-B", "compile", _COPY, "-DoutputDirectory=target/lib", "-DincludeScope=runtime"]
        command += ["-P", "secured"] * secured
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if built.returncode:
            pytest.skip(f"Maven cannot build the node: {built.stdout[-300:]}")
        for plugin in (folder / "target" / "lib").glob("opensearch-security-*.zip"):
            shutil.unpack_archive(plugin, folder / "security")
        (folder / "built").touch()
    return f"{folder}/target/classes:{folder}/security/*:{folder}/target/lib/*"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Node:
    """One node of a cluster; `ports` are the HTTP and transport ports of all its nodes, its own at `number`."""

    def __init__(
        self,
        classes: str,
        home: Path,
        ports: Sequence[tuple[int, int]] = (),
        number: int = 0,
        *,
        plugin: str = "",
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.ports = list(ports) or [(free_port(), free_port())]
        self._plugin, self._settings = plugin, settings or {}
        self.url = f"http://127.0.0.1:{self.ports[number][0]}"
        self._command = self._words(classes, home / f"n{number}", number)
        self._home = home / f"n{number}"
        self.start()

    def _words(self, classes: str, home: Path, number: int) -> list[str]:
        (http, transport), names = self.ports[number], ",".join(f"n{n}" for n in range(len(self.ports)))
        settings: dict[str, object] = {
            "cluster.name": "test", "node.name": f"n{number}", "path.data": home / "data", "path.logs": home / "logs",
            "network.host": "127.0.0.1", "http.port": http, "transport.port": transport,
            "cluster.initial_cluster_manager_nodes": names, "node.processors": 2,
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{port}" for _, port in self.ports),
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }  # fmt: skip
        settings |= self._settings or {"http.type": "netty4", "transport.type": "netty4"}
        java = ["java", f"-Xms{_HEAP}", f"-Xmx{_HEAP}", "-XX:-UsePerfData", "-Dlog4j2.disable.jmx=true", "-cp", classes]
        return [*java, "node.Main", str(home), *(f"{name}={value}" for name, value in settings.items())]

    def start(self) -> None:
        """Start the process, on the data that it has; any process may end it, and it ends with this pytest."""
        (self._home / "config").mkdir(parents=True, exist_ok=True)
        (self._home / "logs").mkdir(exist_ok=True)
        owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        plugin = f"PLUGIN={self._plugin} " * bool(self._plugin)
        script = (
            f"OWNER={owner} {plugin}{shlex.join(self._command)} > {shlex.quote(str(self._home))}/out.log 2>&1 & echo $!"
        )
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
        raise AssertionError(self.output)

    @property
    def output(self) -> str:
        """What the process printed last."""
        return (self._home / "out.log").read_text()[-2_000:]

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


ADMIN = "admin"  # the user and the password of the plugin's own example
_SECURITY = "org.opensearch.security.OpenSearchSecurityPlugin"


@contextmanager
def secured_node(folder: Path) -> Iterator[tuple[Connection, OpenSearch]]:
    """Give a connection of the administrator to a node with the security plugin, and its settings: logins and TLS."""
    home = folder / "home" / "n0" / "config"
    classes = build(folder / "node", secured=True)
    shutil.copytree(folder / "node" / "security" / "config", home / "opensearch-security")
    authority, key = certificate(home)
    settings = {
        f"plugins.security.ssl.{layer}.{name}": value
        for layer in ("http", "transport")
        for name, value in (
            ("pemcert_filepath", authority.name), ("pemtrustedcas_filepath", authority.name),
            ("pemkey_filepath", key.name),
        )
    } | {
        "plugins.security.ssl.http.enabled": "true", "plugins.security.allow_default_init_securityindex": "true",
        "plugins.security.ssl.transport.enforce_hostname_verification": "false",
        "plugins.security.nodes_dn": "CN=test", "plugins.security.authcz.admin_dn": "CN=admin",
        "plugins.security.restapi.roles_enabled": "all_access", "plugins.security.audit.type": "noop",
    }  # fmt: skip
    node = Node(classes, folder / "home", plugin=_SECURITY, settings=settings)
    url = node.url.replace("http:", "https:")
    secured = OpenSearch(hosts=(url,), user=ADMIN, ca_file=str(authority), timeout_seconds=60)
    try:
        yield _ready(node, Connection(secured)), secured
    finally:
        node.kill()


def _ready(node: Node, connection: Connection) -> Connection:
    """Wait until the node knows its users."""
    end = time.monotonic() + _PATIENCE
    while is_running(node.pid):
        try:
            connection.request("GET", "/_cluster/health")
        except LibraryError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return connection
    raise AssertionError(node.output)
