"""Draws an answer as Markdown, without the parts by which a text could mislead: links, images, HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.markdown import Markdown

from engine.text.safe import printable
from tui.drawing.quotation import MARK_END, MARK_START, MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CITATION = re.compile(rf"(\[\d+\]|[{MARK_START}{MARK_END}])")
_HARMFUL = ("link", "image", "autolink", "reference", "html_block", "html_inline", "entity")
"""The text of a link may differ from its address; `[1]` is a citation, which a text must not redefine."""


class AnswerMarkdown(Markdown):
    """Draws emphasis, lists, tables, headings and code; links, images and HTML stay as typed."""

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False, code_theme="ansi_dark")
        parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(list(_HARMFUL))
        self.markup = printable(text)
        self.parsed: Any = [_marked(token) for token in parser.parse(self.markup)]


def _marked(block: Token) -> Token:
    """Make the citations and the marked words of a block bold."""
    if block.type == "inline" and block.children:
        block.children = list(_balanced(piece for child in block.children for piece in _pieces(child)))
    elif block.content:
        block.content = MARKS.sub("", block.content)
    return block


def _balanced(pieces: Iterable[Token]) -> Iterator[Token]:
    """Yield the pieces so that bold ends where it began: marked words may go over several blocks."""
    depth = 0
    for piece in pieces:
        depth += (piece.type == "strong_open") - (piece.type == "strong_close")
        if depth < 0:
            depth = 0
        else:
            yield piece
    yield from (Token("strong_close", "strong", -1) for _ in range(depth))


def _pieces(token: Token) -> Iterator[Token]:
    if token.type != "text":
        token.content = MARKS.sub("", token.content)
        yield token
        return
    for words in filter(None, _CITATION.split(token.content)):
        is_citation = bool(_CITATION.fullmatch(words)) and words not in {MARK_START, MARK_END}
        if words == MARK_START or is_citation:
            yield Token("strong_open", "strong", 1)
        if words not in {MARK_START, MARK_END}:
            yield Token("text", "", 0, content=words)
        if words == MARK_END or is_citation:
            yield Token("strong_close", "strong", -1)
