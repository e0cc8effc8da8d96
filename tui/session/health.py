"""The state of a workspace: its numbers, its log, and whether everything that a run needs is there."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from db.runs.metrics import Metrics
    from db.workspace import Workspace
    from engine.settings.settings import Settings
    from tui.session.checks import Finding
    from tui.session.library import ScopedLibrary
    from tui.session.meaning import Meaning
    from tui.session.personas import Personas
    from tui.session.runs import Runs


class Health:
    """Reads the whole workspace and changes nothing in it."""

    def __init__(
        self,
        workspace: "Workspace",
        settings: Callable[[], "Settings"],
        *,
        library: "ScopedLibrary",
        personas: "Personas",
        runs: "Runs",
        meaning: "Meaning",
    ) -> None:
        self.workspace, self._settings = workspace, settings
        self.library, self.personas, self.runs, self.meaning = library, personas, runs, meaning

    @property
    def settings(self) -> "Settings":
        """The settings in force."""
        return self._settings()

    def metrics(self) -> "Metrics":
        """Count runs, times and failures. Raises StoreError."""
        from db.log import entries  # noqa: PLC0415 - after the first paint
        from db.runs.metrics import measure  # noqa: PLC0415 - after the first paint

        return measure(self.runs.history.runs(), self.workspace.runs, entries(self.workspace.log))

    def logged(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest entries of the log, newest first. Raises StoreError."""
        from db.log import entries  # noqa: PLC0415 - after the first paint

        return list(islice(entries(self.workspace.log), limit))

    def checks(self) -> "Iterator[Finding]":
        """Check one part after the other (`tui.session.checks`). Not on the event loop."""
        from tui.session.checks import checks  # noqa: PLC0415 - after the first paint

        return checks(self)
