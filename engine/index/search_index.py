"""Search passages by words, by the names that they mention, and by title, in an embedded tantivy index."""

import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from difflib import get_close_matches
from functools import lru_cache, partial
from itertools import chain, count
from math import log
from pathlib import Path
from typing import Any, NamedTuple

from engine.atomic_files import private_folder
from engine.documents.identity import PassageId, possible_files
from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index.index_writer import (
    EVERYTHING,
    WRITER_HEAP,
    IndexWriter,
    field_of,
    index_schema,
    language_scope,
)
from engine.index.indexed_passage import IndexedPassage
from engine.index.preparation import name_token
from engine.text.languages import ENGLISH, STEMMERS, UNSPACED
from engine.text.names import name_pairs, title_keys
from engine.text.safe import one_line

CACHED = 50_000  # passages, and terms, kept in memory between questions
_LARGE = 100_000  # passages
EXACT_WEIGHT = 2.0  # how many words a date or a part number counts for
MOST_TITLED = 64  # passages with one title that are looked up
_SHORTEST_SIMILAR, _LONG_SIMILAR = 5, 8  # letters of a stem of which one or two may differ
SIMILAR_HITS = 10  # passages that similar stems are read from
_GENERATIONS = count(1)


class Search(NamedTuple):
    """A search for weighted stems that returns at most `limit` hits, see `SearchIndex.search`."""

    terms: Mapping[str, float]
    limit: int
    mention: str = ""


class Counts(NamedTuple):
    """The numbers of passages that contain each term and mention each name, and the passages titled so."""

    terms: list[int]
    names: list[int]
    titled: list[list[int]]


class Answers(NamedTuple):
    """The hits of each search, with scores, and the passages that have each title."""

    hits: list[list[tuple[int, float]]]
    titled: list[list[int]]


def spelling_distance(stem: str) -> int:
    """Return in how many letters a stem that is taken for this one may differ; 0 if it has to be this one."""
    if len(stem) < _SHORTEST_SIMILAR or not stem.isalpha():
        return 0
    return 1 if len(stem) < _LONG_SIMILAR else 2


def nearest_spellings(stem: str, roots: Iterable[str]) -> list[str]:
    """Return at most two of these roots that differ so little from a stem, the most similar first."""
    return get_close_matches(stem, sorted(roots), n=2, cutoff=1 - (spelling_distance(stem) + 0.5) / len(stem))


def languages_among(is_used: Callable[[str], object]) -> tuple[str, ...]:
    """Return the languages (ISO 639-1) of an index that are used, English first; English alone if none is."""
    return tuple(filter(is_used, (ENGLISH, *STEMMERS, *UNSPACED))) or (ENGLISH,)


def inverse_document_frequency(frequency: int, total: int) -> float:
    """Return BM25's weight of a term that occurs in `frequency` of `total` passages (Robertson and Zaragoza, 2009)."""
    return log(1 + (total - frequency + 0.5) / (frequency + 0.5))


