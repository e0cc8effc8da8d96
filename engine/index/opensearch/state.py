"""The one state of an index that a question reads, also while a host is lost."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from engine.errors import LibraryError
from engine.index.opensearch import mapping
from engine.index.opensearch.connection import Connection, PartLostError
from engine.index.opensearch.writer import numbers_index
from engine.settings.settings import OpenSearch
from engine.text.safe import one_line

_FRESH_SECONDS = 60.0  # in which questions may read the state of the last one
_PAUSES = (0.2, 1.0, 3.0, 6.0)  # seconds in which a cluster finds copies of the parts of a lost host

Query = dict[str, Any]


class State(NamedTuple):
    """A state of the whole index: its id, its passages and words, and the passages of each language.

    `has_deleted`: the frequencies that Lucene keeps count passages, too, that were removed.
    """

    point_in_time: str
    passages: int
    words: int
    languages: dict[str, int]
    has_deleted: bool
    shards: int
    read_at: float


class StateReader:
    """Reads the index `name`, which is made if it is missing; calls `on_new` when another state is read."""

    def __init__(self, connection: Connection, name: str, settings: OpenSearch, on_new: Callable[[], None]) -> None:
        self._connection, self._name, self._settings, self._on_new = connection, name, settings, on_new
        self.generation = 0
        self._current: State | None = None

    def refresh(self) -> None:
        """Read the newest state from the next look-up on."""
        state, self._current = self._current, None
        if state is not None:
            with suppress(LibraryError):  # it is forgotten by itself, too
                self._connection.forget(state.point_in_time)

    def refresh_if_old(self) -> None:
        """Refresh if the state was read a while ago: other machines may have changed the index."""
        if self._current is not None and time.monotonic() - self._current.read_at > _FRESH_SECONDS:
            self.refresh()

    @property
    def state(self) -> State:
        """The state that is read. Raises LibraryError."""
        if self._current is None:
            self.make_if_missing()
            try:
                self._current = self._newest()
            except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
                hosts = one_line(", ".join(self._settings.hosts))
                raise LibraryError(f"{hosts} does not answer as OpenSearch does", hint="look at `hosts`") from error
            self.generation += 1
            self._on_new()
        return self._current

    def _newest(self) -> State:
        point_in_time = self._connection.point_in_time(self._name)
        [answer] = self._connection.search(point_in_time, [mapping.summary()], all_shards=False)
        figures = answer["aggregations"]
        return State(
            point_in_time,
            int(answer["hits"]["total"]["value"]),
            int(figures["words"]["value"]),
            {bucket["key"]: bucket["doc_count"] for bucket in figures["languages"]["buckets"]},
            self._connection.has_deleted(self._name),
            self._connection.shards(self._name),
            time.monotonic(),
        )

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
        if newest[1:4] != state[1:4]:
            self._current = None
            raise LibraryError("the index changed while a host was lost", hint="ask again")
        self._current = newest
        return newest
