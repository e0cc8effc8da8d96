"""Locates the files that come with the code: the first configs and personas, the sample library and its questions.

A wheel has them in `engine/shipped_files/`, so that site-packages gets no folder of a common name; a checkout has them
at its top (see `force-include` in pyproject.toml).
"""

from pathlib import Path

_IN_WHEEL = Path(__file__).resolve().with_name("shipped_files")
_ROOT = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_WHEEL.parent.parent


def shipped(name: str) -> Path:
    """Return the path of a shipped file or folder by its path in the repository, e.g. `configs/system.yaml`."""
    return _ROOT / name
