"""What most tests stand on: a workspace of their own, and a session on the sample library."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import textual.app
import textual.pilot

import tui.ask.screen
import tui.widgets.cursor_rest
from tests.support.settled import settled
from tui.command_line import main
from tui.session.session import Session, open_session

if TYPE_CHECKING:
    from tests.support.real_ollama import RealOllama

# Nothing of the machine shows in a test: no workspace of a user, no theme, no colour choice.
for name in ("PERSONA_MOE_WORKSPACE", "NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS"):
    os.environ.pop(name, None)

# Modules are compiled once and not by each worker and each subprocess, whatever the machine is set to: a sixth of
# the suite went into that. This runs in the process that starts the workers, too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A pilot waits for states, and a run that tells nothing is not told to be silent because the machine is slow.
for module in (textual.app, textual.pilot):
    vars(module)["wait_for_idle"] = settled
tui.ask.screen.TICK_SECONDS = 1e6

# Every move of a cursor counts as its last one, however fast a test presses keys.
tui.widgets.cursor_rest.REST_SECONDS = 0

# The same examples everywhere and every time, and none kept between two runs.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, max_examples=30,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Collect garbage among what tests make, and not among all modules and tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(scope="session")
def sample_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the sample library is indexed; copy it, do not change it."""
    root = tmp_path_factory.mktemp("sample") / "workspace"
    session = open_session(root, model="none")
    session.library.open(lambda _done, _total, _path: None, threading.Event())
    return root


@pytest.fixture
def workspace(sample_workspace: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own, with the sample library in it."""
    import shutil

    return Path(shutil.copytree(sample_workspace, tmp_path / "workspace"))


@pytest.fixture
def session(workspace: Path) -> Session:
    """An opened session on the sample library, with no language model."""
    opened = open_session(workspace, model="none")
    opened.library.open(lambda _done, _total, _path: None, threading.Event())
    return opened


@pytest.fixture
def call(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command in the workspace; returns what it printed, or its one line of complaint when `code` is not 0."""

    def run(*arguments: object, code: int = 0) -> str:
        assert main([*map(str, arguments), "--workspace", str(workspace)]) == code
        out, err = capsys.readouterr()
        assert err == "" if not code else err.count("\n") == 1
        return out or err

    return run


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real OpenSearch node, shared by all workers; without Java or Maven the test is skipped."""
    from tests.support.opensearch_server import shared_node

    base = tmp_path_factory.getbasetemp()
    with shared_node(base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) as url:
        yield url


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RealOllama"]:
    """A real Ollama server with the tiny models of `real_ollama`; no such program here: the test is skipped."""
    from tests.support.real_ollama import RealOllama, create_models, program

    if (name := program()) is None:
        pytest.skip("there is no `ollama` on the PATH, and PERSONA_MOE_OLLAMA names none")
    with RealOllama(name, tmp_path_factory.mktemp("ollama")) as running:
        create_models(running)
        yield running
