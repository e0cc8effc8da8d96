"""The files of a run: their names and their compression."""

import gzip
import io
import re
import zlib
from pathlib import Path

from engine.atomic_files import store_errors
from engine.errors import StoreError, UnknownRunError

_MAX_UNPACKED = 256_000_000  # bytes
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def files_of_run(run_id: str) -> tuple[str, ...]:
    """Return the names of the files that a run may have. Raises UnknownRunError for an id that is no file name."""
    return f"{_safe(run_id)}.jsonl.gz", f"{run_id}.jsonl", f"{run_id}.graph.json.gz"


def unfinished(folder: Path) -> Path:
    """Return the folder of the runs that are going on: few, so that a start can look through them."""
    return folder / "unfinished"


def _paths(folder: Path, run_id: str) -> tuple[Path, Path]:
    return unfinished(folder) / f"{_safe(run_id)}.jsonl", folder / f"{run_id}.jsonl.gz"


def _safe(name: str) -> str:
    if not _SAFE_NAME.fullmatch(name):
        raise UnknownRunError(f"{name!r} is no run id", hint="letters, digits, '.', '_' and '-' are valid")
    return name


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def _unpacked(data: bytes) -> bytes:
    """Undo `_packed`; raises EOFError for a damaged file, and for more bytes than any run has (a zip bomb)."""
    with gzip.open(io.BytesIO(data)) as file:
        unpacked = file.read(_MAX_UNPACKED + 1)
    if len(unpacked) > _MAX_UNPACKED:
        raise EOFError(f"unpacks to more than {_MAX_UNPACKED / 1e6:g} MB")
    return unpacked


def _content(path: Path) -> bytes | None:
    """Read a file, unpacked; None if there is none. Raises StoreError."""
    try:
        data = _bytes(path)
        return _unpacked(data) if data is not None and path.suffix == ".gz" else data
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise StoreError(f"{path}: is damaged ({error})", hint="restore it from a copy, or remove it") from error


def _bytes(path: Path) -> bytes | None:
    with store_errors(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
