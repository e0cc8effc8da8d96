"""Documents: from the files of a folder to passages with exact positions, and back from a citation to its source.

In: the path of a file. Out: `Document` (source, title, text), split into `Passage`s.

- `listing`: `list_files` lists the documents of a folder. `reader`: `read_documents` reads one. A file is one
  document; a file of JSON lines is one document for each record.
- `formats`: the readers of HTML and PDF. `sandbox`: `ConfinedReader` runs them.
- `passages`: `split_document` packs paragraphs into passages. `identity`: sources and passage ids as text.
- `cited_source`: reads the source of a citation again and locates the quote in it.

Must hold: `Passage.text` is exactly characters `start` to `end` of the document's text as it was decoded. HTML and PDF
are read in a process with limits on time and memory, never in this one. A file that cannot be read raises
DocumentError with the reason, which the ingest lists; it never ends an ingest. No link leads out of the library's
folders. Another way to split or decode changes what is stored, so `engine.index.catalogue.FORMAT` must grow with it.

May import: `engine.text`, `engine.events` (citations), `engine.errors`.
"""
