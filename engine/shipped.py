"""Where the files are that travel with the code: starting configs and personas, the sample library."""

from pathlib import Path

_HOME = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """The shipped file or folder with this path, e.g. `configs/system.yaml`."""
    return _HOME / name
