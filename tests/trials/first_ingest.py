"""Kill the first ingest of many files at random moments, and count what is kept: `python -m tests.trials.first_ingest`.

What the progress line told as read may be lost up to a tenth, and what was read since the last commit of few files.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.index.library import FIRST_COMMIT, Library
from engine.settings.settings import System
from tests.support import ROOT

SIGNALS = (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
READER = """
import sys
from pathlib import Path
from tui.commands.interruption import interruptible
from engine.index.library import Library
from engine.settings.settings import System

with interruptible() as interrupted:
    tell = lambda done, total, path: print(done, flush=True)
    Library(Path(sys.argv[1]), System()).ingest([Path(sys.argv[2])], progress=tell, cancelled=interrupted.is_set)
"""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """One ingest that was ended: after how many files of the progress line, and how many the library has then."""

    signal: signal.Signals
    told: int
    read: int

    @property
    def is_kept(self) -> bool:
        """Whether at most a tenth is lost, or the first commit was not due yet."""
        return self.read >= min(0.9 * self.told, self.told - FIRST_COMMIT)


def write_files(folder: Path, count: int) -> None:
    """Write so many small files of different words."""
    folder.mkdir()
    for number in range(count):
        text = f"# Note {number}\n\nKeeper {number} of the lamp wrote entry {number * 7919} in the log of Vell.\n"
        (folder / f"{number:05}.md").write_text(text, encoding="utf-8")


def interrupt(documents: Path, index: Path, number: signal.Signals, after: int) -> Interrupted:
    """Send a signal once the progress says that `after` files are being read."""
    command = [sys.executable, "-c", READER, str(index), str(documents)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as reader:
        assert reader.stdout is not None
        told = 0
        while told < after:
            told = int(reader.stdout.readline())
        reader.send_signal(number)
        rest = reader.stdout.read().split()
    told = max([told, *map(int, rest)])
    return Interrupted(
        number, told - 1, len(Library(index, System()).files(str(documents)))
    )  # the last one told was being read


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each ingest that was ended; exit 1 if one lost too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder, "documents")
        write_files(documents, options.files)
        lost = 0
        for trial in range(options.kills):
            number = SIGNALS[trial % len(SIGNALS)]
            ended = interrupt(documents, Path(folder, f"index{trial}"), number, chance.randrange(1, options.files))
            lost += not ended.is_kept
            print(f"{ended.signal.name}: {ended.read} of {ended.told} files are in the library")  # noqa: T201 - the report
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
