"""The search index in an OpenSearch cluster, for libraries beyond one machine; used only where its hosts are set.

In: the settings of `configs/opensearch.yaml`. Out: the same look-ups with the same scores as `SearchIndex`, a round of
them in one request.

- `index`: `OpenSearchIndex`, the look-ups, in the one `state` of the index that a question reads.
- `writer`: `OpenSearchWriter`, which ingests in bulk.
- `connection`: `Connection`, requests whose every failure is a LibraryError. `login`: the password, and which hosts are
  believed. `mapping`: the fields, as JSON.

What always holds: a run sees one state (a point in time). An answer of which a shard is missing is refused, never used.
The id of a passage follows from its file and number, so that what is sent twice, after a failure or by two machines, is
there once. Statistics are those of all shards together.

May import what `engine.index` may, and opensearch-py (the extra `opensearch`): with the first request.
"""
