"""The folder that holds everything of a user: `configs/ personas/ db/`, like this repository."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_dir

from db.locks import exclusive
from engine.atomic_files import private_folder, write_atomically
from engine.errors import InputError, StoreError
from engine.personas.persona import PersonaState
from engine.shipped import shipped


@dataclass(frozen=True)
class Workspace:
    """Where everything is, below one folder."""

    root: Path

    @property
    def configs(self) -> Path:
        """The settings, one YAML file each."""
        return self.root / "configs"

    @property
    def personas(self) -> Path:
        """The personas, one folder per state."""
        return self.root / "personas"

    @property
    def library(self) -> Path:
        """The search index and its passages."""
        return self.root / "db" / "library"

    @property
    def history(self) -> Path:
        """The summaries of all runs, in TinyDB files."""
        return self.root / "db" / "history"

    @property
    def runs(self) -> Path:
        """Events and graph of each run."""
        return self.root / "db" / "runs"

    @property
    def trash(self) -> Path:
        """The runs that were deleted, for as long as they can be brought back."""
        return self.root / "db" / "trash"

    @property
    def ledger(self) -> Path:
        """Every change of every persona, one line each."""
        return self.root / "db" / "ledger.jsonl"

    @property
    def log(self) -> Path:
        """What went wrong, in JSON lines; older files stand beside it."""
        return self.root / "db" / "log" / "persona-moe.jsonl"

    @property
    def lock(self) -> Path:
        """Held while personas or ledger change."""
        return self.root / "db" / ".lock"


def open_workspace(root: Path | None = None) -> Workspace:
    """The workspace at `root`, else at `PERSONA_MOE_WORKSPACE`, else in the user's data folder.

    A `configs/` or `personas/` that is not there yet starts as the shipped one, complete or not at all; one
    that is there is left alone. Raises InputError if the folder cannot be made or written.
    """
    chosen = root or os.environ.get("PERSONA_MOE_WORKSPACE") or user_data_dir("persona-moe", appauthor=False)
    workspace = Workspace(Path(chosen).expanduser().absolute())
    try:
        for folder in (workspace.root, workspace.lock.parent, workspace.library, workspace.history, workspace.runs):
            private_folder(folder)
        with exclusive(workspace.lock):
            _start(workspace.configs, "*.yaml")
            _start(workspace.personas, "*/*.json")
    except (StoreError, OSError) as error:
        reason = error.message if isinstance(error, StoreError) else str(error)
        hint = "choose a folder you can write with --workspace DIR or PERSONA_MOE_WORKSPACE"
        raise InputError(f"the workspace {workspace.root} cannot be used: {reason}", hint=hint) from error
    return workspace


def _start(folder: Path, pattern: str) -> None:
    """Fill a new folder beside its place, then put it there in one step."""
    if folder.exists():
        return
    prepared = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(prepared, ignore_errors=True)  # a crash left it, for the lock is ours
    private_folder(prepared)
    for state in PersonaState if folder.name == "personas" else ():
        private_folder(prepared / state)
    source = shipped(folder.name)
    for file in sorted(source.glob(pattern)):
        write_atomically(prepared / file.relative_to(source), file.read_bytes())
    prepared.rename(folder)
