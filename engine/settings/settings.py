"""Declares every setting once: its explanation, type, bounds and shipped value. `configs/` is written from it."""

import reprlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields

from engine.errors import SettingsError
from engine.settings.yaml_files import read_values
from engine.shipped import shipped


class TakesEffect(StrEnum):
    """When a changed setting takes effect."""

    NOW = "at once"
    NEXT_QUESTION = "from the next question on"
    NEXT_START = "when the program is started again"


_AT_START = {"takes_effect": TakesEffect.NEXT_START}

_PATTERNS = {"valid": "a list of patterns such as drafts/ or *.log"}
_EXCLUDE = ("node_modules/", "bower_components/", "__pycache__/", "site-packages/", "*.min.js", "*.min.css", "*.map")

Share = Annotated[float, Meta(ge=0, le=1)]


class System(Struct, frozen=True):
    """How a question is answered. Every key may be left out; it then has the value that is shipped.

    max_iterations: Rounds of walks for a question. The next one starts if the evidence does not cover it
        yet, and the last one changed the first five passages.
    batch_size: How many personas the gate may activate in one round, besides the control persona.
    log_level: The lowest level that is written to the log of the workspace.
    enable_caching: Keep passages in memory from one question to the next.
    seed: The seed of random choices. Equal workspace, question and seed give an equal run.
    max_file_megabytes: Larger files are listed as skipped and not read.
    exclude: Files and folders that are not read, as patterns of a .gitignore. Names that begin with a dot, Python
        environments and folders with a CACHEDIR.TAG are not read either.
    respect_gitignore: Leave out the files that the .gitignore files of a folder name.
    watch_folders: While the program is open, read files again when they change, and read new files.
    passage_characters: The longest passage, in characters; it holds whole paragraphs.
    text_recognition: Read the text of pictures and scanned pages where the program tesseract is installed.
    text_recognition_minutes: The longest time for recognising the text of one file. Other pages are noted as left out.
    ssh_command: The program, with its options, that connects to the libraries of other machines (ssh://host/path).
    remote_program: The name or path of persona-moe on those machines.
    remote_seconds: How long a question waits for their passages. It goes on without those that do not answer.
    """

    max_iterations: Annotated[int, Meta(ge=1, le=10)] = 2
    batch_size: Annotated[int, Meta(ge=1, le=64)] = 6
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Meta(extra=_AT_START)] = "WARNING"
    enable_caching: Annotated[bool, Meta(extra=_AT_START)] = True
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    max_file_megabytes: Annotated[float, Meta(gt=0, le=10_000, extra=_AT_START)] = 50.0
    exclude: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(extra=_AT_START | _PATTERNS)] = _EXCLUDE
    respect_gitignore: Annotated[bool, Meta(extra=_AT_START)] = True
    watch_folders: Annotated[bool, Meta(extra=_AT_START)] = True
    passage_characters: Annotated[int, Meta(ge=200, le=20_000, extra=_AT_START)] = 1200
    text_recognition: Annotated[Literal["auto", "off"], Meta(extra=_AT_START)] = "auto"
    text_recognition_minutes: Annotated[float, Meta(gt=0, le=10_000, extra=_AT_START)] = 30.0
    ssh_command: Annotated[str, Meta(min_length=1, max_length=1_000, extra=_AT_START)] = "ssh"
    remote_program: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_~/.][A-Za-z0-9_~/.-]{0,300}$", extra=_AT_START | {"valid": "a name or a path"}),
    ] = "persona-moe"
    remote_seconds: Annotated[float, Meta(gt=0, le=3600, extra=_AT_START)] = 20.0

    @property
    def recognition_seconds(self) -> float:
        """The longest time for the recognition of text in one file; 0 if it is off."""
        return 60 * self.text_recognition_minutes if self.text_recognition == "auto" else 0.0


class Thresholds(Struct, frozen=True):
    """When a persona is promoted, demoted, pruned, activated or has a child.

    The thresholds compare the mean reward of a persona, in [0, 1]: it is demoted or pruned only if the upper
    confidence bound of the mean is below the threshold, and promoted only if the lower bound is above it.

    pruning_threshold: Below this an experimental persona is pruned: archived, never deleted.
    promotion_threshold: Above this a persona is promoted: from experimental to stable, from stable to active.
    demotion_threshold: Below this a persona is demoted: from active to stable, from stable to experimental.
    activation_threshold: The gate activates a persona if its expected gain, less its cost, reaches this.
    minimum_samples: Rewards since its last change of state that a persona needs before its state changes by itself.
    confidence: Half width of the confidence interval, in standard errors of the mean.
    follow_distribution: Compute the first three thresholds from the mean rewards of all personas: promotion at one
        spread above their median, demotion one below, pruning two below. The values above are used while fewer than
        four personas have enough rewards.
    evolution: Let stable and active personas with enough rewards have children. A child starts as experimental, and
        is archived unless it does better than its parents within five times minimum_samples.
    evolution_interval: Rewarded runs from one birth to the next.
    max_experimental: No child is born while there are this many experimental personas.
    """

    pruning_threshold: Share = 0.4
    promotion_threshold: Share = 0.75
    demotion_threshold: Share = 0.5
    activation_threshold: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    minimum_samples: Annotated[int, Meta(ge=1, le=100_000)] = 15
    confidence: Annotated[float, Meta(ge=0, le=10)] = 1.96
    follow_distribution: bool = False
    evolution: bool = False
    evolution_interval: Annotated[int, Meta(ge=1, le=100_000)] = 50
    max_experimental: Annotated[int, Meta(ge=1, le=64)] = 3


