"""Every setting one by one: its shipped value, its explanation, what is valid, and when a change acts."""

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any

from engine.errors import SettingsError
from engine.settings.settings import Settings, read_values, what_is_valid
from engine.shipped import shipped

_RANGE_AT_THE_END = re.compile(r"  +\S+$", re.MULTILINE)  # the schema says it, so the explanation need not


class ActsOn(StrEnum):
    """From when on a changed setting counts."""

    NOW = "at once"
    NEXT_QUESTION = "from the next question on"
    NEXT_START = "when the program is started again"


_READ_AT_START = {"log_level", "enable_caching", "max_file_megabytes", "passage_characters", "ascii"}


@dataclass(frozen=True)
class Option:
    """One setting: `file` is the name of its YAML file without the ending, `rule` its part of the schema."""

    file: str
    key: str
    shipped: Any
    explanation: str
    rule: dict[str, Any]

    @property
    def name(self) -> str:
        """How it is called on the command line, e.g. `system.seed`."""
        return f"{self.file}.{self.key}"

    @property
    def valid(self) -> str:
        """What it may hold, in words."""
        return what_is_valid(self.rule)

    @property
    def choices(self) -> tuple[Any, ...]:
        """All it may hold, if those are few."""
        return (False, True) if self.rule.get("type") == "boolean" else tuple(self.rule.get("enum", ()))

    @property
    def acts(self) -> ActsOn:
        """From when on a change counts."""
        if self.key in _READ_AT_START:
            return ActsOn.NEXT_START
        return ActsOn.NOW if self.file == "screen" else ActsOn.NEXT_QUESTION

    def value_in(self, settings: Settings) -> Any:
        """The value that counts now, as YAML would hold it."""
        value = getattr(getattr(settings, self.file), self.key)
        return list(value) if isinstance(value, tuple) else value

    def parse(self, text: str) -> Any:
        """The value that a person typed. Raises SettingsError with the words of the loader."""
        value = self._read(text.strip())
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raise SettingsError, naming key, value and what is valid, unless this value is."""
        from engine.settings.json_schema import strict_validator  # noqa: PLC0415 - 80 ms that a list of settings does not need

        for error in strict_validator(self.rule).iter_errors(value):
            raise SettingsError(f"{self.name}: {error.instance!r} is not valid", hint=self.valid)

    def _read(self, text: str) -> Any:
        kind = self.rule.get("type")
        if kind == "string" or "enum" in self.rule:
            return text
        if "oneOf" in self.rule:
            several = [part for part in re.split(r"[\s,\[\]]+", text) if part]
            return several if len(several) > 1 or text.startswith("[") else text
        import yaml  # noqa: PLC0415 - 40 ms that a list of settings does not need

        try:
            return yaml.safe_load(text if kind != "object" or text.startswith("{") else f"{{{text}}}")
        except (yaml.YAMLError, ValueError) as error:
            raise SettingsError(f"{self.name}: {text!r} is not valid", hint=self.valid) from error


def shown(value: Any) -> str:
    """A value on one line as a person would type it: `true`, `0.25`, `one, two`, `quit: ctrl+q`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {json.dumps(entry) if ',' in entry else entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ", ".join(value) if len(value) > 1 else f"[{value[0]}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def options() -> tuple[Option, ...]:
    """All settings, by file, in the order in which the shipped files have them."""
    schema = json.loads(shipped("configs/schema.json").read_text(encoding="utf-8"))["properties"]
    found = []
    for file, rules in schema.items():
        path = shipped("configs") / f"{file}.yaml"
        explained = _explanations(path.read_text(encoding="utf-8"))
        for key, value in read_values(path).items():
            found.append(Option(file, key, value, explained.get(key, ""), rules["properties"][key]))
    return tuple(found)


def option(name: str) -> Option:
    """The setting called `file.key`, or `key` alone. Raises SettingsError with the nearest name."""
    for found in options():
        if name in {found.name, found.key}:
            return found
    names = [found.name for found in options()]
    near = get_close_matches(name, names, n=1, cutoff=0.0)
    raise SettingsError(f"unknown setting {name!r}", hint=f"did you mean {near[0]!r}?")


def comment_of(found: Option) -> str:
    """The comment lines above the key in the shipped file, as they stand there."""
    text = shipped(f"configs/{found.file}.yaml").read_text(encoding="utf-8")
    match = re.search(rf"((?:^#.*\n)*)^{re.escape(found.key)}:", text, re.MULTILINE)
    return match[1] if match else ""


def _explanations(text: str) -> dict[str, str]:
    """The comment right above each key, without its marks."""
    found = {}
    for match in re.finditer(r"((?:^#.*\n)+)^(\w+):", text, re.MULTILINE):
        lines = "\n".join(line.removeprefix("#").removeprefix(" ") for line in match[1].splitlines())
        words = _RANGE_AT_THE_END.sub("", lines)
        found[match[2]] = re.sub(r"\n(?! )", " ", words)
    return found