class SearchIndex:
    """The index in a folder, which is created if missing.

    It reads the last commit as of its last refresh, and `pinned` always; there is one writer at a time, across
    processes. Raises LibraryError if the index cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        import tantivy  # noqa: PLC0415 - not needed for the first paint

        self._tantivy = tantivy
        self._folder = private_folder(folder)
        self._schema = index_schema(tantivy)
        self._pinned: SearchIndex | None = None
        try:
            self._index = tantivy.Index(self._schema, path=str(folder))
        except ValueError as error:
            raise LibraryError(
                f"the search index in {folder} cannot be opened: {one_line(str(error))}",
                hint="move that folder away and ingest again",
            ) from error
        self.refresh()

    def refresh(self) -> None:
        """Read the last commit; passage numbers so far are valid only in what was `pinned` before."""
        self._index.reload()
        reader = copy(self)
        reader._pinned = None  # noqa: SLF001 - of the same class
        reader._read(self._index.searcher())  # noqa: SLF001 - of the same class
        vars(self).update(vars(reader), _pinned=reader)

    def pinned(self) -> "SearchIndex":
        """Return the index as of the last refresh, whatever is refreshed later; both keep the same in memory."""
        return self if self._pinned is None else self._pinned

    def _read(self, searcher: Any) -> None:
        self._searcher = searcher
        self.generation = next(_GENERATIONS)  # of passage numbers
        # By a proxy there is no cycle: what is cached goes with the last question that reads it.
        reader: SearchIndex = weakref.proxy(self)
        self._open = lru_cache(CACHED)(partial(SearchIndex._load, reader))
        self._optional = lru_cache(CACHED)(partial(SearchIndex._optional_part, reader))
        self._pair_frequency = lru_cache(CACHED)(partial(SearchIndex._count_pair, reader))
        self._mention_count = lru_cache(CACHED)(partial(SearchIndex._count_mentions, reader))
        self._languages: tuple[str, ...] | None = None
        self._has_deleted = self._searcher.doc_freq("scope", EVERYTHING) > len(self)

    def refresh_if_old(self) -> None:
        """Do nothing: who changes this index tells by the catalogue."""

    @property
    def mean_length(self) -> float | None:
        """Not known to the index itself: its catalogue counts words."""
        return None

    @contextmanager
    def writing(self) -> Iterator[IndexWriter]:
        """Give the writer; discard what was not committed at the end. Raises LibraryError if another one is open."""
        try:
            # One indexing thread: with two, a rebuild may rank equal passages in another order.
            index_writer = self._index.writer(heap_size=WRITER_HEAP, num_threads=1)
        except ValueError as error:
            raise LibraryError(
                "the library is being written by another session", hint="wait until its ingest is done, then try again"
            ) from error
        writer = IndexWriter(self._tantivy, index_writer)
        try:
            # A killed writer may have left files with the names that this one will use.
            index_writer.garbage_collect_files()
            yield writer
        finally:
            try:
                writer.close()
            finally:
                self._keep_private()
                self.refresh()

    def _keep_private(self) -> None:
        """Restrict tantivy's files to their owner; until here, only the folder protected them."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as files:  # another session may merge meanwhile
            for file in files:
                if file.stat().st_mode & 0o077:
                    Path(file).chmod(0o600)

    # -- several look-ups at once: an engine on another machine answers each of these in one request -----------

    def count(self, terms: Sequence[tuple[str, str]], names: Sequence[str], *, scope: Sequence[str] = ()) -> Counts:
        """Return `term_frequency` of stems with their languages, and `name_frequency` and `titled` of names."""
        return Counts(
            [self.term_frequency(stem, language) for stem, language in terms],
            [self.name_frequency(name) for name in names],
            [self.titled(name, scope=scope) for name in names],
        )

    def look_up(self, searches: Sequence[Search], titles: Sequence[str], *, scope: Sequence[str] = ()) -> Answers:
        """Return the hits of `search`, and the passages of `titled` for each title key."""
        return Answers(
            [self.search(terms, limit, mention=mention, scope=scope) for terms, limit, mention in searches],
            [self.titled(key, scope=scope) for key in titles],
        )

    def existing(self, numbers: Iterable[int]) -> set[int]:
        """Return which of these are numbers of passages."""
        return {number for number in numbers if self.has(number)}

    # -- passages -----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self, terms: Mapping[str, float], limit: int, *, mention: str = "", scope: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Return the best passages by BM25 over weighted stems, best first; words of a title count twice.

        `mention` keeps only passages that mention this name. Without it, every hit contains a term; with it, `terms`
        may be empty, and then all hits have the same score. `scope` keeps passages of these folders, files or groups.
        """
        occur, parts = self._tantivy.Occur, [self._optional(stem, weight) for stem, weight in terms.items()]
        if mention:
            parts = self._mentioning(mention, parts)
        elif parts and scope:
            parts = [(occur.Must, self._tantivy.Query.boolean_query(parts))]
        return self._ranked(self._scoped(parts, scope), limit) if parts else []

    def _mentioning(self, mention: str, optional: list[Any]) -> list[Any]:
        """Return query parts that require a mention of the name; `optional` parts only rank.

        Tantivy reads a union of optional parts in blocks, which is slow for common words, but skips through the
        postings of a single optional part: in a large library they are nested one inside the other.
        """
        must, query = self._tantivy.Occur.Must, self._mention(mention)
        if len(self) < _LARGE:
            return [*optional, (must, query)]
        for part in optional:
            query = self._tantivy.Query.boolean_query([(must, query), part])
        return [(must, query)]

    def _mention(self, name: str) -> Any:
        """Return a query for the passages that have all pairs of a name."""
        filters = [self._filter("mention", [name_token(pair)]) for pair in name_pairs(name)]
        if len(filters) == 1:
            return filters[0]
        return self._tantivy.Query.boolean_query([(self._tantivy.Occur.Must, pair) for pair in filters])

    def _optional_part(self, stem: str, weight: float) -> Any:
        """Return the query part that scores a stem; a date or part number counts alike in every passage."""
        query, should = self._tantivy.Query, self._tantivy.Occur.Should
        if (field := field_of(stem)) != "body":
            rarity = inverse_document_frequency(self._frequency(field, stem), len(self))
            return should, self._filter(field, [stem], EXACT_WEIGHT * weight * rarity)
        term = query.term_query(self._schema, field, stem, index_option="freq")
        return should, term if weight == 1 else query.boost_query(term, weight)

    def titled(self, key: str, *, scope: Sequence[str] = ()) -> list[int]:
        """Return the first `MOST_TITLED` passages whose document or section has this title key."""
        token = name_token(key)
        if not self._searcher.doc_freq("title", token):
            return []
        query = self._scoped([(self._tantivy.Occur.Must, self._filter("title", [token]))], scope)
        return sorted(number for number, _ in self._ranked(query, MOST_TITLED))

    def under(self, scope: str, limit: int) -> list[int]:
        """Return the first `limit` passages of a folder, file or group."""
        return [number for number, _ in self._ranked(self._filter("scope", [scope]), limit)]

    def some_under(self, scope: str, positions: Sequence[int]) -> Iterator[IndexedPassage]:
        """Yield the passages at these ascending positions among those of a folder, file or group.

        May be called in another thread at any time: it neither refreshes nor caches.
        """
        searcher = self._searcher
        hits = searcher.search(self._filter("scope", [scope]), positions[-1] + 1, count=False).hits
        return (_decode(searcher, hits[n][1]) for n in positions if n < len(hits))  # equal scores: in order

    def titles(self, key: str, limit: int, *, scope: Sequence[str] = ()) -> list[str]:
        """Return titles of documents whose key begins with `key`, each once, from the first `limit` hits.

        May be called in another thread at any time: it neither refreshes nor caches.
        """
        query = self._tantivy.Query
        # A key has only letters, digits and blanks, so nothing in it is special to a regular expression.
        begins = query.regex_query(self._schema, "title", f"{name_token(key)}.*")
        parts = [(self._tantivy.Occur.Must, query.const_score_query(begins, 0.0))]
        titles = dict.fromkeys(passage.title for passage in self._passages(self._scoped(parts, scope), limit))
        return [title for title in titles if any(other.startswith(key) for other in title_keys(title))]

    def open(self, number: int) -> IndexedPassage:
        """Return the passage with this number, from memory if it was opened before."""
        return self._open(number)

    def _load(self, number: int) -> IndexedPassage:
        return _decode(self._searcher, self._tantivy.DocAddress(number >> 32, number & 0xFFFFFFFF))

    def has(self, number: int) -> bool:
        """Tell whether there is a passage with this number."""
        try:
            return number >= 0 and bool(self._open(number))
        except (ValueError, OverflowError):  # no such segment or document
            return False

    def forget(self) -> None:
        """Drop the passages kept in memory."""
        self._open.cache_clear()

    def find(self, passage_id: str, title: str) -> Passage | None:
        """Return the passage with this id and document title; None if the index does not hold it (any more).

        Searches the passages with that title in the file, first at the position that the id's number suggests.
        """
        source, number = PassageId.parse(passage_id)
        file = next((file for file in possible_files(source) if self._searcher.doc_freq("scope", file)), None)
        if file is None:
            return None
        most = int(self._searcher.doc_freq("scope", file))
        must, key = self._tantivy.Occur.Must, title_keys(title)[:1]
        query = self._scoped([(must, self._filter("title", [name_token(k)])) for k in key], [file])
        guess = min(int(number) - 1, most) if number.isdecimal() and int(number) else 0
        passages = chain(self._passages(query, 1, guess), self._passages(query, most))
        return next((passage for passage in passages if passage.id == passage_id), None)

    # -- frequencies --------------------------------------------------------------------------------------

    def term_frequency(self, stem: str, language: str = "") -> int:
        """Count the passages that contain a stem; of one language, if given."""
        field = field_of(stem)
        frequency = self._frequency(field, stem)
        if not frequency or not language or len(self.languages) == 1:
            return frequency
        must, scope = self._tantivy.Occur.Must, [language_scope(language)]
        return self._count(self._scoped([(must, self._filter(field, [stem]))], scope))

    def similar(self, stem: str) -> list[str]:
        """Return stems of the library that differ in one letter (two in a long one), the most similar first.

        They are read from the best few passages that have one.
        """
        if not (distance := spelling_distance(stem)):
            return []
        query = self._tantivy.Query.fuzzy_term_query(self._schema, "body", stem, distance=distance)
        roots = {root for number, _ in self._ranked(query, SIMILAR_HITS) for root in self.open(number).roots}
        return [root for root in nearest_spellings(stem, roots) if self.term_frequency(root)]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the passages (ISO 639-1), English first; English alone for an empty index."""
        if self._languages is None:
            self._languages = languages_among(lambda code: self._searcher.doc_freq("scope", language_scope(code)))
        return self._languages

    def name_frequency(self, key: str) -> int:
        """Count the passages that mention a name."""
        return self._mention_count(key) if self._rarest_pair(key) else 0

    def name_frequencies(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """Count for each name the passages that mention it, and those that have it as title.

        A passage must be known to mention each name: of a long name with a pair that only one passage has, the other
        pairs are not searched for.
        """
        frequency = self._frequency if self._has_deleted else self._searcher.doc_freq
        return [(self._mentions(key), frequency("title", name_token(key))) for key in keys]

    def _mentions(self, key: str) -> int:
        most = self._rarest_pair(key)
        return most if most <= 1 or key.count(" ") <= 1 else self._mention_count(key)

    def _rarest_pair(self, key: str) -> int:
        """Return the number of passages that have the rarest pair of a name; the first that at most one has decides."""
        most = len(self)
        for pair in name_pairs(key):
            most = min(most, self._pair_frequency(pair))
            if most <= 1:
                break
        return most

    def _count_pair(self, pair: str) -> int:
        return self._frequency("mention", name_token(pair))

    def _count_mentions(self, name: str) -> int:
        return self._count(self._mention(name))

    def _frequency(self, field: str, value: str) -> int:
        """Return the document frequency; tantivy's own counts deleted passages until it merges their segment."""
        frequency = int(self._searcher.doc_freq(field, value))
        if frequency and self._has_deleted:
            frequency = self._count(self._tantivy.Query.term_query(self._schema, field, value, index_option="basic"))
        return frequency

    def _count(self, query: Any) -> int:
        result: Any = self._searcher.search(query, 1, count=True)
        return int(result.count)

    # -- queries ------------------------------------------------------------------------------------------

    def _scoped(self, parts: list[Any], scope: Sequence[str]) -> Any:
        """Combine query parts, restricted to the scope if there is one."""
        restriction = [(self._tantivy.Occur.Must, self._filter("scope", scope))] if scope else []
        return self._tantivy.Query.boolean_query([*parts, *restriction])

    def _filter(self, field: str, values: Sequence[str], score: float = 0.0) -> Any:
        """Return a query for any of these values, which adds the same to every score."""
        query = self._tantivy.Query
        if len(values) == 1:
            terms = query.term_query(self._schema, field, values[0], index_option="basic")
        else:
            terms = query.term_set_query(self._schema, field, list(values))
        return query.const_score_query(terms, score)

    def _ranked(self, query: Any, limit: int) -> list[tuple[int, float]]:
        """Return numbers and scores of the best hits; equal scores in the order of the index."""
        hits = self._searcher.search(query, limit, count=False).hits
        numbered = [(-score, address.segment_ord << 32 | address.doc) for score, address in hits]
        return [(number, -score) for score, number in sorted(numbered)]

    def _passages(self, query: Any, limit: int, offset: int = 0) -> Iterator[Passage]:
        """Yield the passages of the best hits in tantivy's order, without caching them."""
        searcher = self._searcher  # a refresh in another thread may replace it meanwhile
        for _, address in searcher.search(query, limit, count=False, offset=offset).hits:
            yield _decode(searcher, address).passage


def _decode(searcher: Any, address: Any) -> IndexedPassage:
    return IndexedPassage(searcher.doc(address).get_first("opened"))
