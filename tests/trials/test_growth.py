"""The short form of `growth`: a long history is not read to ask, to save a run or to show the newest."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.trials.growth import fill, measured, opened, table

WATCHED = """
import sys
from pathlib import Path
from tests.trials.growth import asked, opened
root, touched = Path(sys.argv[1]), []
def watch(event, arguments):
    if event in {"open", "os.scandir", "os.listdir"} and str(arguments[0]).startswith(str(root / "db")):
        touched.append(f"{event} {arguments[0]}")
sys.addaudithook(watch)
session = opened(root)
asked(session)
session.runs.history.recent(50), session.runs.judgements()
print(*sorted({name for name in touched if not name.endswith(".tmp")}), sep="\\n")
"""


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    sizes = {runs: tmp_path_factory.mktemp("grown") / "workspace" for runs in (20, 3000)}
    for runs, root in sizes.items():
        fill(root, runs)
    return sizes


def touched(root: Path) -> tuple[set[str], set[str]]:
    """The files that a new session opens to ask once and list the newest runs, and the folders that it lists."""
    command = [sys.executable, "-c", WATCHED, str(root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
    pairs = [line.split(" ", 1) for line in ended.stdout.splitlines()]
    opened = {str(Path(name).relative_to(root / "db")) for event, name in pairs if event == "open"}
    return opened, {str(Path(name).relative_to(root / "db")) for event, name in pairs if event != "open"}


def test_a_session_opens_as_many_files_however_many_runs_there_are(roots):
    (few, _), (many, listed) = touched(roots[20]), touched(roots[3000])
    assert "history/runs-000003.json" in many
    assert {name for name in many if name.startswith("history/runs-")} <= {
        "history/runs-000003.json",
        "history/runs-000004.json",
    }
    assert abs(len(many) - len(few)) <= 2
    assert "runs/unfinished" in listed
    assert "runs" not in listed


def test_the_history_is_what_was_filled_in(roots):
    session = opened(roots[3000])
    assert session.runs.history.count() >= 3000
    assert session.personas.roster.verify() == []
    assert len(session.runs.judgements()) == 300


def test_every_thing_is_measured_at_every_size(roots):
    shown = table(measured(roots, 1)).splitlines()
    assert shown[0].split()[-3:] == ["20", "3000", "ratio"]
    assert len(shown) == 15
