"""The library and its search index: which files are indexed, and the look-ups that a question needs.

In: the folders that a user named. Out: a `Retriever`, the one object by which questions, walks and the bench read
passages.

- `library`: `Library.ingest` brings folders up to date, `Library.retriever` gives the look-ups over them.
- `catalogue`: `Catalogue`, the files that are known with size and time, stored as JSON beside the index.
- `search_index`: `SearchIndex` reads the embedded tantivy index; `index_writer`: `IndexWriter` changes it.
- `opensearch`: the same index in a cluster of other machines, where it is configured. `passage_index`: what both offer.
- `joined_retriever`, `received_passages`: the index, joined for one question by passages of other machines.
- `preparation`: what the index stores of a passage, made without the index; `preparation_pool`: in several processes.
- `retriever`: `Retriever`, the index restricted to a scope, and the weights of BM25.
- `indexed_passage`: the stored form of a passage with its analysis.
- `descriptions`: `Descriptions`, what models wrote about pictures, by the hash of their content.
- `topics`: what a library is about, found in the `name_network` of its names and titles, kept until a file changes.
- `file_contents` and `title_completion`: what screens show of the index.

Must hold: a passage number (segment and document of tantivy) is valid until the next refresh; what is stored or shown
uses passage ids. There is one writer across processes; readers see the last commit. The index is committed before the
catalogue, so that after a crash files are read again, never lost. The same documents give the same index, whatever the
machine: one indexing thread, passages in the order of the files, ties by passage number. What is stored has the version
`catalogue.FORMAT`.

May import: `engine.documents`, `engine.settings`, `engine.text`, `engine.atomic_files`, `engine.events`,
`engine.errors`.
"""
