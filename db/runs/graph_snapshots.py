"""Saves and loads the graph of a run."""

from pathlib import Path
from typing import Any, Protocol

import msgspec

from db.runs.run_files import _content, _packed, _safe, unfinished
from engine.atomic_files import write_atomically
from engine.errors import StoreError, UnknownRunError


class CompactGraph(Protocol):
    """A graph that can be saved."""

    def to_compact(self) -> dict[str, Any]:
        """Return the graph as builtins, with compact arrays for nodes and edges."""
        ...


def save_graph_snapshot(graph: CompactGraph, query_id: str, timestamp: str, *, folder: Path) -> Path:
    """Write the graph and the `timestamp` (ISO 8601, UTC) to `<query_id>.graph.json.gz`, and return that path.

    Raises UnknownRunError for a query_id that is no file name, StoreError if the disk refuses.
    """
    path = graph_path(folder, query_id)
    content = {"query_id": query_id, "timestamp": timestamp, "graph": graph.to_compact()}
    write_atomically(path, _packed(msgspec.json.encode(content)), aside=unfinished(folder))
    return path


def load_graph_snapshot(path: Path) -> dict[str, Any]:
    """Return the `to_compact` of a saved graph. Raises UnknownRunError if there is no file, StoreError if damaged."""
    if (data := _content(path)) is None:
        raise UnknownRunError(f"there is no {path}", hint="it was removed, or never written")
    try:
        return msgspec.convert(msgspec.json.decode(data, type=dict)["graph"], dict[str, Any])
    except (ValueError, KeyError, RecursionError) as error:
        raise StoreError(f"{path}: is no graph snapshot ({error})", hint="ask the question again") from error


def graph_path(folder: Path, query_id: str) -> Path:
    """Return the path of the graph of a question. Raises UnknownRunError for an id that is no file name."""
    return folder / f"{_safe(query_id)}.graph.json.gz"
