"""List the files of a folder that are documents: without ignored, excluded and hidden ones, links not followed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

_MARKERS = ("CACHEDIR.TAG", "pyvenv.cfg")  # a folder that has one is a cache, or a Python environment
_IGNORE_FILE = ".gitignore"
_MAX_IGNORE_FILE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class ListingRules:
    """Which files to leave out: `exclude` patterns as in a .gitignore, and the .gitignore files found on the way."""

    exclude: tuple[str, ...] = ()
    gitignore: bool = True


@dataclass(slots=True)
class Listing:
    """The files of a folder in order; how many files and folders the rules left out; folders that cannot be listed.

    `unreadable` maps such a folder to the reason.
    """

    files: list[Path] = field(default_factory=list)
    left_out: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


def list_files(root: Path, rules: ListingRules) -> Listing:
    """List every file below `root`, or `root` itself if it is a file.

    Links to folders are not followed but listed like files, so that reading them gives the reason.
    """
    listing = Listing()
    if root.is_file():
        listing.files.append(root)
        return listing

    def note(error: OSError) -> None:
        listing.unreadable[str(error.filename)] = error.strerror or type(error).__name__

    patterns = {str(root): _Patterns(root, rules.exclude)}
    for folder, folders, names in os.walk(root, onerror=note):
        inherited = patterns.pop(folder)
        chain = inherited.with_ignore_file(Path(folder)) if rules.gitignore and _IGNORE_FILE in names else inherited
        visible = sorted(name for name in folders if not name.startswith("."))
        links = {name for name in visible if Path(folder, name).is_symlink()}
        entered = [name for name in visible if name not in links and not chain.leaves_out_folder(Path(folder, name))]
        patterns |= {str(Path(folder, name)): chain for name in entered}
        candidates = sorted({*names, *links} - {name for name in names if name.startswith(".")})
        files = [name for name in candidates if not chain.leaves_out(Path(folder, name))]
        listing.left_out += len(visible) - len(links) - len(entered) + len(candidates) - len(files)
        listing.files += [Path(folder, name) for name in files]
        folders[:] = entered
    return listing


class _Patterns:
    """The ignore patterns that apply in a folder: those of the setting, then of each .gitignore from the root down."""

    def __init__(self, folder: Path, lines: Sequence[str], parent: "_Patterns | None" = None) -> None:
        self._folder, self._lines, self._parent = folder, tuple(lines), parent

    def with_ignore_file(self, folder: Path) -> "_Patterns":
        """Return these patterns with those of the folder's .gitignore, which take precedence."""
        try:
            data = (folder / _IGNORE_FILE).read_bytes()[:_MAX_IGNORE_FILE]
        except OSError:
            return self
        return _Patterns(folder, data.decode("utf-8", "replace").splitlines(), self)

    def leaves_out(self, path: Path, *, is_folder: bool = False) -> bool:
        """Tell whether the last pattern that matches the path leaves it out."""
        verdicts = (verdict for verdict in self._verdicts(path, is_folder=is_folder) if verdict is not None)
        return next(verdicts, False)

    def leaves_out_folder(self, path: Path) -> bool:
        """Tell whether a folder is left out by a pattern, or as a cache or a Python environment."""
        return self.leaves_out(path, is_folder=True) or any((path / marker).exists() for marker in _MARKERS)

    def _verdicts(self, path: Path, *, is_folder: bool) -> Iterator[bool | None]:
        if self._spec is not None:
            name = path.relative_to(self._folder).as_posix()
            yield self._spec.check_file(f"{name}/" if is_folder else name).include
        if self._parent is not None:
            yield from self._parent._verdicts(path, is_folder=is_folder)  # noqa: SLF001 - of the same class

    @cached_property
    def _spec(self) -> Any:
        if not self._lines:
            return None
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where there are patterns

        return GitIgnoreSpec.from_lines(self._lines)
