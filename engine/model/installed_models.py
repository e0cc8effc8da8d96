"""List, describe and choose the models that the hosts have."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from engine.errors import LanguageModelError
from engine.model.faults import cleaned_line, explain, failures
from engine.model.hosts import Host, connected

if TYPE_CHECKING:
    import ollama

_LISTING_SECONDS = 10.0
_T = TypeVar("_T")


class Task(NamedTuple):
    """What a model has to do: the `capability` as Ollama names it, as a verb and its negation, and a model that has it.

    `hint` is what to do about a model without it. `is_assumed` if it has the capability where a host is too old to say.
    """

    capability: str
    verb: str
    negation: str
    example: str
    hint: str
    is_assumed: bool

    def is_done_by(self, details: "ModelDetails") -> bool:
        """Tell whether a model can do it."""
        return self.capability in details.capabilities or (self.is_assumed and not details.capabilities)


WRITE = Task(
    "completion",
    "writes",
    "does not write text",
    example="qwen3:4b",
    hint="choose another model_name in configs/ollama.yaml: `persona-moe models list`",
    is_assumed=True,
)
DESCRIBE = Task(
    "vision",
    "sees pictures",
    "does not see pictures",
    example="qwen2.5vl:3b",
    hint="name another with --model: `persona-moe models show NAME` tells its capabilities",
    is_assumed=False,  # a model that sees nothing invents a description
)
EMBED = Task(
    "embedding",
    "embeds texts",
    "does not embed texts",
    example="embeddinggemma",
    hint="choose another embedding_model in configs/ollama.yaml: `persona-moe models list`",
    is_assumed=False,
)


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on one host; `size` in bytes, `modified` in ISO 8601."""

    name: str
    endpoint: str
    size: int
    parameters: str
    quantization: str
    modified: str


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What a host says of a model: capabilities (empty if unknown) and longest context in tokens (0 if unknown)."""

    name: str
    endpoint: str
    capabilities: tuple[str, ...]
    context_length: int
    family: str
    parameters: str
    quantization: str

    def can(self, capability: str) -> bool:
        """Tell whether it has a capability, or may have it because the host is too old to say."""
        return not self.capabilities or capability in self.capabilities


async def list_models(endpoints: Sequence[str]) -> list[InstalledModel]:
    """Return every model of every host that answers, by name. Raises LanguageModelError if none answers."""
    async with connected(endpoints) as hosts:
        listings, errors = await ask_hosts(hosts, models_of)
    models = [
        InstalledModel(
            model.model or "",
            host.endpoint,
            int(model.size or 0),
            *_size_of(model.details),
            model.modified_at.isoformat() if model.modified_at else "",
        )
        for host, listing in listings
        for model in listing
    ]
    if not models and errors:
        raise errors[0]
    return sorted(models, key=lambda model: (model.name, model.endpoint))


async def show_model(endpoints: Sequence[str], name: str) -> list[ModelDetails]:
    """Return what each host that has the model says of it. Raises LanguageModelError if none has it."""
    async with connected(endpoints) as hosts:
        answers, errors = await ask_hosts(hosts, lambda host: details_of(host, name))
    if not answers:
        raise errors[0]
    return [details for _, details in answers]


async def choose(
    requested: str, listings: Sequence[tuple[Host, Sequence["ollama.ListResponse.Model"]]], task: Task = WRITE
) -> tuple[str, list[Host]]:
    """Return the full name of the model to use, and the hosts that have it.

    `auto` takes the first model that can do the task and runs on the host itself. Raises LanguageModelError if there
    is none.
    """
    names = list(dict.fromkeys(model.model or "" for _, models in listings for model in models))
    installed = ", ".join(map(cleaned_line, names[:8])) or "none"
    if requested != "auto":
        name = next((name for name in (requested, f"{requested}:latest") if name in names), None)
        message = f"Ollama has no model {requested!r}; installed: {installed}"
        hint = f"`persona-moe models pull {requested}`"
    else:
        name = await _first_able(listings, task)
        message = f"Ollama has no model that {task.verb}; installed: {installed}"
        hint = f"`persona-moe models pull {task.example}`"
    if name is None:
        raise LanguageModelError(message, hint=hint)
    return name, [host for host, models in listings if any(model.model == name for model in models)]


async def ask_hosts(
    hosts: Sequence[Host], request: Callable[[Host], Awaitable[_T]]
) -> tuple[list[tuple[Host, _T]], list[LanguageModelError]]:
    """Send a request to every host at once; return the answers with their hosts, and the errors of the others."""

    async def ask(host: Host) -> tuple[Host, _T] | LanguageModelError:
        try:
            return host, await request(host)
        except LanguageModelError as error:
            return error

    results = await asyncio.gather(*map(ask, hosts))
    answers = [result for result in results if not isinstance(result, LanguageModelError)]
    return answers, [result for result in results if isinstance(result, LanguageModelError)]


async def models_of(host: Host) -> list["ollama.ListResponse.Model"]:
    """Return the models of a host, newest first and then by name. Raises LanguageModelError.

    The server orders them by whole seconds only, and models of one second at random.
    """
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            models = (await host.client.list()).models
    except failures() as error:
        raise explain(error, host.endpoint, "") from error
    return sorted(
        (model for model in models if model.model),
        key=lambda model: (-model.modified_at.timestamp() if model.modified_at else 0.0, model.model),
    )


async def details_of(host: Host, name: str) -> ModelDetails:
    """Ask a host what a model can do. Raises LanguageModelError if it cannot say, as with a damaged model."""
    try:
        async with asyncio.timeout(_LISTING_SECONDS):
            reply = await host.client.show(name)
    except failures() as error:
        raise explain(error, host.endpoint, name) from error
    info = reply.modelinfo or {}
    length = info.get(f"{info.get('general.architecture')}.context_length")
    return ModelDetails(
        name,
        host.endpoint,
        tuple(reply.capabilities or ()),
        length if isinstance(length, int) and length > 0 else 0,
        (reply.details and reply.details.family) or "",
        *_size_of(reply.details),
    )


async def _first_able(listings: Sequence[tuple[Host, Sequence["ollama.ListResponse.Model"]]], task: Task) -> str | None:
    for host, models in listings:
        for model in models:
            name = model.model or ""
            is_remote = name.endswith(("-cloud", ":cloud"))  # it would send the documents to another machine
            family = (model.details and model.details.family) or ""
            if not is_remote and await _is_able(host, name, family, task):
                return name
    return None


async def _is_able(host: Host, name: str, family: str, task: Task) -> bool:
    try:
        details = await details_of(host, name)
    except LanguageModelError:
        return False
    if not details.capabilities and ("embed" in name or "bert" in family):  # an old server does not list them
        return task is EMBED
    return task.is_done_by(details)


def _size_of(details: Any) -> tuple[str, str]:
    """Return number of parameters and quantization, as the server writes them."""
    return (details and details.parameter_size) or "", (details and details.quantization_level) or ""
