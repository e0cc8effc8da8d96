"""Read RTF."""

import re
from pathlib import Path
from typing import Any

from engine.documents.document import Extract
from engine.documents.foreign.markdown_writer import MarkdownWriter, clean
from engine.errors import DocumentError

_INFO = re.compile(r"\{\\(title|author)\b ?((?:[^{}\\]|\\'[0-9a-f]{2}|\\u-?\d+ ?\??)*)\}", re.IGNORECASE)
_CODE_PAGE = re.compile(r"\\ansicpg(\d{1,5})")


def read_rtf(path: Path) -> list[Extract]:
    """Return the paragraphs and tables of a document. Raises DocumentError."""
    source = path.read_bytes().decode("latin-1")
    if not source.lstrip().startswith("{\\rtf"):
        raise DocumentError("damaged: no RTF")
    page = _CODE_PAGE.search(source[:2000])
    encoding = f"cp{page[1]}" if page and page[1] != "10000" else "cp1252"
    properties = _INFO.findall(source[:20_000])
    info = {name.lower(): clean(_plain(f"{{\\rtf1\\ansi {value}}}", encoding)) for name, value in properties}
    writer = _written(_plain(source, encoding))
    return [writer.extract(info.get("title", ""), {"author": (info["author"],)} if info.get("author") else {})]


def _written(text: str) -> MarkdownWriter:
    """Write the lines that striprtf returns; it ends a row of a table by `|`."""
    writer, rows = MarkdownWriter(), list[list[str]]()
    for line in [*text.split("\n"), ""]:
        if line.endswith("|"):
            rows.append(line.removesuffix("|").split("|"))
            continue
        writer.table(rows)
        rows = []
        writer.paragraph(line)
    return writer


def _plain(source: str, encoding: str) -> str:
    from striprtf import striprtf  # noqa: PLC0415 - only where there is RTF

    convert: Any = striprtf.rtf_to_text  # has no types
    try:
        return str(convert(source, encoding=encoding, errors="replace"))
    except LookupError:
        return str(convert(source, encoding="cp1252", errors="replace"))
