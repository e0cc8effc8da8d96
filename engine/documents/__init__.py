"""Documents: from one file to passages with exact positions, and back from a citation to its source.

In: the path of a file. Out: `Document` (source, title, text, metadata, places), split into `Passage`s.

- `listing`: `list_files` lists the files of a folder, without ignored, excluded and hidden ones.
- `reader`: `read_documents` reads one. A file is one document; a file of JSON lines, a mailbox or an exported chat is
  one for each record.
- `foreign`: a reader for each format that is not plain text (table of formats: FORMATS.md). `sandbox`:
  `ConfinedReader` runs them in a `child_process`, under `network_block`. `encoding`: from bytes to characters.
  `metadata`: the front matter of notes.
- `structure`: the blocks of a text and the units in them that can be quoted.
- `passages`: `split_document` packs blocks into passages. `identity`: sources and passage ids as text.
- `description`: what a model wrote about a picture, in front of its text.
- `cited_source`: reads the source of a citation again and locates the quote in it, or draws it as a `Raster`.

Must hold: `Passage.text` is exactly characters `start` to `end` of the document's text. Foreign formats are read in a
process with limits on time and memory, never in this one; they fetch nothing and run nothing. A file that cannot be
read raises DocumentError with the reason, which the ingest lists; it never ends an ingest. No link leads out of the
library's folders. Another way to split or decode changes what is stored, so `engine.index.catalogue.FORMAT` must grow
with it.

May import: `engine.text`, `engine.events` (citations), `engine.errors`.
"""
