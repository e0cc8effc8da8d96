"""The workspace: the folder with a user's settings, personas and data (`configs/ personas/ db/`)."""

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
    """The paths below the workspace's folder."""

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
        """The events and the graph of each run."""
        return self.root / "db" / "runs"

    @property
    def trash(self) -> Path:
        """Deleted runs that can still be restored."""
        return self.root / "db" / "trash"

    @property
    def bench(self) -> Path:
        """The vectors of data sets that were measured."""
        return self.library / "bench"

    @property
    def ledger(self) -> Path:
        """The ledger of the personas (`db.personas.ledger`)."""
        return self.root / "db" / "ledger.jsonl"

    @property
    def devices(self) -> Path:
        """The keys of this device and others, and what the others have learned (`db.personas.devices`)."""
        return self.root / "db" / "devices"

    @property
    def log(self) -> Path:
        """The current log file, in JSON lines; older ones are in the same folder."""
        return self.root / "db" / "log" / "persona-moe.jsonl"

    @property
    def api_token(self) -> Path:
        """The token that requests to the HTTP interface need."""
        return self.root / "db" / "api-token"

    @property
    def lock(self) -> Path:
        """The lock that is held while personas or ledger change."""
        return self.root / "db" / ".lock"


def open_workspace(root: Path | None = None) -> Workspace:
    """Open the workspace at `root`, else at `PERSONA_MOE_WORKSPACE`, else in the user's data folder.

    A missing `configs/` or `personas/` is copied from the shipped one in one step; an existing one is not touched.
    Raises InputError if the folder cannot be created or written.
    """
    chosen = root or os.environ.get("PERSONA_MOE_WORKSPACE") or user_data_dir("persona-moe", appauthor=False)
    workspace = Workspace(Path(chosen).expanduser().absolute())
    try:
        for folder in (workspace.root, workspace.lock.parent, workspace.library, workspace.history, workspace.runs):
            private_folder(folder)
        with exclusive(workspace.lock):
            _copy_shipped(workspace.configs, "*.yaml")
            _copy_shipped(workspace.personas, "*/*.json")
    except (StoreError, OSError) as error:
        reason = error.message if isinstance(error, StoreError) else str(error)
        hint = "choose a folder you can write with --workspace DIR or PERSONA_MOE_WORKSPACE"
        raise InputError(f"the workspace {workspace.root} cannot be used: {reason}", hint=hint) from error
    return workspace


def _copy_shipped(folder: Path, pattern: str) -> None:
    """Copy the shipped folder to a temporary one, then rename that; an existing folder stays."""
    if folder.exists():
        return
    prepared = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(prepared, ignore_errors=True)  # of a session that crashed: the lock is held
    private_folder(prepared)
    for state in PersonaState if folder.name == "personas" else ():
        private_folder(prepared / state)
    source = shipped(folder.name)
    for file in sorted(source.glob(pattern)):
        write_atomically(prepared / file.relative_to(source), file.read_bytes())
    prepared.rename(folder)
