"""Checks of everything that a run needs, each with advice where something is missing."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import LanguageModelError, LibraryError, OperationError, PersonaMoeError
from engine.text.safe import one_line
from tui.drawing.cells import counted
from tui.terminal.requirements import terminal_problem

if TYPE_CHECKING:
    from tui.session.health import Health

SHOWN_MESSAGE = 120


class Finding(NamedTuple):
    """The result of one check; a part that is not `required` may fail, and the program still works."""

    what: str
    ok: bool
    detail: str
    advice: str = ""
    required: bool = True


def checks(health: "Health") -> Iterator[Finding]:
    """Check one part after the other; a damaged part is a finding, never an error. Not on the event loop."""
    yield Finding("workspace", True, str(health.workspace.root))
    parts = {"locks": _locks, "library": _library, "readers": _readers, "personas": _personas, "history": _history}
    for part, check in (parts | {"log": _log}).items():
        yield _checked(part, check, health)
    yield from _other_machines(health)
    yield _ollama(health)
    yield _meaning(health)
    problem = terminal_problem(os.environ, isatty=sys.stdout.isatty())
    detail = f"{os.environ.get('TERM', 'TERM is not set')}, {os.environ.get('COLORTERM', 'no COLORTERM')}"
    yield Finding("terminal", not problem, detail, problem or "", required=False)


def _checked(part: str, check: Callable[["Health"], Finding], health: "Health") -> Finding:
    try:
        return check(health)
    except PersonaMoeError as error:
        return Finding(part, False, error.message, error.hint)


def _locks(health: "Health") -> Finding:
    from db.locks import is_held  # noqa: PLC0415 - with the store

    if is_held(health.workspace.lock):
        return Finding("locks", False, "another session is writing", "wait a moment; a lock ends with its process")
    with health.library.unchanging() as is_ours:
        if not is_ours:
            return Finding("locks", True, "this session is reading documents")
        with health.library.documents.index.writing():  # raises, naming what to do, while another session ingests
            return Finding("locks", True, "free")


def _library(health: "Health") -> Finding:
    library = health.library.documents
    skipped = len(library.skipped)
    if not library.roots:
        return Finding("library", True, "empty: the sample is asked", "persona-moe ingest PATH adds your documents")
    roots = f"{len(library.roots)} folders or files" if len(library.roots) > 1 else "1 folder or file"
    detail = f"{roots}, {counted(len(library.index), 'passage')}, {counted(skipped, 'file')} skipped"
    missing = [root for root in library.roots if not Path(root).exists()]
    if missing:
        return Finding("library", False, f"{missing[0]} does not exist", "mount it, or persona-moe library remove it")
    return Finding("library", True, detail, "persona-moe library list shows why" if skipped else "")


def _other_machines(health: "Health") -> Iterator[Finding]:
    """Connect to the libraries of other machines; one that is away is no fault of this workspace."""
    others = health.library.others
    for address in others.addresses if others else ():
        assert others is not None, "it has addresses"
        try:
            detail = f"{address}: {counted(others.passages_of(address), 'passage')}"
            yield Finding("others", True, detail, required=False)
        except LibraryError as error:
            advice = "questions go on without it; ssh to it by hand shows more"
            yield Finding("others", False, f"{address}: {error}", advice, required=False)


def _readers(_health: "Health") -> Finding:
    """Check whether PDF, office and other foreign files are read without network."""
    from engine.documents.network_block import is_supported  # noqa: PLC0415 - only the doctor asks
    from engine.documents.sandbox import ConfinedReader  # noqa: PLC0415 - only the doctor asks

    with ConfinedReader() as reader:
        is_offline = reader.is_offline()
    process = "the process that reads PDF, office and other foreign files"
    if is_offline:
        return Finding("readers", True, f"the kernel refuses the network to {process}", required=False)
    if not is_supported():
        detail = f"Python code has no network in {process}; this system cannot refuse it to libraries"
        return Finding("readers", True, detail, required=False)
    detail = f"the kernel does not refuse the network to {process}; only Python code in it has none"
    return Finding("readers", False, detail, "allow seccomp filters: a container may forbid them", required=False)


def _personas(health: "Health") -> Finding:
    problems = health.personas.roster.problems() + health.personas.roster.verify()
    if problems:
        return Finding("personas", False, problems[0], "mend or remove that file; personas ledger --verify shows all")
    return Finding("personas", True, f"{len(health.personas.roster.entries())}, in step with the ledger")


def _history(health: "Health") -> Finding:
    runs, problems = health.runs.history.count(), health.runs.history.problems()
    if problems:
        return Finding("history", False, problems[0], "the runs in the file set aside are not listed; later ones are")
    return Finding("history", True, counted(runs, "run"))


def _log(health: "Health") -> Finding:
    """Check whether the log can be written, and show its last errors; earlier errors are no reason to fail."""
    from db.log import LAST_ERRORS, last_errors, why_not_writable  # noqa: PLC0415 - with the store

    path = health.workspace.log
    if problem := why_not_writable(path):
        return Finding("log", False, problem, "make that folder and its files writable for yourself")
    errors = last_errors(path)
    where = f"{path}, from {health.settings.system.log_level} on"
    if not errors:
        return Finding("log", True, f"{where}; no errors")
    messages = "; ".join(f"{error['at']} {one_line(str(error['message']))[:SHOWN_MESSAGE]}" for error in errors)
    detail = f"{where}; the last errors (at most {LAST_ERRORS}): {messages}"
    return Finding("log", True, detail, "the tracebacks are in that file")


def _ollama(health: "Health") -> Finding:
    from engine.model.client import connect  # noqa: PLC0415 - only the doctor and a run ask

    async def look() -> str:
        model = await connect(health.settings.ollama)
        await model.close()
        return f"{model.name} at {', '.join(model.endpoints)}"

    if health.settings.ollama.model_name == "none":
        return Finding("ollama", True, "not used: model_name is none", required=False)
    try:
        return Finding("ollama", True, asyncio.run(look()), required=False)
    except LanguageModelError as error:
        return Finding("ollama", False, f"{error.message}; answers are quotations", error.hint, required=False)


def _meaning(health: "Health") -> Finding:
    """Check whether passages are found by their meaning, too; it is no fault if there is no embedding model."""

    async def look() -> Finding:
        model, vectors = await health.meaning.connect_anew()  # this loop is not the session's
        await model.close()
        total = len(health.library.documents.index)
        done = min(total, vectors.count())
        detail = f"{model.name} at {', '.join(model.endpoints)}, {done:,} of {counted(total, 'passage')} embedded"
        advice = "" if done == total else "the application embeds the others; or `persona-moe library embed`"
        return Finding("meaning", True, detail, advice, required=False)

    if not health.meaning.is_wanted:
        return Finding("meaning", True, "not used: embedding_model is none", required=False)
    try:
        return asyncio.run(look())
    except OperationError as error:
        return Finding("meaning", True, f"not used: {error.message}", error.hint, required=False)
