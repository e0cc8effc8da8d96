"""The personas of a workspace: their roster, what the ledger says of one, and children bred by hand."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from engine.text.safe import one_line

if TYPE_CHECKING:
    from db.personas.folder_roster import FolderRoster
    from db.personas.record import PersonaRecord
    from db.workspace import Workspace
    from engine.events import PersonaBorn
    from engine.settings.settings import Settings


class Personas:
    """The `roster` of a workspace, opened at its first use, and what is read or changed through it."""

    def __init__(self, workspace: "Workspace", settings: Callable[[], "Settings"]) -> None:
        self._workspace, self._settings = workspace, settings

    @cached_property
    def roster(self) -> "FolderRoster":
        """The personas by state; opening it moves files back into step with the ledger after a crash."""
        from db.personas.folder_roster import FolderRoster  # noqa: PLC0415 - after the first paint

        roster = FolderRoster(self._workspace)
        warn(f"recovered after a crash: {difference}" for difference in roster.recovered)
        return roster

    def breed(self, persona_ids: Sequence[str]) -> "PersonaBorn":
        """Add a child of one persona (nudged) or two (crossed) as experimental. Raises PersonaError."""
        from engine.personas.evolution import breed  # noqa: PLC0415 - after the first paint

        parents = [self.roster.find(name) for name in dict.fromkeys(persona_ids)]
        return breed(self.roster, parents, seed=self._settings().system.seed, decided_by="user")

    def record_of(self, persona_id: str) -> "PersonaRecord":
        """Read the rewards and changes of a persona from the ledger. Raises StoreError."""
        from db.personas.ledger import Ledger  # noqa: PLC0415 - after the first paint
        from db.personas.record import read_record  # noqa: PLC0415 - after the first paint

        return read_record(Ledger(self._workspace.ledger), persona_id)


def warn(lines: Iterable[str]) -> None:
    """Print on stderr, so that the output of a command stays whole; the application's screen hides it."""
    for line in lines:
        print(f"persona-moe: {one_line(line)}", file=sys.stderr)  # noqa: T201 - for the user of any command
