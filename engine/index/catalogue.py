"""The files that are indexed and those that were skipped, stored as JSON beside the index."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from engine.atomic_files import write_atomically
from engine.documents.foreign.text_recognition import TextRecogniser
from engine.documents.identity import is_under
from engine.documents.listing import ListingRules, list_files
from engine.errors import InputError, LibraryError

FORMAT = 9  # of the index; an index of another format is rebuilt from the documents


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, and the reason; in a list of notes, a file that was read, and the note."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, in files; `passages` counts those of the whole library afterwards.

    `left_out` counts the files and folders that the exclude patterns and .gitignore files name; `notices` say which
    known files were kept because their folder cannot be listed or is empty.
    """

    files: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    passages: int = 0
    skipped: tuple[Skipped, ...] = ()
    cancelled: bool = False
    left_out: int = 0
    notices: tuple[str, ...] = ()
    notes: tuple[Skipped, ...] = ()  # of files that were read by a guess or not completely


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An indexed or skipped file at its last ingest (`size` in bytes); `reason` is empty for an indexed one.

    `note` says what was guessed or left out of an indexed one; `is_described`, that it begins with a description.
    """

    size: int
    mtime_ns: int
    passages: int = 0
    words: int = 0
    reason: str = ""
    note: str = ""
    is_described: bool = False

    def is_unchanged(self, status: os.stat_result) -> bool:
        """Tell whether the file on disk still has this size and time."""
        return (self.size, self.mtime_ns) == (status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """What an ingest has to do: files on disk with their root, names to read and to remove, names that are no UTF-8.

    `left_out` and `notices` are as in `IngestReport`.
    """

    present: dict[str, tuple[Path, os.stat_result]]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unnamed: tuple[Skipped, ...] = ()
    left_out: int = 0
    notices: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the index is up to date already."""
        return not self.changed and not self.removed


@dataclass(slots=True)
class Catalogue:
    """The folders of the library and their files by path; `read_with` are the values that the files were read with.

    Those are `FORMAT`, `passage_characters` and `max_file_megabytes`.
    """

    roots: list[str] = field(default_factory=list)
    read_with: tuple[int, int, float] = (0, 0, 0.0)
    files: dict[str, KnownFile] = field(default_factory=dict)

    @property
    def passages(self) -> int:
        """The number of passages of all files."""
        return sum(file.passages for file in self.files.values())

    @property
    def mean_length(self) -> float:
        """The mean number of words of a passage; 1 for an empty library."""
        return sum(file.words for file in self.files.values()) / passages if (passages := self.passages) else 1.0

    def covers(self, path: str) -> bool:
        """Tell whether the path is one of the roots or inside one."""
        return any(is_under(path, root) for root in self.roots)

    def add_roots(self, roots: Iterable[Path]) -> None:
        """Add folders to the library; a folder replaces the roots inside it."""
        for root in map(str, roots):
            if not self.covers(root):
                self.roots = sorted([root, *(other for other in self.roots if not is_under(other, root))])

    def skipped(self, names: Iterable[str]) -> tuple[Skipped, ...]:
        """Return those of the files that could not be read, in order."""
        files = ((name, self.files.get(name)) for name in sorted(names))
        return tuple(Skipped(name, file.reason) for name, file in files if file and file.reason)

    @property
    def notes(self) -> tuple[Skipped, ...]:
        """The notes on files that were read by a guess or not completely, in order."""
        return tuple(Skipped(name, file.note) for name, file in sorted(self.files.items()) if file.note)

    def plan(
        self, roots: Sequence[Path], rules: ListingRules, *, read_all: bool, recogniser: TextRecogniser
    ) -> IngestPlan:
        """Compare the files under these roots with the catalogue.

        Files below a folder that cannot be listed, and those of a root that has become empty, count as unchanged: a
        disk may not be mounted. Those of which the recogniser would read more count as changed.
        """
        present: dict[str, tuple[Path, os.stat_result]] = {}
        unnamed: list[Skipped] = []
        unlisted: dict[str, str] = {}  # folders with the reason
        left_out = 0
        for root in roots:
            listing = list_files(root, rules)
            left_out += listing.left_out
            unlisted |= listing.unreadable
            if not listing.files and not listing.unreadable and not listing.left_out:
                unlisted[str(root)] = "the folder is empty now"
            for path in listing.files:
                name = os.fsencode(path).decode("utf-8", "replace")
                if name != str(path):
                    unnamed.append(Skipped(name, "its name is not UTF-8"))
                    continue
                with suppress(OSError):  # deleted meanwhile, or a link without a target
                    present[name] = (root, path.stat())
        missing = [
            name for name in self.files if name not in present and any(is_under(name, str(root)) for root in roots)
        ]
        changed = (
            name
            for name, (_, status) in present.items()
            if read_all
            or self._is_changed(name, status)
            or recogniser.reads_more(f"{self.files[name].reason} {self.files[name].note}")
        )
        return IngestPlan(
            present,
            tuple(sorted(changed)),
            tuple(sorted(name for name in missing if not any(is_under(name, folder) for folder in unlisted))),
            tuple(unnamed),
            left_out,
            tuple(_notices(missing, unlisted)),
        )

    def _is_changed(self, name: str, status: os.stat_result) -> bool:
        return name not in self.files or not self.files[name].is_unchanged(status)

    def plan_known(self, scope: Sequence[str], *, read_all: bool = False) -> IngestPlan:
        """Compare only the known files (those under `scope`, or all) with the disk; new files are not looked for.

        Files of a root that is not there or is empty count as unchanged; with `read_all`, all others as changed.
        """
        roots = [root for root in self.roots if Path(root).is_file() or _has_entries(root)]
        changed: dict[str, tuple[Path, os.stat_result]] = {}
        removed = []
        for name in self.files:
            root = next((root for root in roots if is_under(name, root)), None)
            if root is None or (scope and not any(is_under(name, part) for part in scope)):
                continue
            try:
                status = Path(name).stat()
            except FileNotFoundError:
                removed.append(name)
            except OSError:  # a folder that may not be entered now
                continue
            else:
                if read_all or self._is_changed(name, status):
                    changed[name] = (Path(root), status)
        return IngestPlan(changed, tuple(sorted(changed)), tuple(sorted(removed)))

    def save(self, path: Path) -> None:
        """Write the catalogue. Raises StoreError."""
        write_atomically(path, msgspec.json.encode(self))


Progress = Callable[[int, int, str], None]
"""Called with the number of items done, the number of all items, and the name of the present one."""


def load_catalogue(path: Path) -> Catalogue:
    """Read the catalogue; an empty one if there is no file. Raises LibraryError if it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Catalogue)
    except FileNotFoundError:
        return Catalogue()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OSError) as error:
        raise LibraryError(
            f"{path} is damaged: {error}", hint="move the folder it is in away and ingest again"
        ) from error


def existing(path: Path) -> Path:
    """Return the absolute path with links resolved. Raises InputError if it does not exist."""
    try:
        resolved = path.expanduser().resolve(strict=True)
        str(resolved).encode("utf-8")
    except (OSError, RuntimeError, UnicodeEncodeError) as error:  # nothing there, a loop of links, no such user
        raise InputError(f"{path} does not exist", hint="name a folder or file that holds your documents") from error
    return resolved


def _notices(missing: Sequence[str], unlisted: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each folder that was not listed, but has indexed files."""
    for folder, reason in sorted(unlisted.items()):
        if count := sum(is_under(name, folder) for name in missing):
            advice = "`persona-moe library remove` takes them out"
            yield f"{folder}: {reason}; {count} indexed files of it stay in the library ({advice})"


def _has_entries(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
