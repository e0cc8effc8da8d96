"""List the folders and files of the library or its topics, remove one, or let models embed passages or see pictures."""

import argparse
import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.text.safe import one_line
from tui.commands import picture_descriptions
from tui.commands.output import ProgressLine, session_of, show, table
from tui.drawing.cells import counted
from tui.library.topics_text import heading_of, size_of

if TYPE_CHECKING:
    from engine.index.library import Library
    from engine.index.topics import LibraryTopics
    from tui.session.session import Session

EMPTY = "the library is empty; `persona-moe ingest PATH` fills it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `topics`, `remove PATH`, `embed` and `describe PATH ...`, each with --json."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="its folders and files, and what was skipped").add_argument(
        "--json", action="store_true", help="print JSON"
    )
    about = "what it is about: names that belong together, with quoted sentences; from at most 3,000 passages"
    actions.add_parser("topics", help=about, description=about).add_argument(
        "--json", action="store_true", help="print JSON"
    )
    remove = actions.add_parser(
        "remove", help="remove a folder or file from the library; the documents themselves stay"
    )
    remove.add_argument("path", metavar="PATH")
    remove.add_argument("--json", action="store_true", help="print JSON")
    about = "embed its passages with an embedding model of Ollama, so that they are found by their meaning, too"
    actions.add_parser("embed", help=about, description=f"{about}; a stopped one goes on where it was").add_argument(
        "--json", action="store_true", help="print JSON"
    )
    about = "let a vision model of Ollama describe pictures; its words are marked as such wherever they are cited"
    picture_descriptions.add_arguments(actions.add_parser("describe", help=about, description=about))


def run(options: argparse.Namespace) -> int:
    """Exit 2 for a path that is not in the library, 1 if pictures cannot be described or passages not embedded."""
    session = session_of(options)
    if options.action == "describe":
        return picture_descriptions.describe_pictures(session, options)
    if options.action == "embed":
        asyncio.run(_embed(session, options))
        return 0
    library = session.library.documents
    if options.action == "topics":
        return _show_topics(library, options)
    if options.action == "remove":
        removed = library.remove(options.path)
        line = one_line(f"{options.path}: {counted(removed, 'file')} left the library")
        show(options, {"path": options.path, "files_removed": removed}, [line])
        return 0
    rows = [(root, *library.count(root)) for root in library.roots]
    roots = [{"path": root, "files": files, "passages": passages} for root, files, passages in rows]
    lines = [EMPTY]
    if rows:
        skipped = (one_line(f"skipped {file.path}: {file.reason}") for file in library.skipped)
        notes = (one_line(f"note on {file.path}: {file.reason}") for file in library.notes)
        lines = [*table(("path", "files", "passages"), rows), *skipped, *notes]
    show(options, {"roots": roots, "skipped": library.skipped, "notes": library.notes}, lines)
    return 0


async def _embed(session: "Session", options: argparse.Namespace) -> None:
    """Embed every passage that has no vector; ctrl+C keeps those that have one. Raises LanguageModelError."""
    progress = ProgressLine("embedding")
    try:
        model, _ = await session.meaning.connect()
        embedded = await session.meaning.embed(lambda done, total: progress(done, total, f"by {model.name}"))
    finally:
        progress.clear()
        await session.close()
    line = one_line(f"{embedded.done:,} of {counted(embedded.total, 'passage')} embedded by {model.name}")
    show(options, {"model": model.name, "embedded": embedded.done, "passages": embedded.total}, [line])


def _show_topics(library: "Library", options: argparse.Namespace) -> int:
    """Print the topics; ctrl+C leaves nothing half-written."""
    progress = ProgressLine("reading")
    try:
        topics = library.topics(progress=progress)
    finally:
        progress.clear()
    assert topics is not None, "nothing cancels it"
    show(options, topics, _topic_lines(topics))
    return 0


def _topic_lines(topics: "LibraryTopics") -> Iterator[str]:
    yield heading_of(topics) if topics.passages else EMPTY
    for topic in topics.topics:
        yield ""
        yield one_line(f"{topic.label}: {size_of(topic)}")
        if topic.others:
            yield f"  {one_line(', '.join(topic.others))}"
        for sentence in topic.sentences:
            yield f"  “{one_line(sentence.quote)}”"
            yield f"    {one_line(' · '.join(filter(None, (sentence.title, sentence.place, sentence.source))))}"
