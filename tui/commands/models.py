"""List, show, download and choose the language models of your Ollama servers."""

import argparse
import asyncio
from contextlib import aclosing
from dataclasses import asdict

from rich.filesize import decimal

from engine.errors import InputError, LanguageModelError
from engine.text.safe import one_line
from tui.commands.output import ProgressLine, print_text, session_of, show, table
from tui.session.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `show NAME`, `pull NAME` and `use NAME`."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in (("list", "the models of every server"), ("show", "the properties of one model")):
        action = actions.add_parser(name, help=about)
        action.add_argument("--json", action="store_true", help="print JSON")
        if name == "show":
            action.add_argument("model", metavar="NAME")
    pull = actions.add_parser("pull", help="download a model to every server; after ctrl+c another pull continues")
    pull.add_argument("model", metavar="NAME")
    use = actions.add_parser(
        "use", help="answer with this model from now on: auto takes the first that can write, none no model"
    )
    use.add_argument("model", metavar="NAME")


def run(options: argparse.Namespace) -> int:
    """Exit 1 if no server answers or a download fails, 2 for a model that is not installed."""
    session = session_of(options)
    if options.action != "list" and not options.model.strip():
        raise InputError("which model?", hint="for example: persona-moe models use qwen3:4b")
    actions = {"list": _list, "show": _show, "pull": _pull, "use": _use}
    return actions[options.action](session, options)


def _list(session: Session, options: argparse.Namespace) -> int:
    from engine.model.installed_models import list_models  # noqa: PLC0415 - only this action asks for them

    models = asyncio.run(list_models(session.settings.ollama.endpoints))
    configured = session.settings.ollama.model_name
    rows = [
        ("*" if model.name in {configured, f"{configured}:latest"} else "", model.name, decimal(model.size),
         model.parameters, model.quantization, model.endpoint)
        for model in models
    ]  # fmt: skip
    lines = [*table(("", "model", "size", "parameters", "quantization", "where"), rows), f"model_name is {configured}"]
    show(options, [asdict(model) for model in models], lines)
    return 0


def _show(session: Session, options: argparse.Namespace) -> int:
    from engine.model.installed_models import show_model  # noqa: PLC0415 - only this action asks for them

    models = [asdict(model) for model in asyncio.run(show_model(session.settings.ollama.endpoints, options.model))]
    lines = (
        f"{name:<15} {one_line(', '.join(value) if isinstance(value, tuple) else str(value))}"
        for model in models
        for name, value in model.items()
    )
    show(options, models, lines)
    return 0


def _use(session: Session, options: argparse.Namespace) -> int:
    from engine.settings.options import option  # noqa: PLC0415 - only this action writes

    note = "" if options.model in {"auto", "none"} else _checked(session, options.model)
    session.settings_files.write(option("ollama.model_name"), options.model)
    print_text(f"model_name is {options.model} in {session.workspace.configs / 'ollama.yaml'}")
    if note:
        print_text(f"note: {note}")
    return 0


def _checked(session: Session, name: str) -> str:
    """Return why the model could not be checked, if so; raises InputError for one that is missing or cannot write."""
    from engine.model.client import connect  # noqa: PLC0415 - only this action asks

    async def connect_once() -> None:
        await (await connect(session.settings.ollama, name)).close()

    try:
        asyncio.run(connect_once())
    except LanguageModelError as error:
        if error.retryable:
            return f"not checked: {error}"
        raise InputError(error.message, hint=error.hint) from error
    return ""


def _pull(session: Session, options: argparse.Namespace) -> int:
    progress = ProgressLine()
    try:
        asyncio.run(_follow(session, options.model, progress))
    finally:
        progress.clear()
    print_text(f"{options.model} is installed: persona-moe models use {options.model}")
    return 0


async def _follow(session: Session, name: str, progress: ProgressLine) -> None:
    from engine.model.pull import pull_model  # noqa: PLC0415 - only this action fetches

    chosen = session.settings.ollama
    async with aclosing(pull_model(chosen.endpoints, name, chosen.timeout_seconds)) as steps:
        async for step in steps:
            share = f" {step.completed / step.total:.0%} of {decimal(step.total)}" if step.total else ""
            progress.write(f"{step.status}{share}")
