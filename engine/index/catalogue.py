"""The files that are indexed and those that were skipped, stored as JSON beside the index."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import InputError

_FORMAT = 3  # of the index: an older one is read anew, for it is made of the documents alone


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in files; `passages` counts those of the whole library afterwards."""

    files: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    passages: int = 0
    skipped: tuple[Skipped, ...] = ()
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is known of an indexed or skipped file (`size` in bytes); `reason` is empty for an indexed one."""

    size: int
    mtime_ns: int
    passages: int = 0
    words: int = 0
    reason: str = ""


@dataclass(slots=True)
class _Catalogue:
    """The folders of the library and the files found in them, as `files.json` keeps them."""

    roots: list[str] = field(default_factory=list)
    read_with: tuple[int, int, float] = (0, 0, 0.0)  # index format, passage_characters and max_file_megabytes
    files: dict[str, KnownFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an ingest has to do."""

    present: dict[str, tuple[Path, os.stat_result]]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    unnamed: tuple[Skipped, ...]  # files whose names cannot be stored


Progress = Callable[[int, int, str], None]


def existing(path: Path) -> Path:
    """The absolute path, links resolved; raises InputError when nothing is there."""
    try:
        found = path.expanduser().resolve(strict=True)
        str(found).encode("utf-8")
    except (OSError, RuntimeError, UnicodeEncodeError) as error:  # nothing there, a loop of links, no such user
        raise InputError(f"{path} does not exist", hint="name a folder or file that holds your documents") from error
    return found


def _is_under(name: str, root: str) -> bool:
    return name == root or name.startswith(root.rstrip("/") + "/")


def _is_same(known: KnownFile | None, stat: os.stat_result) -> bool:
    return known is not None and (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns)
