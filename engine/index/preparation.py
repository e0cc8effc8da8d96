"""Prepare passages for the index: everything about one that needs neither the index nor other passages."""

from collections.abc import Iterable, Iterator

import msgspec

from engine.documents.document import Document
from engine.documents.passages import Passage, split_document
from engine.index.indexed_passage import IndexedPassage
from engine.text.names import analyse, mention_terms, title_keys


class PreparedPassage(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The values of the fields of the index for a passage, tokens joined by blanks, and its number of words."""

    body: str
    exact: str
    language: str
    mentions: str
    titles: str
    stored: bytes
    words: int


def prepare(passage: Passage) -> PreparedPassage:
    """Analyse a passage and encode it."""
    spans = [(sentence.start, sentence.end) for sentence in passage.sentences] or None
    analysis, body, exact = analyse(
        passage.headline, passage.text, passage.language, spans=spans, context=passage.context
    )
    return PreparedPassage(
        " ".join(body[: analysis.sentence_ends[0]] + body),  # a title counts twice
        " ".join(exact),
        passage.language,
        _tokens(mention_terms(analysis.runs)),
        _tokens(title_keys(passage.title, passage.heading, *passage.aliases)),
        IndexedPassage.encode(passage, analysis),
        len(body),
    )


def prepare_documents(documents: Iterable[Document], limit: int) -> Iterator[PreparedPassage]:
    """Split documents into passages of at most `limit` characters, and yield each prepared."""
    return (prepare(passage) for document in documents for passage in split_document(document, limit))


def name_token(key: str) -> str:
    """Return a name or title key as one token: no word contains an underscore."""
    return key.replace(" ", "_")


def _tokens(keys: Iterable[str]) -> str:
    """Join the tokens of keys by blanks."""
    return "\n".join(keys).replace(" ", "_").replace("\n", " ")
