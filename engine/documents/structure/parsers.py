"""Choose the parser of a syntax."""

from collections.abc import Callable, Iterator, Mapping

from engine.documents.document import Document, Syntax
from engine.documents.structure.blocks import Block
from engine.documents.structure.markdown import markdown_blocks
from engine.documents.structure.org import org_blocks
from engine.documents.structure.plain_text import plain_blocks, rst_blocks
from engine.documents.structure.records import chat_blocks, table_blocks

_PARSERS: Mapping[Syntax, Callable[[str], Iterator[Block]]] = {
    Syntax.PLAIN: plain_blocks,
    Syntax.MARKDOWN: markdown_blocks,
    Syntax.RST: rst_blocks,
    Syntax.ORG: org_blocks,
    Syntax.TABLE: table_blocks,
    Syntax.CHAT: chat_blocks,
}


def blocks_of(document: Document) -> Iterator[Block]:
    """Return the blocks of a document in order, without overlaps."""
    return _PARSERS[document.syntax](document.text)
