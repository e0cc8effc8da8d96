"""The search index: passages by words, by the names they mention, and by title. Embedded tantivy."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.atomic_files import private_folder
from engine.documents.identity import PassageId, possible_files
from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index.retriever import OpenedPassage
from engine.text.names import analyse, names_in, title_keys
from engine.text.safe import one_line

_CACHED = 50_000  # passages kept in memory between questions


_LARGE = 100_000  # passages


WRITER_HEAP = 512_000_000  # bytes that a large ingest may take before it writes a segment: few segments answer faster


_OS_MESSAGE = re.compile(r'message: "([^"]+)"')  # of the operating system, inside an error of tantivy's


_ALL = "*"  # the scope that every passage is in


class SearchIndex:
    """The embedded index in a folder (made if need be): the look-ups, and the way passages get into it.

    Readers keep seeing the last commit while a writer works; there is one writer at a time, across processes.
    Raises LibraryError when the index cannot be read, or when another process is writing.
    """

    def __init__(self, folder: Path) -> None:
        import tantivy  # noqa: PLC0415 - not needed for the first paint

        self._tantivy = tantivy
        self._folder = private_folder(folder)
        self._schema = _schema(tantivy)
        try:
            self._index = tantivy.Index(self._schema, path=str(folder))
        except ValueError as error:
            raise LibraryError(
                f"the search index in {folder} cannot be opened: {one_line(str(error))}",
                hint="move that folder away and ingest again",
            ) from error
        self._writer: Any = None
        self._clauses: dict[tuple[str, float], Any] = {}
        self.refresh()

    def refresh(self) -> None:
        """See the last commit; passage numbers from before are void."""
        self._index.reload()
        self._searcher = self._index.searcher()
        self._opened: dict[int, OpenedPassage] = {}
        self._has_deleted = self._searcher.doc_freq("scope", _ALL) > len(self)

    # -- reading ------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self, terms: Mapping[str, float], limit: int, *, mention: str = "", scope: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """See `Retriever.search`; `scope` restricts it to passages of these folders, files or groups."""
        occur, parts = self._tantivy.Occur, [self._should(stem, weight) for stem, weight in terms.items()]
        if mention:
            parts = self._mentioning(mention, parts)
        elif parts and scope:
            parts = [(occur.Must, self._tantivy.Query.boolean_query(parts))]
        if not parts:
            return []
        if scope:
            parts.append((occur.Must, self._filter("scope", scope)))
        return self._ranked(self._tantivy.Query.boolean_query(parts), limit)

    def _mentioning(self, mention: str, optional: list[Any]) -> list[Any]:
        """What keeps those that mention a name; `optional` parts only rank.

        Tantivy reads a union of optional parts in blocks, which takes long for common words, but skips through the
        postings of a single one: in a large library they are put one around the other.
        """
        must, found = self._tantivy.Occur.Must, self._filter("mention", [_token(mention)])
        if len(self) < _LARGE:
            return [*optional, (must, found)]
        for part in optional:
            found = self._tantivy.Query.boolean_query([(must, found), part])
        return [(must, found)]

    def _should(self, stem: str, weight: float) -> Any:
        if (found := self._clauses.get((stem, weight))) is None:
            if len(self._clauses) >= _CACHED:
                self._clauses.clear()
            query = self._tantivy.Query
            found = query.term_query(self._schema, "body", stem, index_option="freq")
            found = found if weight == 1 else query.boost_query(found, weight)
            found = self._clauses[stem, weight] = (self._tantivy.Occur.Should, found)
        return found

    def titled(self, key: str, *, scope: Sequence[str] = ()) -> list[int]:
        """See `Retriever.titled`: at most 64 passages, in the order of the library."""
        token = _token(key)
        if not self._searcher.doc_freq("title", token):
            return []
        parts = [(self._tantivy.Occur.Must, self._filter("title", [token]))]
        if scope:
            parts.append((self._tantivy.Occur.Must, self._filter("scope", scope)))
        return sorted(number for number, _ in self._ranked(self._tantivy.Query.boolean_query(parts), 64))

    def under(self, scope: str, limit: int) -> list[int]:
        """The first `limit` passages of a folder, file or group."""
        return [number for number, _ in self._ranked(self._filter("scope", [scope]), limit)]

    def titles(self, key: str, limit: int, *, scope: Sequence[str] = ()) -> list[str]:
        """Titles of documents whose key begins with `key`, each once, from the first `limit` passages found so.

        It may be called in another thread at any time: it neither refreshes nor keeps what it opens.
        """
        occur, query, searcher = self._tantivy.Occur, self._tantivy.Query, self._searcher
        begins = query.regex_query(self._schema, "title", f"{_token(key)}.*")  # a key has no sign but letters, digits
        parts = [(occur.Must, query.const_score_query(begins, 0.0))]
        if scope:
            parts.append((occur.Must, self._filter("scope", scope)))
        hits = searcher.search(query.boolean_query(parts), limit, count=False).hits
        stored: Any = (searcher.doc(address).get_first("opened") for _, address in hits)
        titles = dict.fromkeys(OpenedPassage(data).passage.title for data in stored)
        return [title for title in titles if any(other.startswith(key) for other in title_keys(title))]

    def open(self, number: int) -> OpenedPassage:
        """See `Retriever.open`."""
        if (found := self._opened.get(number)) is None:
            if len(self._opened) >= _CACHED:
                self._opened.clear()
            address = self._tantivy.DocAddress(number >> 32, number & 0xFFFFFFFF)
            stored: Any = self._searcher.doc(address).get_first("opened")
            found = self._opened[number] = OpenedPassage(stored)
        return found

    def find(self, passage_id: str, title: str) -> Passage | None:
        """Return the passage with this id and document title; None if the index does not hold it (any more).

        Searches the passages with that title in the file, first at the position that the id's number suggests.
        """
        source, number = PassageId.parse(passage_id)
        scope = next((file for file in possible_files(source) if self._searcher.doc_freq("scope", file)), None)
        if scope is None:
            return None
        most = int(self._searcher.doc_freq("scope", scope))
        must, key = self._tantivy.Occur.Must, title_keys(title)[:1]
        parts = [(must, self._filter("scope", [scope])), *((must, self._filter("title", [_token(k)])) for k in key)]
        query = self._tantivy.Query.boolean_query(parts)
        guess = min(int(number) - 1, most) if number.isdecimal() and int(number) else 0
        for limit, offset in ((1, guess), (most, 0)):
            for _, address in self._searcher.search(query, limit, count=False, offset=offset).hits:
                stored: Any = self._searcher.doc(address).get_first("opened")
                if (found := OpenedPassage(stored).passage).id == passage_id:
                    return found
        return None

    def forget(self) -> None:
        """Drop the passages kept in memory."""
        self._opened.clear()

    def term_frequency(self, stem: str) -> int:
        """See `Retriever.term_frequency`."""
        return self._frequency("body", stem)

    def mention_frequency(self, key: str) -> int:
        """See `Retriever.mention_frequency`."""
        return self._frequency("mention", _token(key))

    def known(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """See `Retriever.known`."""
        frequency = self._frequency if self._has_deleted else self._searcher.doc_freq
        return [(frequency("mention", token), frequency("title", token)) for token in map(_token, keys)]

    def _frequency(self, field: str, value: str) -> int:
        """The document frequency; tantivy's own also counts deleted passages, until it merges their segment."""
        found = int(self._searcher.doc_freq(field, value))
        if found and self._has_deleted:
            query = self._tantivy.Query.term_query(self._schema, field, value, index_option="basic")
            counted: Any = self._searcher.search(query, 1, count=True)
            found = int(counted.count)
        return found

    def _filter(self, field: str, values: Sequence[str]) -> Any:
        query = self._tantivy.Query
        if len(values) == 1:
            found = query.term_query(self._schema, field, values[0], index_option="basic")
        else:
            found = query.term_set_query(self._schema, field, list(values))
        return query.const_score_query(found, 0.0)

    def _ranked(self, query: Any, limit: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit, count=False).hits
        numbered = [(-score, address.segment_ord << 32 | address.doc) for score, address in hits]
        return [(number, -score) for score, number in sorted(numbered)]

    # -- writing ------------------------------------------------------------------------------------------

    def add(self, passages: Iterable[Passage], scope: Sequence[str]) -> tuple[int, int]:
        """Add passages under `scope`; returns how many, and how many words they have. Seen after `commit`."""
        count = total = 0
        for passage in passages:
            analysis, body = analyse(f"{passage.title} {passage.heading}", passage.text)
            document = self._tantivy.Document()
            document.add_text("body", " ".join(body[: analysis.sentence_ends[0]] + body))  # a title counts twice
            for value in (_ALL, *scope):
                document.add_text("scope", value)
            document.add_text("mention", _tokens(names_in(analysis.runs)))
            document.add_text("title", _tokens(title_keys(passage.title, passage.heading)))
            document.add_bytes("opened", OpenedPassage.encode(passage, analysis))
            with _refusals():
                self._writing().add_document(document)
            count, total = count + 1, total + len(body)
        return count, total

    def remove(self, scope: str) -> None:
        """Remove every passage under this folder, file or group. Seen after `commit`."""
        with _refusals():
            self._writing().delete_documents_by_term("scope", scope)

    def clear(self) -> None:
        """Remove every passage. Seen after `commit`."""
        with _refusals():
            self._writing().delete_all_documents()

    def commit(self) -> None:
        """Make everything added and removed so far visible, at once and for good."""
        with _refusals():
            self._writing().commit()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one writer; what was not committed at the end is forgotten. Raises LibraryError if there is one."""
        try:
            # One indexing thread: with two, a rebuild may rank equal passages in another order.
            self._writer = self._index.writer(heap_size=WRITER_HEAP, num_threads=1)
        except ValueError as error:
            raise LibraryError(
                "the library is being written by another session", hint="wait until its ingest is done, then try again"
            ) from error
        try:
            # What a killed writer left unfinished bears the names that this one will give.
            self._writer.garbage_collect_files()
            yield
        finally:
            # No rollback before: it starts other threads, and those that still merge would go on unwaited for.
            writer, self._writer = self._writer, None
            try:
                with _refusals():
                    writer.wait_merging_threads()
            finally:
                self._keep_private()
                self.refresh()

    def _keep_private(self) -> None:
        """Tantivy's files have the rights that the user's umask gives; the folder was private all the time."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as files:  # another session may merge meanwhile
            for file in files:
                if file.stat().st_mode & 0o077:
                    Path(file).chmod(0o600)

    def _writing(self) -> Any:
        assert self._writer is not None, "only inside `writing`"
        return self._writer


@contextmanager
def _refusals() -> Iterator[None]:
    """What tantivy says when the disk refuses, as a LibraryError; the last commit stays as it is."""
    try:
        yield
    except ValueError as error:
        told = _OS_MESSAGE.search(str(error))
        reason = told[1] if told else one_line(str(error))[:120]
        raise LibraryError(
            f"the search index cannot be written: {reason}",
            hint="check the disk's free space and rights; what was indexed before is kept",
        ) from error


def _token(key: str) -> str:
    """A name or title key as one token: no word has an underscore."""
    return key.replace(" ", "_")


def _tokens(keys: Iterable[str]) -> str:
    """Keys as tokens with blanks between."""
    return "\n".join(keys).replace(" ", "_").replace("\n", " ")


def _schema(tantivy: Any) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")  # stems, made by engine.text.words
    for name in ("mention", "title"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")  # see `_tokens`
    builder.add_text_field("scope", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("opened", stored=True)
    return builder.build()
