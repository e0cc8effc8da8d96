"""Search passages in an OpenSearch index: the look-ups of `SearchIndex`, with the same scores."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from hashlib import blake2b
from pathlib import Path
from typing import Any

from engine.atomic_files import only_writer
from engine.documents.passages import Passage
from engine.errors import LibraryError
from engine.index.index_writer import field_of, language_scope
from engine.index.indexed_passage import IndexedPassage
from engine.index.opensearch import mapping
from engine.index.opensearch.connection import Connection
from engine.index.opensearch.state import Contents, Query, State, StateReader
from engine.index.opensearch.writer import OpenSearchWriter, document_id
from engine.index.preparation import name_token
from engine.index.search_index import (
    CACHED,
    EXACT_WEIGHT,
    MOST_TITLED,
    SIMILAR_HITS,
    Answers,
    Counts,
    Search,
    inverse_document_frequency,
    languages_among,
    nearest_spellings,
    spelling_distance,
)
from engine.settings.settings import OpenSearch
from engine.text.names import title_keys

_PAGE = 2_000  # passages of one request, where many are read


class OpenSearchIndex:
    """The index of a library in a cluster. It reads one state until the next `refresh`, and `pinned` always.

    `folder` holds the lock of the one writer on this machine. Nothing is connected before the first look-up, each of
    which may raise LibraryError.
    """

    def __init__(self, folder: Path, settings: OpenSearch, version: int) -> None:
        self._folder, self._settings = folder, settings
        self.connection = Connection(settings)
        self.name = f"{settings.index}-{version}"
        self.key = blake2b(f"{settings.hosts} {self.name}".encode(), digest_size=4).hexdigest()
        self.refresh()

    # -- the state that is read ---------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the state that is read: another one has other passages."""
        return self._reader.generation

    def refresh(self) -> None:
        """Read the index as it is at the next look-up."""
        self._reader = StateReader(self.connection, self.name, self._settings)
        self._frequencies: dict[tuple[str, ...], int] = {}  # of tokens, by field, and of names
        self.forget()

    def refresh_if_old(self) -> None:
        """Refresh if the state was read a while ago, since other machines may have changed the index, or is lost."""
        if self._reader.is_old:
            self.refresh()

    def pinned(self) -> "OpenSearchIndex":
        """See `SearchIndex.pinned`."""
        return copy(self)

    @property
    def _state(self) -> State:
        return self._reader.state

    @property
    def _contents(self) -> Contents:
        return self._state.contents

    def __len__(self) -> int:
        return self._contents.passages

    @property
    def mean_length(self) -> float:
        """The mean number of words of a passage; 1 for an empty index."""
        contents = self._contents
        return contents.words / contents.passages if contents.passages else 1.0

    @property
    def languages(self) -> tuple[str, ...]:
        """See `SearchIndex.languages`."""
        return languages_among(self._contents.languages.__contains__)

    @contextmanager
    def writing(self) -> Iterator[OpenSearchWriter]:
        """Give this machine's writer. Raises LibraryError if another session of it writes."""
        hint = "wait until its ingest is done, then try again"
        refusal = LibraryError("the library is being written by another session", hint=hint)
        with only_writer(self._folder / "opensearch.lock", refusal):
            try:
                self._reader.make_if_missing()
                yield OpenSearchWriter(self.connection, self.name)
            finally:
                self.refresh()

    def forget(self) -> None:
        """Drop the passages kept in memory."""
        self._stored: dict[int, bytes] = {}
        self._missing: set[int] = set()  # numbers of no passage
        self._sides: set[int] = set()  # numbers beside passages that a search for words found
        self._opened: dict[int, IndexedPassage] = {}

    # -- requests -----------------------------------------------------------------------------------------

    def _ask(self, searches: Sequence[Query]) -> list[Any]:
        return self._reader.ask(searches)

    def _count(self, counts: Iterable[tuple[tuple[str, ...], Sequence[Query]]]) -> None:
        """Count the passages that fulfil queries, by a key, in one request; known counts are not asked for."""
        new = self._uncounted(dict(counts))
        answers = self._ask([mapping.counting(filters) for filters in new.values()])
        self._keep_counts(new, answers)

    def _uncounted(self, counts: Mapping[tuple[str, ...], Sequence[Query]]) -> dict[tuple[str, ...], Sequence[Query]]:
        return {key: filters for key, filters in counts.items() if key not in self._frequencies}

    def _keep_counts(self, keys: Iterable[tuple[str, ...]], answers: Iterable[Any]) -> None:
        self._frequencies.update(
            (key, int(answer["hits"]["total"]["value"])) for key, answer in zip(keys, answers, strict=True)
        )

    def _beside(self) -> list[Query]:
        """Return a search for the passages beside those that were found, which most questions look at later."""
        numbers = [number for number in sorted(self._sides) if number not in self._stored]
        return [mapping.in_order([{"terms": {"n": numbers}}], len(numbers))] if numbers else []

    def _keep_beside(self, answers: Sequence[Any]) -> None:
        for answer in answers:
            self._hits(answer)
            self._missing.update(number for number in self._sides if number not in self._stored)
            self._sides.clear()

    def _hits(self, answer: Any) -> list[tuple[int, float]]:
        """Return numbers and scores of the hits, and keep their passages."""
        if len(self._stored) > CACHED:
            self.forget()
        hits = []
        for hit in answer.get("hits", {}).get("hits", ()):
            *scores, number = hit["sort"]
            self._stored[number] = base64.b64decode(hit["fields"]["opened"][0])
            hits.append((number, float(scores[0] or 0.0) if scores else 0.0))
        return hits

    def _numbers(self, answer: Any) -> list[int]:
        return [number for number, _ in self._hits(answer)]

    # -- several look-ups at once, each in one request ----------------------------------------------------

    def count(self, terms: Sequence[tuple[str, str]], names: Sequence[str], *, scope: Sequence[str] = ()) -> Counts:
        """See `SearchIndex.count`."""
        keys = [self._term_key(stem, language) for stem, language in terms]
        counts = dict(filter(None, [*keys, *map(self._name_key, names)]))
        new = self._uncounted(counts)
        titles = [self._titled(name, scope) for name in names]
        answers = self._ask([*map(mapping.counting, new.values()), *titles])
        self._keep_counts(new, answers[: len(new)])
        return Counts(
            [self._frequencies[key] for key, _ in keys],
            [self._frequencies[self._name_key(name)[0]] for name in names],
            [self._numbers(answer) for answer in answers[len(new) :]],
        )

    def look_up(self, searches: Sequence[Search], titles: Sequence[str], *, scope: Sequence[str] = ()) -> Answers:
        """See `SearchIndex.look_up`."""
        exact = {stem for search in searches for stem in search.terms if field_of(stem) != "body"}
        if exact:
            self._count(self._term_key(stem, "") for stem in sorted(exact))
        chosen = ((n, search) for n, search in enumerate(searches) if search.terms or search.mention)
        queries = [(n, self._search(*search, scope)) for n, search in chosen]
        answers = self._ask([*(query for _, query in queries), *(self._titled(key, scope) for key in titles)])
        hits: list[list[tuple[int, float]]] = [[] for _ in searches]
        for (n, _), answer in zip(queries, answers, strict=False):
            hits[n] = self._hits(answer)
            self._sides.update(side for number, _ in hits[n] for side in (number - 1, number + 1))
        return Answers(hits, [self._numbers(answer) for answer in answers[len(queries) :]])

    def existing(self, numbers: Iterable[int]) -> set[int]:
        """See `SearchIndex.existing`."""
        candidates = sorted(set(numbers))
        stored = {number for number in candidates if number in self._stored}
        if new := [n for n in candidates if n not in stored and n not in self._missing]:
            self._sides.update(new)
            self._keep_beside(self._ask(self._beside()))  # which may forget the stored ones
        return stored | {number for number in candidates if number in self._stored}

    def name_frequencies(self, keys: Iterable[str]) -> list[tuple[int, int]]:
        """See `SearchIndex.name_frequencies`."""
        names = list(keys)
        counts = dict([*map(self._name_key, names), *map(self._title_key, names)])
        new = self._uncounted(counts)
        tokens = {key: _token(filters) for key, filters in new.items() if len(filters) == 1}
        others = {key: filters for key, filters in new.items() if key not in tokens}
        searches = [*map(mapping.counting, others.values()), *self._beside()]
        if tokens or searches:
            answers, frequencies = self.connection.at_once(
                lambda: self._ask(searches), lambda: self._reader.frequencies(set(tokens.values()))
            )
            self._keep_counts(others, answers[: len(others)])
            self._keep_beside(answers[len(others) :])
            if frequencies is None:
                self._count((key, new[key]) for key in tokens)
            else:
                self._frequencies.update((key, frequencies.get(token, 0)) for key, token in tokens.items())
        return [
            (self._frequencies[self._name_key(name)[0]], self._frequencies[self._title_key(name)[0]]) for name in names
        ]

    # -- single ones --------------------------------------------------------------------------------------

    def search(
        self, terms: Mapping[str, float], limit: int, *, mention: str = "", scope: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """See `SearchIndex.search`."""
        return self.look_up([Search(terms, limit, mention)], (), scope=scope).hits[0]

    def titled(self, key: str, *, scope: Sequence[str] = ()) -> list[int]:
        """See `SearchIndex.titled`."""
        return self.look_up((), [key], scope=scope).titled[0]

    def term_frequency(self, stem: str, language: str = "") -> int:
        """See `SearchIndex.term_frequency`."""
        return self.count([(stem, language)], ()).terms[0]

    def name_frequency(self, key: str) -> int:
        """See `SearchIndex.name_frequency`."""
        self._count([self._name_key(key)])
        return self._frequencies[self._name_key(key)[0]]

    def similar(self, stem: str) -> list[str]:
        """See `SearchIndex.similar`."""
        if not (distance := spelling_distance(stem)):
            return []
        query = {"fuzzy": {"body": {"value": stem, "fuzziness": distance, "max_expansions": 1_000}}}
        [answer] = self._ask([mapping.in_order([query], SIMILAR_HITS)])
        roots = {root for number in self._numbers(answer) for root in self.open(number).roots}
        near = nearest_spellings(stem, roots)
        counts = self.count([(root, "") for root in near], ()).terms if near else []
        return [root for root, count in zip(near, counts, strict=True) if count]

    def open(self, number: int) -> IndexedPassage:
        """See `SearchIndex.open`. Raises KeyError if there is no such passage."""
        if number not in self._opened:
            if number not in self._stored:
                self.existing([number])
            self._opened[number] = IndexedPassage(self._stored[number])
        return self._opened[number]

    def find(self, passage_id: str, title: str) -> Passage | None:  # noqa: ARG002 - the id is enough here
        """Return the passage with this id; None if the index does not hold it (any more)."""
        [answer] = self._ask([mapping.in_order([{"ids": {"values": [document_id(passage_id)]}}], 1)])
        passages = (IndexedPassage(stored).passage for _, stored in _stored(answer))
        return next((passage for passage in passages if passage.id == passage_id), None)

    def titles(self, key: str, limit: int, *, scope: Sequence[str] = ()) -> list[str]:
        """See `SearchIndex.titles`."""
        filters = [{"prefix": {"title": name_token(key)}}, *mapping.restriction(scope)]
        [answer] = self._ask([mapping.in_order(filters, limit)])
        titles = dict.fromkeys(IndexedPassage(stored).passage.title for _, stored in _stored(answer))
        return [title for title in titles if any(other.startswith(key) for other in title_keys(title))]

    # -- all passages of a file ---------------------------------------------------------------------------

    def under(self, scope: str, limit: int) -> list[int]:
        """See `SearchIndex.under`."""
        numbers: list[int] = []
        for page in self._pages(scope, limit):
            numbers += (number for number, _ in page)
        return numbers

    def some_under(self, scope: str, positions: Sequence[int]) -> Iterator[IndexedPassage]:
        """See `SearchIndex.some_under`."""
        chosen, position = set(positions), 0
        for page in self._pages(scope, positions[-1] + 1):
            for _, stored in page:
                if position in chosen:
                    yield IndexedPassage(stored)
                position += 1

    def _pages(self, scope: str, limit: int) -> Iterator[list[tuple[int, bytes]]]:
        """Yield the first passages of a folder, file or group with their numbers, a request at a time."""
        last = -1
        while limit > 0:
            filters = [mapping.term("scope", scope), {"range": {"n": {"gt": last}}}]
            [answer] = self._ask([mapping.in_order(filters, min(limit, _PAGE))])
            if not (page := _stored(answer)):
                return
            yield page
            last, limit = page[-1][0], limit - len(page)

    # -- queries ------------------------------------------------------------------------------------------

    def _search(self, terms: Mapping[str, float], limit: int, name: str, scope: Sequence[str]) -> Query:
        restriction = mapping.restriction(scope)
        if not terms:
            return mapping.in_order([*mapping.mention(name), *restriction], limit)
        should = [self._scored(stem, weight) for stem, weight in terms.items()]
        return mapping.ranked(should, mapping.mention(name) if name else [], restriction, limit)

    def _scored(self, stem: str, weight: float) -> Query:
        """Return the query that scores a stem; a date or part number counts alike in every passage."""
        if (field := field_of(stem)) == "body":
            return {"term": {"body": {"value": stem, "boost": weight}}}
        rarity = inverse_document_frequency(self._frequencies[self._term_key(stem, "")[0]], len(self))
        return {"constant_score": {"filter": mapping.term(field, stem), "boost": EXACT_WEIGHT * weight * rarity}}

    def _titled(self, key: str, scope: Sequence[str]) -> Query:
        return mapping.in_order([mapping.term("title", name_token(key)), *mapping.restriction(scope)], MOST_TITLED)

    def _term_key(self, stem: str, language: str) -> tuple[tuple[str, ...], list[Query]]:
        """Return the key of a count, and its queries; where all passages are in one language, it does not count."""
        field = field_of(stem)
        if not language or len(self.languages) == 1:
            return (field, stem), [mapping.term(field, stem)]
        queries = [mapping.term(field, stem), mapping.term("scope", language_scope(language))]
        return (field, stem, language), queries

    @staticmethod
    def _name_key(name: str) -> tuple[tuple[str, ...], list[Query]]:
        return ("mention", name), mapping.mention(name)

    @staticmethod
    def _title_key(name: str) -> tuple[tuple[str, ...], list[Query]]:
        return ("title", name), [mapping.term("title", name_token(name))]


def _stored(answer: Any) -> list[tuple[int, bytes]]:
    """Return numbers and passages of the hits."""
    hits = answer.get("hits", {}).get("hits", ())
    return [(hit["sort"][-1], base64.b64decode(hit["fields"]["opened"][0])) for hit in hits]


def _token(filters: Sequence[Query]) -> tuple[str, str]:
    """Return the field and token of the one query for a token."""
    [(field, value)] = filters[0]["term"].items()
    return field, str(value)
