"""A real Ollama server on a port, a home and a model folder of its own, with models that it was given, never pulled.

Which program: the variable PERSONA_MOE_OLLAMA, else the first `ollama` on the PATH.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx
import ollama
import pytest

from tests.support.tiny_model import ANSWER, ASSISTANT, CHAT, THINK, THINKING_CHAT, Table, after, save

SAID = ["Keziah", " Rosk", " led", " the", " Net", " Strike", ".", " Moons", " eat", " cheese", " daily", "!"]
WINDOW = 2048  # tokens asked for, unless a test says more
MODELS: dict[str, tuple[Table, str]] = {  # name: what follows what, and the template of its chat
    "writer": (after(ASSISTANT, SAID), CHAT),
    "thinker": (after(ASSISTANT, [THINK, "Hm", " well", ANSWER]) | after(ANSWER, SAID), THINKING_CHAT),
    "babbler": ({}, CHAT),
    "endless": (after(ASSISTANT, ["one", " two", " three"], then="one"), CHAT),
    "repeater": (after(ASSISTANT, ["again"], then="again"), CHAT),
    "broken": (after(ASSISTANT, ["never"]), CHAT),
    "odd": (after(ASSISTANT, ["a\x85", "b\u2028", "\x1b[2J", "<&>", "\u202e\u9418"]), CHAT),
    "embedder": ({"vector": "vector"}, CHAT),
}


def program() -> str | None:
    """The server's program, if there is one."""
    return shutil.which(os.environ.get("PERSONA_MOE_OLLAMA", "ollama"))


class RealOllama:
    """`with RealOllama(program, folder) as server:` starts it and ends it; `kill` and `start` in between are allowed.

    A server on a folder that another one uses has that one's models. `queue`: requests that wait while a model loads.
    """

    def __init__(self, name: str, folder: Path, *, queue: int = 512) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url, self.log = f"http://{self.address}", folder / "ollama.log"
        self.client = ollama.Client(self.url, trust_env=False)
        self.version: tuple[int, ...] = ()
        self.program, self.folder, self._queue = name, folder, queue
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.client.close()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        own = {"HOME": self.folder, "OLLAMA_MODELS": self.folder / "models", "OLLAMA_HOST": self.address}
        quiet = {"OLLAMA_NO_CLOUD": 1, "OLLAMA_NOPRUNE": 1, "OLLAMA_MAX_QUEUE": self._queue}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "serve"],
                env={"PATH": os.environ["PATH"], **{name: str(value) for name, value in (own | quiet).items()}},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.program} serve does not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """`kill -9` the server and, as they are of its group, the processes that run its models; safe to call twice."""
        if self._process is not None:
            with suppress(ProcessLookupError):  # when all have ended by themselves
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def needs(self, *version: int) -> None:
        """Skip a test of what came with this version."""
        if self.version < version:
            pytest.skip(f"Ollama {'.'.join(map(str, self.version))} does not do this yet")

    def kill_runners(self) -> None:
        """`kill -9` the processes that run the models, as the system does when memory is short."""
        assert self._process is not None
        children = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=True)
        for child in children.stdout.split():
            os.kill(int(child), signal.SIGKILL)

    def create(self, name: str, path: Path, template: str, *, age: float = 0) -> None:
        """Give the server a model from a GGUF file, as `ollama create` does; one thread is enough for it.

        With an `age` in seconds it was made that long ago; the server lists those of one second in any order.
        """
        digest = self.client.create_blob(path)
        self.client.create(name, files={path.name: digest}, template=template, parameters={"num_thread": 1})
        (manifest,) = self.folder.glob(f"models/manifests/*/*/{name}/latest")
        os.utime(manifest, (made := time.time() - age, made))

    def damage(self, name: str) -> None:
        """Cut the file of a model in half, as a full disk does."""
        source = next(
            line for line in (self.client.show(name).modelfile or "").splitlines() if line.startswith("FROM ")
        )
        blob = Path(source.removeprefix("FROM "))
        os.truncate(blob, blob.stat().st_size // 2)

    def _answers(self) -> bool:
        try:
            told = httpx.get(f"{self.url}/api/version", trust_env=False).json()["version"]
        except httpx.TransportError:
            return False
        self.version = tuple(int(part) for part in told.split("-")[0].split("."))
        if not any(self.version):
            self.version = (99,)  # what was built without a name is taken for the newest
        return True


def create_models(server: RealOllama) -> None:
    """Give a new server all of MODELS, the last one the newest; `broken` cannot be loaded."""
    for age, (name, (table, template)) in zip(range(len(MODELS), 0, -1), MODELS.items(), strict=True):
        # A server whose model is faster than its own writing may wait for ever on a client that has left (0.17.4).
        work = 512 if name == "endless" else 8
        path = save(server.folder / f"{name}.gguf", table, embeds=name == "embedder", work=work)
        server.create(name, path, template, age=age * 60)
    server.damage("broken")


def turn(model: str, text: str = "hello", **more: Any) -> tuple[str, str, dict[str, Any]]:
    """A chat to `exchanged`."""
    options = {"temperature": 0.2, "num_ctx": WINDOW, "num_predict": 64, "seed": 7}
    body = {"model": model, "messages": [{"role": "user", "content": text}], "options": options, "truncate": False}
    return "POST", "/api/chat", body | more


def exchanged(url: str, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
    """What a server answers, with nothing of ours in between."""
    return httpx.request(method, url + path, json=body, timeout=20, trust_env=False)
