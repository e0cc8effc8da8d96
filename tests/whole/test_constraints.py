"""The lock of the tests' tools: every package that `.[dev]` installs here has a version in .ci/constraints.txt."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT

CONSTRAINTS = ROOT / ".ci" / "constraints.txt"
HINT = "make .ci/constraints.txt again: its first lines say how"


def locked() -> dict[str, str]:
    """The version of each locked package for this interpreter and system."""
    lines = [line for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) for pin in pins)
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def declared() -> list[Requirement]:
    """Everything that pyproject.toml asks for to run, to test and to build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    lists = [project["project"]["dependencies"], *extras, project["build-system"]["requires"]]
    return [Requirement(text) for texts in lists for text in texts]


def needed_by(requirement: Requirement) -> Iterator[Requirement]:
    """What an installed package needs here, with the extras that are asked of it."""
    try:
        texts = requires(requirement.name) or []
    except PackageNotFoundError:
        return
    for needed in map(Requirement, texts):
        extras = requirement.extras or {""}
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            yield needed


def test_every_package_that_the_tests_need_is_locked_to_a_version_that_is_allowed():
    versions, waiting, checked = locked(), declared(), set[str]()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name}: {HINT}"
        assert requirement.specifier.contains(versions[name]), f"{requirement} but {versions[name]}: {HINT}"
        if name not in checked:
            checked.add(name)
            waiting += needed_by(requirement)
    assert {"textual", "pytest", "pydantic-core", "hatchling"} <= checked


def test_it_names_no_index():
    assert not re.search(r"https?:|--(extra-)?index|--find-links|@ ", CONSTRAINTS.read_text(encoding="utf-8"))
