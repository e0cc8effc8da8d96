"""Edit a copy of a persona's file in the user's own editor, and check the result."""

import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from textual.app import App

from engine.errors import InputError, PersonaError
from engine.personas.persona import Persona, persona_from_json, persona_to_json
from tui.terminal.editor import editor_command, run_in_terminal


class DraftError(PersonaError):
    """The edited text is not a valid persona; `draft` is that text, so that nothing typed is lost."""

    def __init__(self, message: str, *, hint: str = "", draft: str = "") -> None:
        super().__init__(message, hint=hint)
        self.draft = draft


def edit_in_editor(app: App[Any], persona: Persona, draft: str = "") -> tuple[Persona, str]:
    """Let the user edit the persona's file, or `draft`, a text to go on with; return the new persona and its text.

    Raises InputError if no editor can run, DraftError for a text that is no persona.
    """
    with tempfile.TemporaryDirectory(prefix="persona-moe-") as folder:
        path = Path(folder) / f"{persona.persona_id}.json"
        path.write_text(draft or persona_to_json(persona), encoding="utf-8")
        command = editor_command(os.environ, path)
        if code := run_in_terminal(app, command):
            raise InputError(f"{command[0]} ended with {code}")
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
