"""The file with the token that every request needs."""

import os
import secrets
import stat
from pathlib import Path

from engine.atomic_files import store_errors
from engine.errors import InputError

_BYTES = 32


def read_token(path: Path) -> str:
    """Return the token of the file; make it if it is missing, for its owner only (0600).

    Raises InputError for a file that others can read or that is empty, StoreError if it cannot be read or made.
    """
    with store_errors(path):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _existing(path)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token := secrets.token_urlsafe(_BYTES))
    return token


def _existing(path: Path) -> str:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InputError(f"{path} can be read by others", hint=f"chmod 600 {path}, or delete it to get a new token")
    if token := path.read_text(encoding="ascii", errors="replace").strip():
        return token
    raise InputError(f"{path} has no token", hint="delete it to get a new one")
