"""Edit a copy of a persona's file in the user's own editor, and check the result."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from textual.app import App, SuspendNotSupported

from engine.errors import PersonaError
from engine.personas.persona import Persona, persona_from_json, persona_to_json


class DraftError(PersonaError):
    """The edited text is not a valid persona; `draft` is that text, so that nothing typed is lost."""

    def __init__(self, message: str, *, hint: str = "", draft: str = "") -> None:
        super().__init__(message, hint=hint)
        self.draft = draft


def editor_command() -> list[str]:
    """The program of VISUAL or EDITOR with its arguments; raises PersonaError if neither is set or well formed."""
    setting = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        command = shlex.split(setting)
    except ValueError as error:
        raise PersonaError(f"EDITOR is {setting!r}: {error}", hint="for example EDITOR=vim") from error
    if not command:
        raise PersonaError("no editor is set", hint="set EDITOR, for example to vim; or press e for the form")
    return command


def edit_in_editor(app: App[Any], persona: Persona, draft: str = "") -> tuple[Persona, str]:
    """Edit a persona's file, or the earlier text `draft`; gives the new persona and its text.

    The application is suspended meanwhile. Raises PersonaError if no editor can run, DraftError for an invalid text.
    """
    command, original = editor_command(), draft or persona_to_json(persona)
    with tempfile.TemporaryDirectory(prefix="persona-moe-") as folder:
        path = Path(folder) / f"{persona.persona_id}.json"
        path.write_text(original, encoding="utf-8")
        try:
            with app.suspend():
                ended = subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the user's own editor
        except SuspendNotSupported as error:
            raise DraftError(
                "no other program can run in this terminal", hint="press e for the form", draft=draft
            ) from error
        except OSError as error:
            raise DraftError(f"{command[0]}: {error.strerror}", hint="set EDITOR", draft=draft) from error
        if ended.returncode:
            raise DraftError(f"{command[0]} ended with {ended.returncode}", draft=draft)
        data = path.read_bytes()
    return _persona(data, persona.persona_id)


def _persona(data: bytes, persona_id: str) -> tuple[Persona, str]:
    text = data.decode("utf-8", errors="replace")
    try:
        persona = persona_from_json(msgspec.json.decode(data), where=f"{persona_id}.json")
    except (PersonaError, ValueError, RecursionError) as error:
        raise DraftError(str(error), draft=text) from error
    if persona.persona_id != persona_id:
        raise DraftError(f"persona_id {persona.persona_id!r} is another one", hint="c makes a copy", draft=text)
    return persona, text
