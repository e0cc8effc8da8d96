"""A citation as plain text, for the clipboard; it imports nothing that the first paint does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.drawing.cells import plain

if TYPE_CHECKING:
    from engine.events import Citation


def copied_quotation(citation: Citation) -> str:
    """Write one quotation with its place as plain text: “words” (title, page, file, characters)."""
    place = f"{plain(citation.place)}, " if citation.place else ""
    span = f"{place}{citation.source}, characters {citation.start:,} to {citation.end:,}"
    return f"“{plain(citation.quote)}” ({plain(citation.title)}, {span})"
