"""A library that the tests of the interfaces for programs ask."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one document."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "boiler.md").write_text(
        "# Boiler\n\nNordtherm installed the boiler in 1998. The boiler is serviced every October.\n"
    )
    return documents
