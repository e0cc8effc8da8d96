"""Which model the workspace asks: one key of `configs/ollama.yaml`, all else in that file as its owner wrote it."""

import json
import re
from pathlib import Path

from db.locks import exclusive
from db.workspace import Workspace
from engine.errors import SettingsError
from engine.files import store_errors, write_atomically

_LINE = re.compile(r"^model_name:[^\S\n]*(?:\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*?)([^\S\n]+#[^\n]*)?$", re.MULTILINE)


def choose_model(workspace: Workspace, name: str) -> Path:
    """Write `model_name` and return the file. Raises SettingsError if the file does not let it be, or StoreError."""
    path = workspace.configs / "ollama.yaml"
    with exclusive(workspace.lock), store_errors(path):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        edited = _with_model(text, name)
        if _model_in(edited) != name:
            raise SettingsError(f"{path}: model_name cannot be changed alone in this file", hint="edit it by hand")
        write_atomically(path.resolve(), edited.encode())
    return path


def _with_model(text: str, name: str) -> str:
    line = f"model_name: {name if _model_in(f'model_name: {name}') == name else json.dumps(name)}"
    if _LINE.search(text):
        return _LINE.sub(lambda found: line + (found[1] or ""), text)
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"


def _model_in(text: str) -> object:
    import yaml  # noqa: PLC0415 - with the first change

    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return None
    return values.get("model_name") if isinstance(values, dict) else None
