"""Requests to the hosts of an OpenSearch cluster; every failure is a LibraryError that says what to do."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

from engine.errors import InputError, LibraryError
from engine.index.opensearch.login import PASSWORD, authority_file, authorization, tls_advice
from engine.settings.settings import OpenSearch
from engine.text.safe import one_line

RETRIES = 4  # on other hosts, if one is away
_KEEP_ALIVE = "5m"  # of a point in time, from its last use on
_BULK_BYTES, _BULK_PASSAGES, _BULK_RETRIES = 8_000_000, 500, 8
_ANSWER = ",".join(
    f"responses.{field}"
    for field in (
        "status", "error", "timed_out", "_shards", "hits.total.value", "hits.hits.sort", "hits.hits.fields.opened",
        "aggregations",
    )
)  # fmt: skip
_ADVICE = {
    401: f"look at `user` in opensearch.yaml, and at the password in `password_file` or {PASSWORD}",
    403: "this user may not do that: an administrator of the cluster gives the right",
    404: "persona-moe ingest PATH makes the index",
    413: "the cluster accepts only smaller requests: raise http.max_content_length there",
    429: "the cluster has too much to do: wait, or give it more nodes",
    503: "a part of the index is not there: wait until its nodes are back",
}
_TERM_STATISTICS = dict.fromkeys(("field_statistics", "positions", "offsets", "payloads"), False) | {
    "term_statistics": True
}
_ENDED = ("RemoteDisconnected", "ConnectionReset")
_CLEAR = "it ends the connection: write https:// in `hosts`, if it speaks TLS"
OTHER = "look at `hosts` in opensearch.yaml, and at what is between this machine and them"
_AWAY = "start it, or look at `hosts` in opensearch.yaml; no hosts: the index on this machine"


First = TypeVar("First")
Second = TypeVar("Second")


_LOST = ("search_phase", "no_shard", "unavailable_shards", "node_disconnected", "node_not_connected", "node_closed")
_FORBIDDEN, _NOT_FOUND, _UNAVAILABLE = 403, 404, 503


class PartLostError(LibraryError):
    """A part of the index, or of the state that was read, was on a host that is away; another one may have it."""


class NotThereError(LibraryError):
    """The cluster has no such index."""


class Connection:
    """Speaks to `settings.hosts`; connects with the first request. Counts the `rounds` of requests."""

    def __init__(self, settings: OpenSearch) -> None:
        self._settings = settings
        self.rounds = 0
        self.unused = deque[str]()  # points in time that nothing reads any more
        self._routing_of: dict[str, dict[int, str]] = {}  # by index: for each shard, a value that leads to it

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, "opensearch")

    @cached_property
    def _client(self) -> Any:
        try:
            from opensearchpy import OpenSearch as Client  # noqa: PLC0415 - an extra that may not be installed
        except ModuleNotFoundError as error:
            raise InputError(
                "the package opensearch-py is not installed", hint="pip install '.[opensearch]'"
            ) from error
        settings = self._settings
        hosts = [host if "://" in host else f"http://{host}" for host in settings.hosts]
        return Client(
            hosts=hosts,
            headers=authorization(settings, hosts),
            ca_certs=authority_file(settings),
            timeout=settings.timeout_seconds,
            max_retries=RETRIES,
            retry_on_timeout=True,
            retry_on_status=(502, 504),
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn an error of the client into a LibraryError."""
        from opensearchpy import exceptions  # noqa: PLC0415 - with the client

        try:
            yield
        except exceptions.ConnectionTimeout as error:
            reason = f"{self._where} did not answer in {self._settings.timeout_seconds:g} seconds"
            raise LibraryError(reason, hint="it is overloaded, or `timeout_seconds` is too short") from error
        except exceptions.SSLError as error:
            raise LibraryError(f"no secure connection to {self._where}", hint=tls_advice(str(error))) from error
        except exceptions.ConnectionError as error:
            is_ended = any(words in str(error) for words in _ENDED) and "https://" not in self._where
            raise LibraryError(f"no OpenSearch at {self._where} answers", hint=_CLEAR if is_ended else _AWAY) from error
        except exceptions.SerializationError as error:
            raise LibraryError(f"{self._where} does not answer as OpenSearch does", hint=OTHER) from error
        except exceptions.TransportError as error:
            status = error.status_code if isinstance(error.status_code, int) else 0
            raise _refusal(status, error.error, self._where, _reason_of(error.info)) from error
        except exceptions.OpenSearchException as error:
            raise LibraryError(f"{self._where}: {one_line(str(error))[:200]}") from error
        except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:  # of what it sent
            raise LibraryError(f"{self._where} does not answer as OpenSearch does", hint=OTHER) from error

    @property
    def _where(self) -> str:
        return one_line(", ".join(self._settings.hosts))

    def request(self, method: str, path: str, body: Any = None, **params: object) -> Any:
        """Send one request and return what is answered. Raises LibraryError."""
        client = self._client
        self.rounds += 1
        with self._errors():
            return client.transport.perform_request(method, path, params=params or None, body=body)

    def exists(self, name: str) -> bool:
        """Tell whether there is an index with this name."""
        # Not a HEAD, whose answer says nothing of a right that is missing.
        return "error" not in self.request("GET", f"/{name}", ignore=404, filter_path="error,*.settings.index.uuid")

    def point_in_time(self, name: str) -> str:
        """Return the id of a state of the whole index as it is now."""
        self._forget_unused()
        path = f"/{name}/_search/point_in_time"
        answer = self.request("POST", path, keep_alive=_KEEP_ALIVE, allow_partial_pit_creation="false")
        with self._errors():
            return str(answer["pit_id"])

    def _forget_unused(self) -> None:
        """Let the cluster forget the states that nothing reads, of which it keeps only some hundreds."""
        points = [self.unused.popleft() for _ in range(len(self.unused))]
        if points:
            with suppress(LibraryError):  # they are forgotten by themselves, too
                self.request("DELETE", "/_search/point_in_time", {"pit_id": points})

    def search(self, point_in_time: str, searches: Sequence[Mapping[str, Any]], *, all_shards: bool) -> list[Any]:
        """Return the answers of all searches in that state, in one request; each is complete.

        With `all_shards`, scores count words in all shards. Raises LibraryError if a shard of one is missing.
        """
        if not searches:
            return []
        kind = "dfs_query_then_fetch" if all_shards else "query_then_fetch"
        pit = {"id": point_in_time, "keep_alive": _KEEP_ALIVE}
        lines = []
        for search in searches:
            counts = search["size"] == 0  # no scores
            lines += [{"search_type": "query_then_fetch" if counts else kind}, {**search, "pit": pit}]
        client = self._client
        self.rounds += 1
        with self._errors():
            answers = client.msearch(body=lines, params={"filter_path": _ANSWER})["responses"]
            for answer, _ in zip(answers, searches, strict=True):
                self._refuse_partial(answer)
            return list(answers)

    def _refuse_partial(self, answer: Mapping[str, Any]) -> None:
        if answer.get("status", 200) != 200 or "error" in answer:  # noqa: PLR2004 - HTTP's OK
            raise _refusal(answer.get("status", 0), _kind(answer.get("error")), self._where)
        shards = answer["_shards"]
        if answer.get("timed_out") or shards["failed"] or shards["successful"] != shards["total"]:
            reason = f"{shards['total'] - shards['successful'] or 'some'} of {shards['total']} parts of the index"
            raise PartLostError(f"{reason} at {self._where} did not answer", hint=_ADVICE[503])

    def whole(self, path: str, search: Mapping[str, Any], fields: str) -> dict[str, Any]:
        """Return these fields of the answer to a search of the newest state; raises LibraryError if it is not whole."""
        answer = self.request("POST", path, search, filter_path=f"status,error,timed_out,_shards,{fields}")
        with self._errors():
            self._refuse_partial(answer)
            return dict(answer)

    def frequencies(self, name: str, tokens: Collection[tuple[str, str]], shards: int) -> dict[tuple[str, str], int]:
        """Return how many passages of an index have each token in its field, removed ones included.

        All of them cost one request, and no search; tokens that no passage has are left out.
        """
        if not tokens:
            return {}
        fields = sorted({field for field, _ in tokens})
        document = {field: [token for other, token in tokens if other == field] for field in fields}
        entries = [
            {"_index": name, "routing": routing, "doc": document, "fields": fields, **_TERM_STATISTICS}
            for routing in self._routings(name, shards)
        ]
        path, filter_path = "/_mtermvectors", "docs.error,docs.term_vectors.*.terms.*.doc_freq"
        answers = self.request("POST", path, {"docs": entries}, filter_path=filter_path)
        counts: Counter[tuple[str, str]] = Counter()
        with self._errors():
            for answer in answers.get("docs", []):  # of each shard
                if "error" in answer:
                    raise _refusal(_UNAVAILABLE, _kind(answer["error"]), self._where)
                for field, vector in answer.get("term_vectors", {}).items():
                    terms = vector["terms"].items()
                    counts.update({(field, t): int(f["doc_freq"]) for t, f in terms if "doc_freq" in f})
        return counts

    def _routings(self, name: str, shards: int) -> list[str]:
        """Return for each shard of an index a routing value that leads to it; found once."""
        routings = self._routing_of.setdefault(name, {})
        for routing in map(str, count()):
            if len(routings) == shards:
                break
            answer = self.request("GET", f"/{name}/_search_shards", routing=routing)
            routings.setdefault(int(answer["shards"][0][0]["shard"]), routing)
        return list(routings.values())

    def refreshes(self, name: str) -> frozenset[tuple[str, ...]] | None:
        """Return how often each copy of each shard has changed for its readers.

        None if a copy is missing, or still holds passages that were removed.
        """
        fields = ("docs.deleted", "refresh.external_total", "routing.node")
        filter_path = ",".join(["_shards", *(f"indices.*.shards.*.{field}" for field in fields)])
        answer = self.request("GET", f"/{name}/_stats/docs,refresh", level="shards", filter_path=filter_path)
        with self._errors():
            shards = {
                number: copies
                for index in answer.get("indices", {}).values()
                for number, copies in index.get("shards", {}).items()
            }
            copies = [(number, copy) for number, several in shards.items() for copy in several]
            if answer.get("_shards", {}).get("failed", 1) or not copies:
                return None
            if any(copy["docs"]["deleted"] for _, copy in copies):
                return None
            return frozenset(
                (number, str(copy["routing"]["node"]), str(copy["refresh"]["external_total"]))
                for number, copy in copies
            )

    def at_once(self, first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
        """Do two jobs at the same time, and return both results; the longer one counts as rounds."""
        start = self.rounds
        pending = self._pool.submit(second)
        try:
            answer = first()
        finally:
            wait([pending])
        self.rounds = start + max(1, self.rounds - start - 1)
        return answer, pending.result()

    def bulk(self, actions: Iterable[Mapping[str, Any]]) -> None:
        """Index or delete in bounded requests; what the cluster refuses as too much is sent again after a while."""
        from opensearchpy import helpers  # noqa: PLC0415 - with the client

        client = self._client
        with self._errors():
            for done, item in helpers.streaming_bulk(
                client,
                actions,
                chunk_size=_BULK_PASSAGES,
                max_chunk_bytes=_BULK_BYTES,
                max_retries=_BULK_RETRIES,
                raise_on_error=False,
            ):
                [(_, result)] = item.items()
                if not done and result.get("status") != _NOT_FOUND:  # it was deleted before
                    raise _refusal(result.get("status", 0), _kind(result.get("error")), self._where)


def _refusal(status: int, kind: object, where: str, reason: object = "") -> LibraryError:
    """Return the error for a refused request of which the cluster names the `kind` of problem."""
    words = one_line(str(kind))[:150]
    if "search_context" in words:
        return PartLostError(f"OpenSearch at {where} has forgotten the state that was read", hint="ask again")
    if status == _UNAVAILABLE or any(part in words for part in _LOST):
        return PartLostError(f"OpenSearch at {where} cannot read a part of the index: {words}", hint=_ADVICE[503])
    if status == _FORBIDDEN and reason:  # the right that is missing
        words = one_line(str(reason))[:300]
    kind_of_error = NotThereError if status == _NOT_FOUND else LibraryError
    refusal = f"OpenSearch at {where} refuses: {f'{status} {words}'.strip()}"
    return kind_of_error(refusal, hint=_ADVICE.get(status, "its log says more"))


def _reason_of(answer: object) -> object:
    """Return the reason in the body of a refusal, of the whole request or of its first shard; empty for none."""
    failures = answer.get("_shards", {}).get("failures", ()) if isinstance(answer, dict) else ()
    error = failures[0].get("reason") if failures else answer.get("error") if isinstance(answer, dict) else None
    return error.get("reason", "") if isinstance(error, dict) else ""


def _kind(error: object) -> object:
    return error.get("type", "") if isinstance(error, dict) else error
