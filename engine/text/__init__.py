"""Text as strings: words, stems, sentences, dates and names, without any file or index.

In: the text or title of a document, or a question. Out: lists of words, stems or roots, character spans of sentences,
keys of names, and text that is safe to print.

- `words`: normalise a text, split it into words (`raw_words`), fold case and accents (`folded`), stem (`stems`).
- `languages`: detect the language of a text (`language_of`); its stemmer and its function words.
- `names`: `analyse` computes once, at ingest, what the index keeps of a passage (`Analysis`): roots, sentence ends and
  runs of capitalised words. `names_in` and `mentions_in` read the names of the runs. `name_key` is the form under which
  a name is looked up, `root` the form that `director` and `directed` share.
- `dates`: terms such as `day:0106` for the dates in a text. `relation_words`: roots that express the same relation.
- `amounts`: the cells of a column as exact numbers in one unit. `numbers`: the numbers among words.
- `sentences`: spans of sentences. `safe`: removes what could control a terminal. `links`: how links read.

Must hold: every function is deterministic; a change of these modules, except `safe` and `links`, changes what is stored
in an index, so `engine.index.catalogue.FORMAT` must grow with it. Caches of words are filled but never emptied, because
another thread may be reading them.

May import: only the standard library, tantivy's text analyzers, and the packages for languages, stemmers and scripts.
"""
