"""One user's session: a workspace and its settings, and the parts that screens and commands use."""

from pathlib import Path
from typing import TYPE_CHECKING

from tui.session.health import Health
from tui.session.library import ScopedLibrary
from tui.session.meaning import Meaning
from tui.session.model import ModelConnection
from tui.session.personas import Personas
from tui.session.runs import Runs
from tui.session.settings_files import SettingsFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.workspace import Workspace
    from engine.settings.settings import Settings
    from tui.remote.address import LibraryAddress


class Session:
    """One user at one workspace. The stores are opened when they are first used: a first paint needs none of them.

    `paths` are the folders or files to ask, and the addresses of libraries on other machines; without a folder or
    file, the workspace's library is asked, or the sample if that is empty.
    `model` overrides the configured one; "none" asks no model.
    """

    def __init__(
        self,
        workspace: "Workspace",
        settings: "Settings",
        *,
        paths: "Sequence[LibraryAddress]" = (),
        model: str | None = None,
    ) -> None:
        self.workspace, self.settings = workspace, settings
        self.settings_files = SettingsFiles(workspace)
        self.model = ModelConnection(self._in_force, model)
        self.library = ScopedLibrary(workspace.library, self._in_force, paths)
        self.meaning = Meaning(workspace.library, self._in_force, self.library, is_wanted=model != "none")
        self.personas = Personas(workspace, self._in_force)
        self.runs = Runs(
            workspace,
            self._in_force,
            library=self.library,
            personas=self.personas,
            model=self.model,
            meaning=self.meaning,
        )
        self.health = Health(
            workspace,
            self._in_force,
            library=self.library,
            personas=self.personas,
            runs=self.runs,
            meaning=self.meaning,
        )

    def _in_force(self) -> "Settings":
        return self.settings

    def adopt(self, settings: "Settings") -> None:
        """Use these settings from the next question on; a run that goes on keeps its own."""
        connects_anew = (settings.ollama, settings.system.seed) != (self.settings.ollama, self.settings.system.seed)
        self.settings = settings
        if connects_anew:
            self.model.renew()
            self.meaning.renew()

    async def close(self) -> None:
        """Close the connections to the models and to other machines."""
        await self.model.close()
        await self.meaning.close()
        if self.library.others:
            await self.library.others.close()


def open_session(
    workspace: Path | None, *, paths: "Sequence[LibraryAddress]" = (), model: str | None = None
) -> Session:
    """Open the session of a command; its workspace is made if need be. Raises InputError or SettingsError."""
    from db.log import begin  # noqa: PLC0415 - with the workspace
    from db.workspace import open_workspace  # noqa: PLC0415 - `--version` needs no workspace
    from engine.settings.settings import load_settings  # noqa: PLC0415 - `--version` needs no settings

    opened = open_workspace(workspace)
    settings = load_settings(opened.configs)
    begin(opened.log, settings.system.log_level)
    return Session(opened, settings, paths=paths, model=model)
