"""Answers and citations for the clipboard; it imports nothing that the first paint does not need."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tui.drawing.cells import plain

if TYPE_CHECKING:
    from textual.app import App

    from engine.events import AnswerWritten, Citation


def copied_quotation(citation: Citation) -> str:
    """Write one quotation with its place as plain text: “words” (title, page, file, characters)."""
    place = f"{plain(citation.place)}, " if citation.place else ""
    span = f"{place}{citation.source}, characters {citation.start:,} to {citation.end:,}"
    return f"“{plain(citation.quote)}” ({plain(citation.title)}, {span})"


def copied_text(answer: AnswerWritten) -> str:
    """Write an answer and its sources as plain text."""
    sources = [f"[{citation.n}] {copied_quotation(citation)}" for citation in answer.sources]
    return "\n".join((answer.answer, "", *sources))


def copy_text(app: App[None], text: str) -> str:
    """Copy a text into the clipboard of the terminal (OSC 52) or browser; returns a hint if tmux may not pass it on."""
    app.copy_to_clipboard(text)
    in_tmux = "TMUX" in os.environ or os.environ.get("TERM", "").startswith(("tmux", "screen"))
    return " (tmux passes it on after `set -g set-clipboard on`)" if in_tmux and not app.is_web else ""
