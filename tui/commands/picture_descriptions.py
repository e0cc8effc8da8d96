"""Let a vision model describe pictures of the library, one after another (`persona-moe library describe`)."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DocumentError, InputError, LanguageModelError
from engine.text.safe import one_line
from tui.commands.output import ProgressLine, show

if TYPE_CHECKING:
    from engine.documents.description import Description
    from engine.index.catalogue import KnownFile, Skipped
    from engine.index.library import Library
    from engine.model.client import LanguageModel
    from tui.session.session import Session


@dataclass(slots=True)
class _Report:
    """The new descriptions by the paths of their pictures, and the pictures without one with the reason.

    `already_described` counts the pictures that had a description before.
    """

    described: "dict[str, Description]" = field(default_factory=dict)
    not_described: "list[Skipped]" = field(default_factory=list)
    already_described: int = 0

    def lines(self) -> Iterator[str]:
        """Yield the report as text."""
        already = f", {self.already_described} already" if self.already_described else ""
        yield f"{len(self.described)} pictures described, {len(self.not_described)} not{already}"
        for path, description in self.described.items():
            yield one_line(f"{path}: described by {description.model}: {description.text}")
        for picture in self.not_described:
            yield one_line(f"not described {picture.path}: {picture.reason}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add PATH ..., --model and --json."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="pictures, or folders with pictures")
    parser.add_argument(
        "--model", default="auto", metavar="NAME", help="a vision model; otherwise the first one that is installed"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def describe_pictures(session: "Session", options: argparse.Namespace) -> int:
    """Exit 0 when each picture was described or listed with a reason; raises LanguageModelError without a vision model.

    Ctrl+C stops the model; the descriptions until then are kept.
    """
    pictures = _pictures(session.library.documents, options.paths)
    undescribed = [name for name, file in pictures.items() if not file.is_described]
    report = _Report(already_described=len(pictures) - len(undescribed))
    if undescribed:
        asyncio.run(_describe_all(session, options, undescribed, report))
    else:
        show(options, report, report.lines())
    return 0


def _pictures(library: "Library", paths: Sequence[Path]) -> "dict[str, KnownFile]":
    """Return the pictures of the library under these paths, brought up to date.

    Raises InputError for a path that is not in the library or has no picture.
    """
    from engine.documents.foreign.formats import PICTURES  # noqa: PLC0415 - with the engine
    from engine.index.catalogue import existing  # noqa: PLC0415 - with the engine

    roots = [str(existing(path)) for path in paths]
    library.refresh(roots)
    pictures: dict[str, KnownFile] = {}
    for root in roots:
        if not (files := library.files(root)):
            raise InputError(f"{root} is not in the library", hint="`persona-moe ingest PATH` reads a folder or file")
        under_root = {name: file for name, file in files.items() if Path(name).suffix.lower() in PICTURES}
        if not under_root:
            hint = f"pictures end in {' '.join(sorted(PICTURES))}"
            raise InputError(f"{root} is not a picture" if root in files else f"{root} has no pictures", hint=hint)
        pictures |= under_root
    return pictures


async def _describe_all(session: "Session", options: argparse.Namespace, names: Sequence[str], report: _Report) -> None:
    from engine.model.client import connect  # noqa: PLC0415 - with the engine
    from engine.model.installed_models import DESCRIBE  # noqa: PLC0415 - with the engine

    settings, progress = session.settings, ProgressLine("describing")
    model = await connect(settings.ollama, options.model, seed=settings.system.seed, task=DESCRIBE)
    try:
        for number, name in enumerate(names, start=1):
            progress(number, len(names), name)
            await _describe(session, model, name, report)
    finally:
        await model.close()
        progress.clear()
        show(options, report, report.lines())


async def _describe(session: "Session", model: "LanguageModel", name: str, report: _Report) -> None:
    """Describe one picture and read it again; put it into the report. Raises LanguageModelError of a server.

    It is read again without a pause for other tasks, so ctrl+C comes before or after it.
    """
    from engine.index.catalogue import Skipped  # noqa: PLC0415 - with the engine
    from engine.model.faults import is_of_server  # noqa: PLC0415 - with the engine

    library = session.library.documents
    try:
        picture = _content(session, name)
        description = library.descriptions.of(picture) or await _ask(model, picture)
    except (DocumentError, LanguageModelError) as error:
        report.not_described.append(Skipped(name, str(error)))
        if is_of_server(error):
            raise
        return
    library.descriptions.keep(picture, description)
    library.read_again(name)
    report.described[name] = description


def _content(session: "Session", name: str) -> bytes:
    """Return the content of a picture. Raises DocumentError for one that an ingest would not read or is too large."""
    from engine.documents.reader import containing_folder, read_bytes  # noqa: PLC0415 - with the engine
    from engine.model.picture_description import MOST_BYTES  # noqa: PLC0415 - with the engine

    limit = min(MOST_BYTES, int(session.settings.system.max_file_megabytes * 1e6))
    path = Path(name)
    return read_bytes(path, root=containing_folder(path, session.library.documents.roots), max_bytes=limit)


async def _ask(model: "LanguageModel", picture: bytes) -> "Description":
    from engine.documents.description import Description  # noqa: PLC0415 - with the engine
    from engine.model.picture_description import describe  # noqa: PLC0415 - with the engine

    today = datetime.now().astimezone().date().isoformat()
    return Description(model.name, today, await describe(model, picture))
