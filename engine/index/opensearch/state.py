"""The one state of an index that a question reads, also while a host is lost."""

import time
import weakref
from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any, NamedTuple

from engine.errors import LibraryError
from engine.index.opensearch import mapping
from engine.index.opensearch.connection import OTHER, Connection, NotThereError, PartLostError
from engine.index.opensearch.writer import numbers_index
from engine.settings.settings import OpenSearch
from engine.text.safe import one_line

_FRESH_SECONDS = 60.0  # in which questions may read the state of the last one
_PAUSES = (0.2, 1.0, 3.0, 6.0)  # seconds in which a cluster finds copies of the parts of a lost host
_GENERATIONS = count(1)

Query = dict[str, Any]
Frequencies = dict[tuple[str, str], int]


class Contents(NamedTuple):
    """What a state is compared with another one by: its passages, their words, languages and numbers."""

    passages: int
    words: int
    languages: dict[str, int]
    sum_of_numbers: float
    highest_number: float


class State(NamedTuple):
    """A state of the whole index, in so many shards, by its id; `read_at` is of the monotonic clock.

    `refreshes` are those of each copy of a shard when it was read: while they are the same, the frequencies that Lucene
    keeps are of this state. None if that cannot be known, or if they count passages, too, that were removed.
    """

    point_in_time: str
    contents: Contents
    refreshes: frozenset[tuple[str, ...]] | None
    shards: int
    read_at: float


class StateReader:
    """Reads one state of the index `name`, which is made if it is missing: the newest at the first look-up.

    Another state has another `generation`. May be used by several threads.
    """

    def __init__(self, connection: Connection, name: str, settings: OpenSearch) -> None:
        self._connection, self._name, self._settings = connection, name, settings
        self.generation = next(_GENERATIONS)
        self._lock = Lock()
        self._current: State | None = None
        self._failure: LibraryError | None = None  # why the state cannot be read any more

    @property
    def is_old(self) -> bool:
        """Whether a new question should read another state: this one was read a while ago, or is lost."""
        state = self._current
        is_aged = state is not None and time.monotonic() - state.read_at > _FRESH_SECONDS
        return is_aged or self._failure is not None

    @property
    def state(self) -> State:
        """The state that is read. Raises LibraryError, always when it was lost."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._current is None:
                try:
                    self._current = self._newest_or_new()
                except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
                    hosts = one_line(", ".join(self._settings.hosts))
                    raise LibraryError(f"{hosts} does not answer as OpenSearch does", hint=OTHER) from error
            return self._current

    def _newest_or_new(self) -> State:
        try:
            return self._newest()
        except NotThereError:
            self.make_if_missing()
            return self._newest()

    def _newest(self) -> State:
        refreshes = self._connection.refreshes(self._name)
        point_in_time = self._connection.point_in_time(self._name)
        forget = weakref.finalize(self, self._connection.unused.append, point_in_time)
        forget.atexit = False
        [answer] = self._connection.search(point_in_time, [mapping.summary()], all_shards=False)
        figures = answer["aggregations"]
        contents = Contents(
            int(answer["hits"]["total"]["value"]),
            int(figures["words"]["value"]),
            {bucket["key"]: bucket["doc_count"] for bucket in figures["languages"]["buckets"]},
            float(figures["numbers"]["sum"] or 0),
            float(figures["numbers"]["max"] or 0),
        )
        is_one = refreshes is not None and refreshes == self._connection.refreshes(self._name)
        shards = int(answer["_shards"]["total"])
        return State(point_in_time, contents, refreshes if is_one else None, shards, time.monotonic())

    def make_if_missing(self) -> None:
        """Make the index, and the one that passages are numbered by. Raises LibraryError."""
        replicas = self._settings.replicas
        for name, body in (
            (self._name, mapping.index_body(self._settings.shards, replicas)),
            (numbers_index(self._name), {"settings": {"number_of_shards": 1, "number_of_replicas": replicas}}),
        ):
            if not self._connection.exists(name):
                answer = self._connection.request("PUT", f"/{name}", body, ignore=400)
                if "error" in answer and "resource_already_exists" not in str(answer["error"]):
                    raise LibraryError(f"the OpenSearch index {name} cannot be made", hint=str(answer["error"])[:200])

    def frequencies(self, tokens: Collection[tuple[str, str]]) -> Frequencies | None:
        """Return how many passages of the state have each token in its field; those that none has are left out.

        This costs no search. None if only a search can tell.
        """
        state = self.state
        if state.refreshes is None:
            return None
        try:
            frequencies = self._connection.frequencies(self._name, tokens, state.shards)
            is_same = self._connection.refreshes(self._name) == state.refreshes
        except PartLostError:
            return None
        return frequencies if is_same else None

    def ask(self, searches: Sequence[Query]) -> list[Any]:
        """Return the answers to all searches of the state, in one request.

        If a host is lost, the same state is read from others, unless the index has changed meanwhile.
        """
        state = self.state
        for pause in _PAUSES:
            try:
                return self._search(state, searches)
            except PartLostError:
                time.sleep(pause)
                with suppress(PartLostError):
                    state = self._reopened(state)
        return self._search(state, searches)

    def _search(self, state: State, searches: Sequence[Query]) -> list[Any]:
        return self._connection.search(state.point_in_time, searches, all_shards=state.shards > 1)

    def _reopened(self, state: State) -> State:
        """Return the newest state, if it has what this one has. Raises LibraryError if the index has changed."""
        newest = self._newest()
        with self._lock:
            if newest.contents != state.contents:
                self._current = None
                self._failure = LibraryError("the index changed while a host was lost", hint="ask again")
                raise self._failure
            self._current = newest
        return newest
