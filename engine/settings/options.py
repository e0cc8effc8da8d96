"""Lists every setting with its shipped value, its explanation and what is valid, and reads values that are typed."""

import json
import re
import textwrap
from difflib import get_close_matches
from functools import cache
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from engine.errors import SettingsError
from engine.settings.settings import Settings, TakesEffect, checked, is_one_or_several, type_and_meta, what_is_valid
from engine.settings.yaml_files import as_yaml

_WIDTH = 118  # of the comments in the shipped files


class Option(Struct, frozen=True):
    """One setting: `file` is its YAML file without the ending, `declared` its type in `engine.settings.settings`."""

    file: str
    key: str
    declared: Any
    shipped: Any
    explanation: str

    @property
    def name(self) -> str:
        """The name on the command line, for example `system.seed`."""
        return f"{self.file}.{self.key}"

    @property
    def valid(self) -> str:
        """The valid values, in words."""
        return what_is_valid(self.declared)

    @property
    def choices(self) -> tuple[Any, ...]:
        """All valid values, if they can be listed."""
        return (False, True) if self._base is bool else get_args(self._base) if self._is_choice else ()

    @property
    def takes_effect(self) -> TakesEffect:
        """When a change takes effect."""
        default = TakesEffect.NOW if self.file == "screen" else TakesEffect.NEXT_QUESTION
        return TakesEffect((type_and_meta(self.declared)[1].extra or {}).get("takes_effect", default))

    @property
    def comment(self) -> str:
        """The comment above the key in a file of settings."""
        valid = "" if self.valid in {"true or false", "a text"} else f"Valid: {self.valid}."
        return _comment(self.explanation) + _comment(valid)

    def value_in(self, settings: Settings) -> Any:
        """The value in `settings`, as YAML holds it."""
        return _plain(getattr(getattr(settings, self.file), self.key))

    def parse(self, text: str) -> Any:
        """Read a value that was typed. Raises SettingsError with the message of the loader."""
        value = self._read(text.strip())
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raise SettingsError, naming setting, value and what is valid, unless the value is valid."""
        checked(value, self.declared, self.name)

    @property
    def _base(self) -> Any:
        return type_and_meta(self.declared)[0]

    @property
    def _is_choice(self) -> bool:
        return get_origin(self._base) is Literal

    def _read(self, text: str) -> Any:
        if self._base is str or self._is_choice:
            return text
        if is_one_or_several(self.declared):
            texts = [part for part in re.split(r"[\s,\[\]]+", text) if part]
            return texts if len(texts) > 1 or text.startswith("[") else text
        if get_origin(self._base) is tuple:
            return [part for part in re.split(r"[\s,]+", text.strip("[]")) if part]
        import yaml  # noqa: PLC0415 - 40 ms that a list of settings does not need

        try:
            return yaml.safe_load(
                f"{{{text}}}" if get_origin(self._base) is dict and not text.startswith("{") else text
            )
        except (yaml.YAMLError, ValueError) as error:
            raise SettingsError(f"{self.name}: {text!r} is not valid", hint=self.valid) from error


def as_typed(value: Any) -> str:
    """Write a value as `Option.parse` reads it: `true`, `0.25`, `one, two`, `quit: ctrl+q`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {json.dumps(entry) if ',' in entry else entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(value) if len(value) > 1 else f"[{''.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def options() -> tuple[Option, ...]:
    """Return all settings, by file, in the order of their declaration."""
    return tuple(
        Option(file.name, field.name, field.type, _plain(default), _documented(file.name)[field.name])
        for file in fields(Settings)
        for field, default in zip(fields(file.type), msgspec.structs.astuple(file.type()), strict=True)
    )


@cache
def _documented(file: str) -> dict[str, str]:
    """Read the docstring of a struct: the explanation of each setting by its key, that of the file by an empty key."""
    head, *entries = re.split(r"\n(\w+): ", cleandoc(Settings.__annotations__[file].__doc__))
    return {"": head, **dict(zip(entries[::2], (" ".join(text.split()) for text in entries[1::2]), strict=True))}


def option(name: str) -> Option:
    """Return the setting called `file.key`, or `key` alone. Raises SettingsError with the nearest name."""
    for declared in options():
        if name in {declared.name, declared.key}:
            return declared
    near = get_close_matches(name, [declared.name for declared in options()], n=1, cutoff=0.0)
    raise SettingsError(f"unknown setting {name!r}", hint=f"did you mean {near[0]!r}?")


def shipped_file(name: str) -> str:
    """Write the text of the shipped file `name`.yaml: its settings with their comments and shipped values."""
    settings = [setting for setting in options() if setting.file == name]
    entries = [f"{setting.comment}{setting.key}: {as_yaml(setting.shipped)}\n" for setting in settings]
    return "\n".join([_comment(_documented(name)[""]), *entries])


def _comment(text: str) -> str:
    """The lines of a YAML comment, wrapped; an empty line of `text` starts a paragraph."""
    paragraphs = text.split("\n\n") if text else []
    return "".join(f"# {line}\n" for part in paragraphs for line in textwrap.wrap(part, _WIDTH))


def _plain(value: Any) -> Any:
    """A value as YAML holds it: a list for a tuple, no fraction of zero."""
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
