"""The settings of a workspace as they are in its YAML files."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from db.workspace import Workspace
    from engine.settings.options import Option
    from engine.settings.settings import Settings


class SettingsFiles:
    """Reads the settings files and writes single settings into them; `Session.adopt` puts what it returns in force."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace

    @property
    def folder(self) -> Path:
        """The folder of the files."""
        return self._workspace.configs

    def read(self) -> "Settings":
        """Read all settings as they are now: another session may have changed them. Raises SettingsError."""
        from engine.settings.settings import load_settings  # noqa: PLC0415 - after the first paint

        return load_settings(self.folder)

    def write(self, option: "Option", value: object) -> "Settings":
        """Put one setting into its file, even where the file has an invalid value of it. Raises SettingsError."""
        from db.settings_files import write_setting  # noqa: PLC0415 - after the first paint

        return write_setting(self._workspace, option, value)


def open_settings_files(workspace: Path | None) -> SettingsFiles:
    """Open the files of a workspace, which is made if need be, without reading them. Raises InputError."""
    from db.workspace import open_workspace  # noqa: PLC0415 - `--version` needs no workspace

    return SettingsFiles(open_workspace(workspace))