class Ollama(Struct, frozen=True):
    """The local language model. Without one, answers are made of quotations alone.

    model_name: A model as `ollama list` names it; auto takes the first one installed; none asks no model.
    temperature: At 0 the model always takes the likeliest word; higher values vary its words.
    max_tokens: The longest answer, in tokens.
    api_endpoint: Where Ollama listens. A list shares the requests of a run among several hosts.
    num_ctx: The context window to use, in tokens; never more than the model has.
    timeout_seconds: Give up when the server has sent nothing for this many seconds; before the first word, as long
        again for every 600 tokens to read.
    persona_outputs: Let the personas write claims from their own evidence before the answer is written: in one more
        request, or with several hosts in one for each persona. Without it they say words of their evidence.
    requests_per_host: Requests to one host at the same time. OLLAMA_NUM_PARALLEL of the host must allow them.
    think: Let a model that can think do so before it answers, up to 4 times max_tokens.
    keep_alive: How long a model stays in memory after a question.
    embedding_model: The model by which passages are also found by their meaning. auto takes the first one installed
        that embeds texts; none embeds nothing.
    """

    model_name: Annotated[str, Meta(min_length=1, max_length=200)] = "auto"
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.2
    max_tokens: Annotated[int, Meta(ge=1, le=100_000)] = 512
    # `checked` reads a single URL as a list of one: in msgspec 0.22 a pattern in a union with an array crashes.
    api_endpoint: Annotated[
        str
        | Annotated[tuple[Annotated[str, Meta(pattern=r"^(https?://)?[^\s/]+(/(?!/)\S*)?$")], ...], Meta(min_length=1)],
        Meta(extra={"valid": "an address such as http://127.0.0.1:11434 or gpu:11434, or a list of them"}),
    ] = "http://127.0.0.1:11434"
    num_ctx: Annotated[int, Meta(ge=512, le=2**20)] = 8192
    timeout_seconds: Annotated[float, Meta(gt=0, le=3600)] = 120.0
    persona_outputs: bool = False
    requests_per_host: Annotated[int, Meta(ge=1, le=64)] = 1
    think: bool = False
    keep_alive: Annotated[
        str,
        Meta(
            pattern=r"^(-1|0|([0-9]+(\.[0-9]+)?(ms|s|m|h))+)$",
            extra={"valid": "a time such as 30s, 5m or 2h; 0 unloads it at once, -1 never (in quotes)"},
        ),
    ] = "5m"
    embedding_model: Annotated[str, Meta(min_length=1, max_length=200)] = "auto"

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The hosts, in the order of the setting; never empty."""
        return (self.api_endpoint,) if isinstance(self.api_endpoint, str) else self.api_endpoint


class Scoring(Struct, frozen=True):
    """How much each score of a persona's output weighs in its reward, beside its share in the cited passages.

    With weights of 0 that share alone is the reward; else the mean of the scores by their weights is added to it.
    `persona-moe bench --scores` measures which scores agree with the known passages.

    relevance: How much of the question's terms the output covers; rare terms count more.
    consistency: How much the output agrees with the first passages of the other personas together.
    novelty: How many of those first passages it has that a plain search does not return.
    entity_grounding: How many of the question's names the output mentions.
    """

    relevance: Share = 0.0
    consistency: Share = 0.0
    novelty: Share = 0.0
    entity_grounding: Share = 0.0

    @property
    def weights(self) -> dict[str, float]:
        """The weights by the name of their score."""
        return msgspec.structs.asdict(self)


class Screen(Struct, frozen=True):
    """The look of the screens, and their keys.

    theme: Any theme of the command palette. The high-contrast and colour-blind themes have a dark and a light form;
        the ansi themes send the fewest bytes over a slow line.
    ascii: Draw with ASCII alone. auto does so if the locale (LC_ALL, LC_CTYPE, LANG) is not UTF-8.
    pictures: How the source screen draws pictures. auto takes what the terminal is known for: the kitty protocol,
        sixels, or coloured half blocks, which every terminal has. never saves bytes on a slow line.
    keymap: Other keys for an action, by the id that the help screen shows.
    """

    theme: Annotated[str, Meta(min_length=1, max_length=80)] = "textual-dark"
    ascii: Annotated[Literal["auto", "always", "never"], Meta(extra=_AT_START)] = "auto"
    pictures: Literal["auto", "kitty", "sixel", "blocks", "never"] = "auto"
    keymap: Annotated[
        dict[str, Annotated[str, Meta(min_length=1)]],
        Meta(extra={"valid": "action ids with their keys, such as quit: ctrl+q"}),
    ] = {}


class OpenSearch(Struct, frozen=True):
    """Where the search index is, if not on this machine: an OpenSearch cluster. Without hosts it is here.

    hosts: The hosts of the cluster; https encrypts. Every machine that names them asks and fills the same index.
    index: The name of the index. A new one is filled by ingest.
    user: The user of the cluster; without one, none is sent.
    password_file: A file with the password, which only you can read. PERSONA_MOE_OPENSEARCH_PASSWORD goes before it.
    ca_file: The certificate of the authority that vouches for the hosts, if it is not a public one.
    timeout_seconds: How long to wait for an answer of a host.
    shards: Parts of a new index, which machines share. One is enough for ten million passages.
    replicas: Copies of each part of a new index. With one, a machine may fail.
    """

    hosts: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^(https?://)?[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._/-]*)?$")], ...],
        Meta(extra=_AT_START | {"valid": "a list of addresses such as https://search:9200"}),
    ] = ()
    index: Annotated[
        str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,100}$", extra=_AT_START | {"valid": "small letters, digits, - and _"})
    ] = "persona-moe"
    user: Annotated[str, Meta(max_length=200, extra=_AT_START)] = ""
    password_file: Annotated[str, Meta(max_length=1_000, extra=_AT_START)] = ""
    ca_file: Annotated[str, Meta(max_length=1_000, extra=_AT_START)] = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=3600, extra=_AT_START)] = 30.0
    shards: Annotated[int, Meta(ge=1, le=1_000, extra=_AT_START)] = 1
    replicas: Annotated[int, Meta(ge=0, le=10, extra=_AT_START)] = 0


class Settings(Struct, frozen=True):
    """All settings of a workspace; each field is a file of `configs/`."""

    system: System
    thresholds: Thresholds
    ollama: Ollama
    scoring: Scoring
    screen: Screen
    opensearch: OpenSearch


def load_settings(folder: Path) -> Settings:
    """Read the settings in `folder`; files and keys that are not there have their shipped values.

    Raises SettingsError naming file, key, value and what is valid.
    """
    return Settings(**{field.name: _load(folder / f"{field.name}.yaml", field.type) for field in fields(Settings)})


def _load(path: Path, section: type[Any]) -> Any:
    if _is_as_shipped(path):  # then it has the declared values, and the YAML reader need not be imported
        return section()
    values = read_values(path)
    types = {field.name: field.type for field in fields(section)}
    for key in values:
        if key not in types:
            from difflib import get_close_matches  # noqa: PLC0415 - 5 ms that a right key does not need

            near = get_close_matches(str(key), types, n=1, cutoff=0.0)
            raise SettingsError(f"{path}: unknown key {reprlib.repr(key)}", hint=f"did you mean {near[0]!r}?")
    return section(**{key: checked(value, types[key], f"{path}: {key}") for key, value in values.items()})


def _is_as_shipped(path: Path) -> bool:
    try:
        return path.read_bytes() == shipped(f"configs/{path.name}").read_bytes()
    except OSError:
        return False


def checked(value: Any, declared: Any, name: str) -> Any:
    """Convert a value of YAML to the `declared` type. Raises SettingsError naming the setting and what is valid."""
    parts: list[Any] = [{key: entry} for key, entry in value.items()] if isinstance(value, dict) else []
    for part in parts or [value]:
        is_one_text = isinstance(part, str) and is_one_or_several(declared)
        try:
            msgspec.convert([part] if is_one_text else part, declared)
        except msgspec.ValidationError as error:
            message = f"{name}: {reprlib.repr(part)} is not valid"
            raise SettingsError(message, hint=what_is_valid(declared)) from error
    return msgspec.convert(value, declared)


def is_one_or_several(declared: Any) -> bool:
    """Whether a setting holds one text or a list of them."""
    return get_origin(type_and_meta(declared)[0]) is Union


def type_and_meta(declared: Any) -> tuple[Any, Meta]:
    """Split the declared type of a setting into the plain type and its bounds."""
    return get_args(declared) if get_origin(declared) is Annotated else (declared, Meta())


def what_is_valid(declared: Any) -> str:
    """Say in words which values a declared type accepts."""
    base, meta = type_and_meta(declared)
    if meta.extra and "valid" in meta.extra:
        return str(meta.extra["valid"])
    if get_origin(base) is Literal:
        return "one of " + ", ".join(get_args(base))
    text = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}[base]
    if meta.ge is not None:
        text += f" from {meta.ge}"
    if meta.gt is not None:
        text += f" above {meta.gt}"
    return f"{text} to {meta.le}" if meta.le is not None else text
