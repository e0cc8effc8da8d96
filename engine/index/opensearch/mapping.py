"""The fields of the index and the parts of its queries, as the JSON that OpenSearch reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.index.index_writer import EVERYTHING
from engine.index.preparation import name_token
from engine.text.names import name_pairs

LONGEST_TOKEN = 8_000  # characters of a name; Lucene refuses more than 32,766 bytes
_TOKENS = {"type": "keyword", "doc_values": False}
_PROPERTIES = {
    "n": {"type": "long"},  # the number of the passage: the order of the library
    "words": {"type": "integer", "index": False},
    "language": {"type": "keyword", "norms": False},
    "body": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
    "exact": _TOKENS,
    "mention": _TOKENS,
    "title": _TOKENS,
    "scope": _TOKENS,
    "opened": {"type": "binary", "store": True},  # an `IndexedPassage`
}


def index_body(shards: int, replicas: int) -> dict[str, Any]:
    """Return the settings and fields of a new index. Its scores are those of tantivy: BM25 with k1 1.2 and b 0.75."""
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "refresh_interval": "-1",  # changes are seen from a commit on
            "similarity": {"default": {"type": "BM25", "k1": 1.2, "b": 0.75}},
        },
        "mappings": {"dynamic": "strict", "_source": {"enabled": False}, "properties": _PROPERTIES},
    }


def term(field: str, value: str) -> dict[str, Any]:
    """Return the query for one token of a field."""
    return {"term": {field: value}}


def mention(name: str) -> list[dict[str, Any]]:
    """Return the queries of which a passage fulfils all if it mentions a name: one for each of its pairs."""
    return [term("mention", name_token(pair)) for pair in name_pairs(name)]


def restriction(scope: Sequence[str]) -> list[dict[str, Any]]:
    """Return the query for passages of these folders, files or groups; nothing for the whole library."""
    return [{"terms": {"scope": list(scope)}}] * bool(scope)


def counting(filters: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a search that only counts the passages that fulfil all of these queries."""
    return {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": list(filters)}}}


def in_order(filters: Iterable[Mapping[str, Any]], limit: int) -> dict[str, Any]:
    """Return a search for the first passages, in the order of the library, that fulfil all of these queries."""
    return _with_passages({"size": limit, "sort": [{"n": "asc"}], "query": {"bool": {"filter": list(filters)}}})


def ranked(
    should: Sequence[Mapping[str, Any]],
    mentions: Sequence[Mapping[str, Any]],
    restrictions: Sequence[Mapping[str, Any]],
    limit: int,
) -> dict[str, Any]:
    """Return a search by scores, equal ones in order; without a mention, a hit fulfils one of `should`."""
    least = 0 if mentions else 1
    query = {"should": list(should), "filter": [*mentions, *restrictions], "minimum_should_match": least}
    return _with_passages({"size": limit, "sort": [{"_score": "desc"}, {"n": "asc"}], "query": {"bool": query}})


def summary() -> dict[str, Any]:
    """Return a search that counts the passages, their words and those of each language, and sums their numbers."""
    return {
        "size": 0,
        "track_total_hits": True,
        "query": term("scope", EVERYTHING),
        "aggs": {
            "words": {"sum": {"field": "words"}},
            "numbers": {"stats": {"field": "n"}},
            "languages": {"terms": {"field": "language", "size": 200}},
        },
    }


def _with_passages(search: dict[str, Any]) -> dict[str, Any]:
    return {**search, "track_total_hits": False, "stored_fields": ["opened"]}
