"""The engine: documents in, cited answers out. It knows no screen and no store.

A question goes through its packages from bottom to top: `documents` and `text` make passages, `index` finds them,
`question` reads the question, `walk` follows links, `mixture` chooses personas and ranks their evidence, `answer`
writes, `run` ties this together and emits `events`. `personas`, `model` and `settings` serve them; `bench` measures.

Words of this house:

- passage: a piece of a document with its exact span. Its id is lasting, its number is valid until the index refreshes.
- stem, root: a word without its ending; the form that related stems share (`director`, `directed`).
- relation words: words that express the same relation, such as `born` and `birthplace`.
- neighbourhood: the passages that one question has opened, and the links between them.
- walk: the paths of one persona through the neighbourhood, with a score for each passage.
- panel: the personas that were called for a question, and their common ranking. The control only searches.
- gate: chooses the personas of a question. A receipt says why it called a persona or not.
- voice: the weight of a persona's evidence in the ranking; in `answer`, the way that it writes.
- credit: the share of the panel's first five passages that is lost without a persona. Reward: scores plus credit.
- outlook: what the next review would do with a persona. Roster: all personas with their states.
"""

__version__ = "0.2.0.dev0"
