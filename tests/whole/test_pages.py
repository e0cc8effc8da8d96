"""The pages for contributors: what they name is there, the workflow runs what a contributor runs."""

import os
import re
from pathlib import Path

import pytest
import yaml

from engine import __version__
from tests.support import ROOT

GITHUB = ROOT / ".github"
PAGES = [GITHUB / "CONTRIBUTING.md", GITHUB / "SECURITY.md"]  # the changelog names what is gone, too


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_and_module_that_a_page_names_is_there(page: Path):
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:\.ci|\.github|engine|db|tui|tests|configs|personas)/[\w./-]+)`", text)
    modules = re.findall(r"(tests\.\w+\.\w+)", text)
    named = [*paths, *(f"{module.replace('.', '/')}.py" for module in modules)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_changelog_begins_with_the_version_that_is_being_made():
    versions = re.findall(
        r"^## (?:\[Unreleased\] - )?(\d+\.\d+\.\d+)", (GITHUB / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert __version__.partition(".dev")[0] == versions[0]
    assert versions == sorted(versions, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


def test_the_workflow_runs_the_script_that_a_contributor_runs():
    workflow = yaml.safe_load((GITHUB / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["test"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert any(step.get("with", {}).get("cache-dependency-path") == ".ci/constraints.txt" for step in steps)


def test_the_script_runs_the_second_command_of_the_readme():
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert "fence == 3" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for tool in (
        "-c .ci/constraints.txt -e '.[dev]'",
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "lint-imports",
        "pytest",
    ):
        assert tool in blocks[1]
