"""Write passages into an OpenSearch index in bulk."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from engine.errors import LibraryError
from engine.index.index_writer import EVERYTHING, language_scope
from engine.index.indexed_passage import IndexedPassage
from engine.index.opensearch.connection import Connection
from engine.index.opensearch.mapping import LONGEST_TOKEN
from engine.index.preparation import PreparedPassage

_BLOCK = 1 << 20  # numbers that one writer takes at once
_MOST_PENDING = 1_000  # passages, or files to remove, that are kept back for one request
_MOST_DELETED = 10_000  # passages in one request
_MOST_TRIES = 100  # to take numbers while other machines do


def document_id(passage_id: str) -> str:
    """Return the id in the index of the passage with this id."""
    return blake2b(passage_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class OpenSearchWriter:
    """Changes the index `name` inside `OpenSearchIndex.writing`; readers see the changes after `commit`.

    Several machines may write at once, each its own files. What was sent before a failure is sent again by the next
    ingest, under the same ids. Every method raises LibraryError if the cluster refuses.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection, self._name = connection, name
        self._numbers: Iterator[int] = iter(())
        self._removed: dict[str, None] = {}  # files to remove before the pending passages are sent
        self._pending: list[tuple[str, dict[str, Any]]] = []  # files, each with a passage
        self._sent: set[str] = set()  # files of which passages were sent since the last refresh
        self._refresh()  # so that what an ingest sent that was killed is removed, too

    def add(self, passages: Iterable[PreparedPassage], scope: Sequence[str]) -> tuple[int, int]:
        """Add passages under each folder, file or group in `scope`; return the numbers of passages and of words."""
        count = total = 0
        for passage in passages:
            self._pending.append((scope[0] if scope else "", self._action(passage, scope)))
            count, total = count + 1, total + passage.words
            if len(self._pending) >= _MOST_PENDING:
                self._send()
        return count, total

    def _action(self, passage: PreparedPassage, scope: Sequence[str]) -> dict[str, Any]:
        return {
            "_index": self._name,
            "_id": document_id(IndexedPassage(passage.stored).passage.id),
            "n": self._next_number(),
            "words": passage.words,
            "language": passage.language,
            "body": passage.body,
            "exact": _tokens(passage.exact),
            "mention": _tokens(passage.mentions),
            "title": _tokens(passage.titles),
            "scope": [EVERYTHING, language_scope(passage.language), *scope],
            "opened": base64.b64encode(passage.stored).decode("ascii"),
        }

    def remove(self, scope: str) -> None:
        """Remove every passage of this folder, file or group that was added until now."""
        self._pending = [(file, action) for file, action in self._pending if scope not in action["scope"]]
        if scope in self._sent:
            self._send()
            self._refresh()
        self._removed[scope] = None
        if len(self._removed) >= _MOST_PENDING:
            self._send()

    def clear(self, files: Iterable[str]) -> None:
        """Remove the passages of these files: those of other machines are none of this library's."""
        for file in files:
            self.remove(file)

    def commit(self) -> None:
        """Make all changes so far visible at once; those that were sent were durable before."""
        self._send()
        self._refresh()

    def close(self) -> None:
        """End writing; what was not committed is sent again by the next ingest."""

    def _send(self) -> None:
        """Remove what is to be removed, then send the pending passages."""
        removed, self._removed = list(self._removed), {}
        pending, self._pending = self._pending, []
        if removed:
            self._delete(removed)
        self._sent.update(file for file, _ in pending)
        self._connection.bulk(action for _, action in pending)

    def _delete(self, scopes: Sequence[str]) -> None:
        body = {"query": {"terms": {"scope": list(scopes)}}, "size": _MOST_DELETED}
        answer: dict[str, Any] = {}
        while "hits" not in answer or len(answer["hits"]["hits"]) == _MOST_DELETED:
            if answer:
                self._refresh()
            answer = self._connection.whole(f"/{self._name}/_search", body, "hits.hits._id")
            answer.setdefault("hits", {}).setdefault("hits", [])
            deletions = ({"_op_type": "delete", "_index": self._name, "_id": h["_id"]} for h in answer["hits"]["hits"])
            self._connection.bulk(deletions)

    def _refresh(self) -> None:
        answer = self._connection.request("POST", f"/{self._name}/_refresh")
        self._sent.clear()
        if answer["_shards"]["failed"]:
            raise LibraryError("a part of the OpenSearch index did not take the changes", hint="ingest again")

    def _next_number(self) -> int:
        number = next(self._numbers, None)
        if number is None:
            self._numbers = iter(self._take_numbers())
            number = next(self._numbers)
        return number

    def _take_numbers(self) -> range:
        """Take a block of passage numbers that no other writer has, by optimistic concurrency control."""
        path = f"/{numbers_index(self._name)}/_doc/next"
        for _ in range(_MOST_TRIES):
            entry = self._connection.request("GET", path, ignore=404)
            start = int(entry["_source"]["next"]) if entry.get("found") else 0
            condition = (
                {"if_seq_no": entry["_seq_no"], "if_primary_term": entry["_primary_term"]}
                if entry.get("found")
                else {"op_type": "create"}
            )
            answer = self._connection.request("PUT", path, {"next": start + _BLOCK}, ignore=409, **condition)
            if "error" not in answer:
                return range(start, start + _BLOCK)
        raise LibraryError("other machines take passage numbers all the time", hint="ingest again")


def _tokens(text: str) -> list[str]:
    return [token for token in text.split(" ") if 0 < len(token) <= LONGEST_TOKEN]


def numbers_index(name: str) -> str:
    """Return the name of the index of the one entry that says which passage numbers are free."""
    return f"{name}-numbers"
