"""The settings of a workspace: five small YAML files, checked by a schema, as frozen typed values."""

import json
import reprlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import SettingsError
from engine.settings.json_schema import strict_validator
from engine.shipped import shipped

_MAX_BYTES, _MAX_DEPTH = 1_000_000, 16  # of a configuration file


@dataclass(frozen=True, slots=True)
class System:
    """`system.yaml`: how a run works."""

    max_iterations: int
    batch_size: int
    log_level: str
    enable_caching: bool
    seed: int
    max_file_megabytes: float
    passage_characters: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`thresholds.yaml`: when a persona rises, falls, is called (all on mean rewards in [0, 1]) or has a child."""

    pruning_threshold: float
    promotion_threshold: float
    demotion_threshold: float
    activation_threshold: float
    minimum_samples: int
    confidence: float
    follow_distribution: bool = False
    evolution: bool = False
    evolution_interval: int = 50
    max_experimental: int = 3


@dataclass(frozen=True, slots=True)
class Ollama:
    """`ollama.yaml`: the local language model; `api_endpoint` is one URL or several."""

    model_name: str
    temperature: float
    max_tokens: int
    api_endpoint: str | tuple[str, ...]
    num_ctx: int
    timeout_seconds: float
    persona_outputs: bool
    requests_per_host: int = 1
    think: bool = False
    keep_alive: str = "5m"

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The hosts, in the order given; never empty."""
        return (self.api_endpoint,) if isinstance(self.api_endpoint, str) else self.api_endpoint


@dataclass(frozen=True, slots=True)
class Scoring:
    """`scoring.yaml`: the weight of each score in a persona's total."""

    relevance: float
    consistency: float
    novelty: float
    entity_grounding: float

    @property
    def weights(self) -> dict[str, float]:
        """The weights by the name of their score."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Screen:
    """`screen.yaml`: theme, marks of ASCII alone (`auto`, `always`, `never`), and keys by binding id."""

    theme: str
    ascii: str = "auto"
    keymap: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a workspace."""

    system: System
    thresholds: Thresholds
    ollama: Ollama
    scoring: Scoring
    screen: Screen


def load_settings(folder: Path) -> Settings:
    """The settings in `folder`, over the shipped ones for files and keys that are not there.

    Raises SettingsError naming file, key, value and what is valid.
    """
    schema = json.loads(shipped("configs/schema.json").read_text(encoding="utf-8"))["properties"]
    merged = {name: read_values(shipped("configs") / f"{name}.yaml") for name in schema}
    for name in schema:
        path = folder / f"{name}.yaml"
        if not _is_as_shipped(path):  # then there is nothing to check, and the checker need not be imported
            values = read_values(path)
            _check(values, schema[name], path)
            merged[name].update(values)
    return msgspec.convert(merged, Settings)


def _is_as_shipped(path: Path) -> bool:
    try:
        return path.read_bytes() == (shipped("configs") / path.name).read_bytes()
    except OSError:
        return False


def read_values(path: Path) -> dict[str, Any]:
    """What a YAML file of settings holds, not yet checked; nothing if there is no file. Raises SettingsError."""
    import yaml  # noqa: PLC0415 - 40 ms that `--version` does not need

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        _refuse_bombs(path, data, yaml.parse(data, Loader=loader))
        values = yaml.load(data, Loader=loader)  # noqa: S506 - both are safe loaders
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, ValueError, OSError) as error:
        raise SettingsError(f"{path}: {' '.join(str(error).split())}", hint="the file must be valid YAML") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: holds {_brief(values)}", hint="one `key: value` a line is valid")
    return values


def _refuse_bombs(path: Path, data: bytes, parsed: Iterable[Any]) -> None:
    """A few lines of YAML can stand for gigabytes: no aliases, no deep nesting, no long files."""
    if len(data) > _MAX_BYTES:
        raise SettingsError(f"{path}: is over 1 MB", hint="the shipped file shows what is needed")
    depth = 0
    for event in parsed:
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        line = event.start_mark.line + 1
        if kind == "AliasEvent":
            raise SettingsError(f"{path}: line {line}: an alias (*)", hint="write the value itself")
        if depth > _MAX_DEPTH:
            raise SettingsError(f"{path}: line {line}: nested too deep", hint="one `key: value` a line is valid")


def _brief(value: object) -> str:
    """A value as an error message shows it."""
    return reprlib.repr(value)


def _check(values: dict[str, Any], schema: dict[str, Any], path: Path) -> None:
    valid = schema["properties"]
    for key in values:
        if key not in valid:
            near = get_close_matches(str(key), valid, n=1, cutoff=0.0)
            raise SettingsError(f"{path}: unknown key {_brief(key)}", hint=f"did you mean {near[0]!r}?")
    for error in strict_validator(schema).iter_errors(values):
        key = str(next(iter(error.absolute_path), ""))
        raise SettingsError(f"{path}: {key}: {_brief(error.instance)} is not valid", hint=what_is_valid(valid[key]))


def what_is_valid(rule: dict[str, Any]) -> str:
    """A schema rule in words."""
    if "description" in rule:
        return str(rule["description"])
    if "enum" in rule:
        return "one of " + ", ".join(rule["enum"])
    if "oneOf" in rule:
        return "a URL such as http://127.0.0.1:11434, or a list of them"
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "a text"}
    text = words.get(rule["type"], "keys with a text each")
    low, above, high = rule.get("minimum"), rule.get("exclusiveMinimum"), rule.get("maximum")
    if low is not None:
        text += f" from {low}"
    if above is not None:
        text += f" above {above}"
    return f"{text} to {high}" if high is not None else text
