"""Read Jupyter notebooks: their Markdown, their code and the text that the code printed."""

import json
from pathlib import Path
from typing import Any

from engine.documents.document import Extract
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MarkdownWriter
from engine.errors import DocumentError

_PRINTED = 4000  # characters of what one cell printed


def read_notebook(path: Path) -> list[Extract]:
    """Return the cells in order, without pictures. Raises DocumentError."""
    text, note = decode(path.read_bytes())
    try:
        book = json.loads(text)
        cells = book["cells"] if "cells" in book else [c for sheet in book["worksheets"] for c in sheet["cells"]]
        title = str(book.get("metadata", {}).get("title", ""))
        writer = MarkdownWriter()
        for cell in cells:
            _write_cell(cell, writer)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentError("damaged: no notebook") from error
    extract = writer.extract(title)
    extract.note = note
    return [extract]


def _write_cell(cell: dict[str, Any], writer: MarkdownWriter) -> None:
    source = _joined(cell.get("source", cell.get("input", "")))
    if cell["cell_type"] == "code":
        writer.code(source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            has_picture = any(kind.startswith("image/") for kind in data)
            words = output.get("text") or ("" if has_picture else data.get("text/plain", ""))
            writer.code(_joined(words)[:_PRINTED])
    else:
        writer.markdown(source)


def _joined(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
