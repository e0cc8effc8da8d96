"""List the folders and files of the library, remove one, or let a vision model describe its pictures."""

import argparse

from engine.text.safe import one_line
from tui.commands import picture_descriptions
from tui.commands.output import session_of, show, table
from tui.drawing.cells import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `remove PATH` and `describe PATH ...`, each with --json."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="its folders and files, and what was skipped").add_argument(
        "--json", action="store_true", help="print JSON"
    )
    remove = actions.add_parser(
        "remove", help="remove a folder or file from the library; the documents themselves stay"
    )
    remove.add_argument("path", metavar="PATH")
    remove.add_argument("--json", action="store_true", help="print JSON")
    about = "let a vision model of Ollama describe pictures; its words are marked as such wherever they are cited"
    picture_descriptions.add_arguments(actions.add_parser("describe", help=about, description=about))


def run(options: argparse.Namespace) -> int:
    """Exit 2 for a path that is not in the library, 1 if pictures cannot be described."""
    session = session_of(options)
    if options.action == "describe":
        return picture_descriptions.describe_pictures(session, options)
    library = session.library.documents
    if options.action == "remove":
        removed = library.remove(options.path)
        line = one_line(f"{options.path}: {counted(removed, 'file')} left the library")
        show(options, {"path": options.path, "files_removed": removed}, [line])
        return 0
    rows = [(root, *library.count(root)) for root in library.roots]
    roots = [{"path": root, "files": files, "passages": passages} for root, files, passages in rows]
    lines = ["the library is empty; `persona-moe ingest PATH` fills it"]
    if rows:
        skipped = (one_line(f"skipped {file.path}: {file.reason}") for file in library.skipped)
        notes = (one_line(f"note on {file.path}: {file.reason}") for file in library.notes)
        lines = [*table(("path", "files", "passages"), rows), *skipped, *notes]
    show(options, {"roots": roots, "skipped": library.skipped, "notes": library.notes}, lines)
    return 0
