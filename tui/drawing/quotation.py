"""Draws the words of a source: as Markdown if they are, else letter for letter, the answering words in bold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from engine.documents.reader import is_markdown
from engine.events import DIFFERS
from engine.text.links import legible_links
from engine.text.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from engine.events import Citation

MARK_START, MARK_END = "\ue000", "\ue001"  # private characters around the answering words
MARKS = re.compile(f"[{MARK_START}{MARK_END}]")
_MARKUP = (
    (re.compile(r"\[\^[^\]\s]{1,40}\]:?"), ""),
    (re.compile(r"</?[A-Za-z][^<>\n]{0,200}>"), ""),
    (re.compile(r"\[!(\w[\w-]*)\][+-]?"), r"**\1:**"),
)
_ROW = re.compile(r"\s*\|")


def readable_markdown(text: str) -> str:
    """Return Markdown in which links show their text and there are no HTML tags and no marks of footnotes."""
    text = legible_links(text)
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text


def drawn_quotations(citations: Sequence[Citation]) -> RenderableType:
    """Draw the citations of an answer without a model, a paragraph each, with their numbers."""
    drawn: list[RenderableType] = []
    previous: Citation | None = None
    for citation in citations:
        drawn += [Text(""), *_drawn(citation, previous)]
        previous = citation
    return Group(*drawn[1:])


def _drawn(citation: Citation, previous: Citation | None) -> list[RenderableType]:
    with_lead = previous is None or citation.lead != previous.lead
    differs = previous is not None and citation.role == DIFFERS
    role = f"differs from [{previous.n}]" if previous is not None and differs else citation.role
    heading = [Text(printable(citation.computed), "bold")] if citation.computed else []
    heading += [Text(printable(role), "dim italic")] if role else []
    lead = citation.lead if with_lead else ""
    if not is_markdown(citation.source):
        text = Text(printable(lead) + "\n" if lead else "")
        start = len(text.plain)
        text.append(printable(citation.quote))
        for a, b in citation.marks:
            text.stylize("bold", start + a, start + b)
        text.append(f" [{citation.n}]", "bold cyan")
        return [*heading, text]
    from tui.drawing.answer_markdown import AnswerMarkdown  # noqa: PLC0415 - it is slow to import

    return [*heading, AnswerMarkdown(f"{_markdown(citation, lead)} [{citation.n}]")]


def _markdown(citation: Citation, lead: str) -> str:
    """Return the quotation as Markdown with private characters around the answering words; a row gets a header."""
    quote, pieces, end = citation.quote, list[str](), 0
    is_row = bool(_ROW.match(quote) and _ROW.match(citation.lead))
    for a, b in citation.marks if not is_row or not any("|" in quote[a:b] for a, b in citation.marks) else ():
        pieces += [_plain(quote[end:a]), MARK_START, _plain(quote[a:b]), MARK_END]
        end = b
    text = readable_markdown("".join([*pieces, _plain(quote[end:])]))
    if is_row:
        header = readable_markdown(_plain(citation.lead)).strip()
        columns = len(re.findall(r"(?<!\\)\|", header.strip("|"))) + 1
        return f"{header}\n{'|---' * columns}|\n{text}\n\n"
    return f"{readable_markdown(_plain(lead))}\n\n{text}" if lead else text


def _plain(text: str) -> str:
    return MARKS.sub("", text)
