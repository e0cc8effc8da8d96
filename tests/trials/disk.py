"""Let the disk refuse, and look whether anything is lost or half-written: `python -m tests.trials.disk --trials N`.

Each trial runs one real command where the disk takes only so much: no file may grow over a limit (`--fault limit`,
which needs no rights), a disk of its own has so many pages left (`full`), or is read-only (`read-only`; both mount a
tmpfs, for root only). The command has to say in one line what is wrong; then every file is looked at, as after a kill.
"""

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.support import ROOT
from tests.trials.crash import Struck, Trials, command_line, table

FAULTS = ("limit", "full", "read-only")
DISK = "size=48m,mode=700"
PAGE = 4096


class DiskTrials(Trials):
    """The trials of one seed and fault, in workspaces below `folder`, or on the disk that is mounted at `disk`."""

    def __init__(self, folder: Path, seed: int, fault: str, disk: Path | None = None) -> None:
        super().__init__(folder, seed)
        self._fault, self._place = fault, disk or folder

    def _struck(self, name: str, root: Path, number: int) -> Struck:
        arguments = self._arguments(name)
        before = digest(root)
        if self._fault == "limit":
            limit = 0 if not number else int(10 ** self._random.uniform(1, 5.5))
            how, ended = f"no file over {limit} bytes", _ended(arguments, root, limit)
        elif self._fault == "full":
            pages = self._random.choice((0, 0, 1, 2, 3, 5, 8, 13, 21, 34, 55))
            with _filled(self._place, pages):
                how, ended = f"{pages} pages left", _ended(arguments, root)
        else:
            with _read_only(self._place):
                how, ended = "read-only", _ended(arguments, root)
        defects = list(_complaints(ended))
        if self._fault == "read-only" and digest(root) != before:
            defects.append("something changed")
        defects += [f"{path.name} was left" for path in root.rglob(".*.tmp")]
        return Struck(how, ended.returncode == 0, ended.stdout, tuple(defects))


def _ended(arguments: list[object], root: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    limits = (limit, limit) if limit is not None else None
    before = partial(resource.setrlimit, resource.RLIMIT_FSIZE, limits) if limits else None
    return subprocess.run(
        command_line(arguments, root), cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
        timeout=120, preexec_fn=before, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def _complaints(ended: subprocess.CompletedProcess[str]) -> Iterator[str]:
    """What is wrong with how a command ended."""
    if ended.returncode not in {0, 1, 2}:
        yield f"exit code {ended.returncode}: {ended.stderr}"
    if ended.returncode and not ended.stderr:
        yield "it failed and said nothing"
    for line in ended.stderr.splitlines():
        if not line.startswith("persona-moe: ") or "internal error" in line:
            yield f"on stderr: {line}"


def digest(root: Path) -> dict[str, str]:
    """What stands in every file below `root`; the locks are nobody's."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.endswith("lock"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def mounted(disk: Path) -> Iterator[Path]:
    """A small disk of its own; raises CalledProcessError where that is not permitted."""
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", disk], check=True, capture_output=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@contextmanager
def _filled(disk: Path, pages: int) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * PAGE):
                pass
        except OSError:
            file.truncate(max(0, file.tell() - pages * PAGE))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def _read_only(disk: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


def _run() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=130)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=FAULTS, default="limit")
    parser.add_argument("--only", nargs="+", default=[], metavar="COMMAND", help="these only: see the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.fault == "limit":
            trials = DiskTrials(folder, options.seed, options.fault)
            trials.run(options.trials, only=options.only)
        else:
            with mounted(folder / "disk") as disk:
                trials = DiskTrials(folder, options.seed, options.fault, disk)
                trials.run(options.trials, only=options.only)
    defects = [defect for tally in trials.tallies.values() for defect in tally.defects]
    print(table(trials.tallies, "refused"), *defects, sep="\n")  # noqa: T201 - the command's own output
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(_run())
