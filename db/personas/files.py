"""Load, check, save and move the file of one persona: `<state>/<persona_id>.json`."""

import stat
from pathlib import Path

import msgspec

from engine.atomic_files import private_folder, store_errors, sync_folder, write_atomically
from engine.errors import PersonaError
from engine.personas.persona import Persona, persona_from_json, persona_to_json, require_persona_id
from engine.personas.roster import performance_of

MAX_BYTES = 1_000_000


def load_persona_from_file(filepath: Path) -> Persona:
    """Load the persona in `filepath`.

    Raises PersonaError naming the file if it is missing, over 1 MB, not a regular file, a link out of its folder, not
    UTF-8 JSON, or not a valid persona.
    """
    return _parsed(filepath, _content(filepath))


def save_persona_to_file(persona_data: Persona, filepath: Path) -> None:
    """Write the persona, atomically; `filepath` must end in its id + `.json`.

    Raises PersonaError, with nothing written, if the name differs or `load_persona_from_file` would refuse the file;
    StoreError if the disk refuses.
    """
    write_atomically(filepath, checked_persona(persona_data, filepath))


def checked_persona(persona_data: Persona, filepath: Path) -> bytes:
    """The bytes of the persona's file; raises PersonaError as `save_persona_to_file` does."""
    if filepath.name != file_name(persona_data.persona_id):
        raise PersonaError(
            f"{filepath}: does not belong to {persona_data.persona_id!r}",
            hint=f"the file must be named {file_name(persona_data.persona_id)}",
        )
    try:
        data = persona_to_json(persona_data).encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise PersonaError(f"{filepath}: {error}", hint="plain text and numbers are valid") from error
    _parsed(filepath, data)
    return data


def move_persona_to_folder(persona_id: str, current_folder: Path, target_folder: Path) -> Path:
    """Move a persona's file from one folder to another in one step, and return its new path.

    It is one rename, so a crash leaves the file in exactly one folder. Because a rename would replace an existing
    file, that is checked first; callers hold the workspace's lock. Raises PersonaError if the file is missing, is a
    link, or exists in the target already.
    """
    name = file_name(persona_id)
    source, target = current_folder / name, target_folder / name
    if source.is_symlink() or not source.is_file():
        raise PersonaError(f"{persona_id} is not in {current_folder}", hint=f"a plain file {name} is expected there")
    if target.exists() or target.is_symlink():
        raise PersonaError(f"{persona_id} is in {target_folder} already", hint=f"remove one of {source} and {target}")
    private_folder(target_folder)
    with store_errors(target):
        source.rename(target)
        sync_folder(target_folder)
        sync_folder(current_folder)
    return target


def file_name(persona_id: str) -> str:
    """The name of a persona's file; raises PersonaError for an id that is not valid."""
    return f"{require_persona_id(persona_id)}.json"


def _content(path: Path) -> bytes:
    try:
        if path.resolve().parent != path.parent.resolve():
            raise PersonaError(f"{path}: is a link out of its folder", hint="put the file itself there, not a link")
        if not stat.S_ISREG(path.stat().st_mode):
            raise PersonaError(f"{path}: is not a regular file", hint="a persona is one JSON file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise PersonaError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MAX_BYTES:
        raise PersonaError(f"{path}: is over 1 MB", hint="a persona needs a few kilobytes")
    return data


def _parsed(path: Path, data: bytes) -> Persona:
    try:
        persona = persona_from_json(msgspec.json.decode(data), where=str(path))
        msgspec.json.encode(performance_of(persona))
    except UnicodeDecodeError as error:
        raise PersonaError(f"{path}: is not UTF-8 ({error.reason})", hint="save the file as UTF-8") from error
    except (msgspec.MsgspecError, RecursionError, OverflowError) as error:
        raise PersonaError(f"{path}: {error}", hint="see `persona-moe personas show --schema`") from error
    return persona
