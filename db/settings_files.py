"""Writes settings into the YAML files of a workspace: one key at a time, the rest as its owner wrote it."""

from pathlib import Path
from typing import Any

from db.locks import exclusive
from db.workspace import Workspace
from engine.atomic_files import store_errors, write_atomically
from engine.errors import SettingsError
from engine.settings.options import Option
from engine.settings.settings import Settings, load_settings
from engine.settings.yaml_files import parsed, with_value


def write_setting(workspace: Workspace, option: Option, value: Any) -> Settings:
    """Set one key, and return all settings as they are now on disk; `option.shipped` resets it.

    The file is read again under the workspace's lock, so that the changes of another session stay. A missing file is
    begun; a key that it does not name is not added for its shipped value. Raises SettingsError for a value that is not
    valid and for a broken file, StoreError if the disk refuses; the file is then as it was.
    """
    option.check(value)
    path = workspace.configs / f"{option.file}.yaml"
    with exclusive(workspace.lock):
        _write(path, option, value)
        return load_settings(workspace.configs)


def _write(path: Path, option: Option, value: Any) -> None:
    text = _read(path)
    try:
        if value == option.shipped and option.key not in parsed(text):
            return
        edited = with_value(text, option.key, value, comment=option.comment)
    except SettingsError as error:
        raise SettingsError(f"{path} was left as it is: {error.message}", hint=error.hint) from error
    if edited != text:
        write_atomically(path.resolve(), edited.encode())  # a link to the user's own file stays a link


def _read(path: Path) -> str:
    try:
        with store_errors(path):
            return path.read_bytes().decode("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} was left as it is: {error}", hint="the file must be UTF-8 text") from error
