"""Settings written back into the workspace's YAML files: one key at a time, the rest as its owner wrote it."""

from pathlib import Path
from typing import Any

from db.locks import exclusive
from db.workspace import Workspace
from engine.atomic_files import store_errors, write_atomically
from engine.errors import SettingsError
from engine.settings.options import Option, comment_of
from engine.settings.settings import Settings, load_settings, read_values
from engine.settings.yaml_edit import with_value


def write_setting(workspace: Workspace, option: Option, value: Any) -> Settings:
    """Set one key and return all settings as they are now on disk.

    The file is read again under the workspace's lock, so that what another session changed meanwhile stays. A file
    that is not there is begun. Raises SettingsError for a value that is not valid and for a file that is broken,
    StoreError if the disk refuses; the file is then as it was.
    """
    option.check(value)
    path = workspace.configs / f"{option.file}.yaml"
    with exclusive(workspace.lock):
        text = _read(path)
        try:
            edited = with_value(text, option.key, value, comment=comment_of(option))
        except SettingsError as error:
            raise SettingsError(f"{path} was left as it is: {error.message}", hint=error.hint) from error
        if edited != text:
            write_atomically(path.resolve(), edited.encode())  # a link to the user's own file stays a link
        return load_settings(workspace.configs)


def reset_setting(workspace: Workspace, option: Option) -> Settings:
    """Give one key its shipped value again, where the file names it at all; raises as `write_setting`."""
    path = workspace.configs / f"{option.file}.yaml"
    with exclusive(workspace.lock):
        if _names(path, option.key):
            return write_setting(workspace, option, option.shipped)
        return load_settings(workspace.configs)


def _names(path: Path, key: str) -> bool:
    return key in read_values(path)


def _read(path: Path) -> str:
    try:
        with store_errors(path):
            return path.read_bytes().decode("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} was left as it is: {error}", hint="the file must be UTF-8 text") from error
