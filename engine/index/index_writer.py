"""Write passages into the embedded tantivy index: its schema, its tokens, and the writer."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import LibraryError
from engine.index.preparation import PreparedPassage
from engine.text.safe import one_line

WRITER_HEAP = 512_000_000  # bytes that a large ingest may use before it writes a segment: few segments answer faster
EVERYTHING = "*"  # the scope of every passage
_OS_MESSAGE = re.compile(r'message: "([^"]+)"')  # the operating system's words inside an error of tantivy


class IndexWriter:
    """Changes the index inside `SearchIndex.writing`; readers see the changes after `commit`.

    Every method raises LibraryError if the disk refuses; the last commit stays valid.
    """

    def __init__(self, tantivy: Any, writer: Any) -> None:
        self._tantivy, self._writer = tantivy, writer

    def add(self, passages: Iterable[PreparedPassage], scope: Sequence[str]) -> tuple[int, int]:
        """Add passages under each folder, file or group in `scope`; return the numbers of passages and of words."""
        count = total = 0
        for passage in passages:
            document = self._tantivy.Document()
            document.add_text("body", passage.body)
            document.add_text("exact", passage.exact)
            for value in (EVERYTHING, language_scope(passage.language), *scope):
                document.add_text("scope", value)
            document.add_text("mention", passage.mentions)
            document.add_text("title", passage.titles)
            document.add_bytes("opened", passage.stored)
            with _library_errors():
                self._writer.add_document(document)
            count, total = count + 1, total + passage.words
        return count, total

    def remove(self, scope: str) -> None:
        """Remove every passage of this folder, file or group."""
        with _library_errors():
            self._writer.delete_documents_by_term("scope", scope)

    def clear(self, _files: Iterable[str]) -> None:
        """Remove every passage, those of these files and any other."""
        with _library_errors():
            self._writer.delete_all_documents()

    def commit(self) -> None:
        """Make all changes so far visible and durable at once."""
        with _library_errors():
            self._writer.commit()

    def close(self) -> None:
        """Discard what was not committed and wait for tantivy's threads; the writer cannot be used afterwards."""
        # No rollback before: it would start other threads, and nothing would wait for those that still merge.
        with _library_errors():
            self._writer.wait_merging_threads()


def index_schema(tantivy: Any) -> Any:
    """Return the fields of the index."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")  # stems, made by engine.text.words
    builder.add_text_field("exact", tokenizer_name="whitespace", index_option="basic")  # dates and part numbers
    for name in ("mention", "title"):
        builder.add_text_field(
            name, tokenizer_name="whitespace", index_option="basic"
        )  # of `engine.index.preparation.name_token`
    builder.add_text_field("scope", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("opened", stored=True)  # an `IndexedPassage`
    return builder.build()


def field_of(term: str) -> str:
    """Return the field that a search term is in; those of dates and part numbers have a sign that no word contains."""
    return "exact" if any(sign in term for sign in ":-/") else "body"


def language_scope(language: str) -> str:
    """Return the scope of all passages in a language; no path has its form."""
    return f"language:{language}"


@contextmanager
def _library_errors() -> Iterator[None]:
    """Turn an error of tantivy while writing into a LibraryError."""
    try:
        yield
    except ValueError as error:
        match = _OS_MESSAGE.search(str(error))
        reason = match[1] if match else one_line(str(error))[:120]
        raise LibraryError(
            f"the search index cannot be written: {reason}",
            hint="check the disk's free space and rights; what was indexed before is kept",
        ) from error
