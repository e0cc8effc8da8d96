"""Draws a model's answer as Markdown, without the parts by which a text could mislead: links, images, HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.markdown import Markdown

from engine.text.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_CITATION = re.compile(r"(\[\d+\])")
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
    """Make the citations of a block bold."""
    if block.type == "inline" and block.children:
        block.children = [piece for child in block.children for piece in _pieces(child)]
    return block


def _pieces(token: Token) -> Iterator[Token]:
    if token.type != "text":
        yield token
        return
    for number, words in enumerate(_CITATION.split(token.content)):
        if number % 2:
            yield Token("strong_open", "strong", 1)
        if words:
            yield Token("text", "", 0, content=words)
        if number % 2:
            yield Token("strong_close", "strong", -1)
