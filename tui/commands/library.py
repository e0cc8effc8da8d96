"""List the folders and files of the library, or take one out."""

import argparse

from engine.text.safe import one_line
from tui.commands.output import print_json, print_table, print_text
from tui.session.session import open_session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`list [--json]` and `remove PATH`."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="what the library holds").add_argument("--json", action="store_true")
    remove = actions.add_parser("remove", help="forget a folder or file; it is not deleted itself")
    remove.add_argument("path", metavar="PATH")
    remove.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Exit 2 for a path that is not in the library."""
    library = open_session(options.workspace).library
    if options.action == "remove":
        removed = library.remove(options.path)
        if options.json:
            print_json({"path": options.path, "files_removed": removed})
        else:
            print_text(one_line(f"{options.path}: {removed} files left the library"))
        return 0
    rows = [(root, *library.count(root)) for root in library.roots]
    if options.json:
        roots = [{"path": root, "files": files, "passages": passages} for root, files, passages in rows]
        print_json({"roots": roots, "skipped": library.skipped})
    elif rows:
        print_table(("path", "files", "passages"), rows)
        for skipped in library.skipped:
            print_text(one_line(f"skipped {skipped.path}: {skipped.reason}"))
    else:
        print_text("the library is empty; `persona-moe ingest PATH` fills it")
    return 0
