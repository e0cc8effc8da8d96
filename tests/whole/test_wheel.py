"""The built wheel: what is in it, and that it works in another folder with none of the checkout's files."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from engine import __version__
from tests.support import ROOT

SHIPPED = ("configs", "personas", "db/sample", "db/sample_questions.json")


@pytest.fixture(scope="session")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, as an installer would lay them out."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder / "dist"), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def run(site_packages: Path, folder: Path, *arguments: str) -> str:
    """Run Python outside of the checkout with the wheel in front of everything else; returns what it printed."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ |= {"PYTHONPATH": str(site_packages), "PERSONA_MOE_WORKSPACE": str(folder / "workspace")}
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def files_in(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in paths}


def test_only_our_packages_are_put_at_the_top_of_site_packages(site_packages):
    names = {path.name for path in site_packages.iterdir()}
    assert names == {"engine", "db", "tui", f"persona_moe-{__version__}.dist-info"}


def test_every_file_of_the_packages_and_every_shipped_file_is_in_it_once(site_packages):
    expected = {
        f"engine/shipped_files/{name}" if name.startswith(SHIPPED) else name
        for top in ("engine", "db", "tui", "configs", "personas")
        for name in (f"{top}/{inner}" for inner in files_in(ROOT / top))
    }
    assert {name for name in files_in(site_packages) if ".dist-info/" not in name} == expected


def test_its_metadata_names_the_command_the_licence_and_what_it_needs(site_packages):
    installed = PathDistribution(site_packages / f"persona_moe-{__version__}.dist-info")
    assert [(entry.name, entry.value) for entry in installed.entry_points] == [("persona-moe", "tui.command_line:main")]
    assert installed.metadata["License-Expression"] == "MIT"
    assert any(requirement.startswith("textual") for requirement in installed.requires or [])


def test_it_imports_nothing_from_the_checkout(site_packages, tmp_path):
    code = (
        "import sys, pkgutil, engine, db, tui\n"
        "from importlib import import_module\n"
        "for package in (engine, db, tui):\n"
        "    for module in pkgutil.walk_packages(package.__path__, f'{package.__name__}.'):\n"
        "        if not module.name.endswith('__main__'):\n"
        "            import_module(module.name)\n"
        "from engine.shipped import shipped\n"
        "print(shipped('configs'))\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name.split('.')[0] in {'engine', 'db', 'tui'}:\n"
        "        print(module.__file__)"
    )
    paths = run(site_packages, tmp_path, "-c", code).splitlines()
    assert len(paths) > 150
    assert [path for path in paths if not Path(path).is_relative_to(site_packages)] == []


def test_a_question_on_the_sample_library_is_answered_from_the_files_of_the_wheel(site_packages, tmp_path):
    question = "Who led the Net Strike of 1894?"
    result = json.loads(run(site_packages, tmp_path, "-m", "tui", "ask", question, "--model", "none", "--json"))
    assert "Keziah Rosk" in result["answer"]
    sample = site_packages / "engine" / "shipped_files" / "db" / "sample"
    assert all(Path(citation["source"]).is_relative_to(sample) for citation in result["citations"])
    library = json.loads(run(site_packages, tmp_path, "-m", "tui", "library", "list", "--json"))
    assert library["skipped"] == []
    assert [root["files"] for root in library["roots"]] == [len(files_in(sample))]
    personas = json.loads(run(site_packages, tmp_path, "-m", "tui", "personas", "list", "--json"))
    assert {persona["persona_id"] for persona in personas} >= {"control", "analyst"}
