"""Open the source of a citation, or of a passage that no answer cites, from another screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.errors import PersonaMoeError
from engine.events import Citation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import App

    from tui.session.library import ScopedLibrary


def open_citation(app: App[None], library: ScopedLibrary, citations: Sequence[Citation], citation: Citation) -> None:
    """Open the source of one of the citations of an answer."""
    from tui.source.screen import SourceScreen  # noqa: PLC0415 - not needed for the first paint

    app.push_screen(SourceScreen(library, citations, citations.index(citation)))


async def open_passage(app: App[None], library: ScopedLibrary, passage_id: str, title: str) -> str:
    """Open the source of a passage as it was indexed; returns why that cannot be, or nothing."""
    try:
        passage = await asyncio.to_thread(library.passage, passage_id, title)
    except PersonaMoeError as error:
        return str(error)
    if passage is None:
        return "this passage is not in the index any more: its file has changed or left the library"
    cited = Citation(0, passage.source, passage.title, passage.start, passage.end, passage.text, passage.id)
    open_citation(app, library, [cited], cited)
    return ""
