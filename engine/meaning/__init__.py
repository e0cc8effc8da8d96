"""Find passages by their meaning: vectors of an embedding model, kept beside the index of the library.

In: the passages of the library, and the vector of a question. Out: `SimilarPassages`.

- `vector_file`: `VectorFile`, vectors by the key of their text in one file, and an exact comparison with all of them.
- `library_vectors`: `LibraryVectors`, which passage has which vector, and which have none yet.
- `embedding_job`: `embed_library` embeds those, in batches, on all hosts.
- `similarity`: `SimilarPassages`, how near the passages are to one question.

Must hold: without an embedding model nothing of this package is imported, and no ranking is another one. What was
embedded stays after a crash; the same text is embedded once by the same model. Vectors of deleted passages are deleted.
A vector is compared only with those of the same model. Memory is bounded by a batch, and by a key for each passage,
except that all vectors are in memory while those of deleted passages are removed.

May import: `engine.index`, `engine.model`, `engine.documents`, `engine.atomic_files`, `engine.errors`.
"""
