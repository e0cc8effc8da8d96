"""Questions: what a question asks, in terms of the library.

In: the text of a question and a `Retriever`. Out: a `Question` with weighted terms and the names that the library
knows.

- `question`: `read_question` makes the `Question`. Its `coverage` says how much of the question some words hold; walks,
  scores, and the decision to abstain all rest on it.
- `follow_up`: `understood` reads "When did he die?" or "And the other one?" as a complete question, with the
  `Conversation` so far. `follow_up_words` has the words of each language, `phrases` finds names and noun phrases,
  `referents` chooses what a pronoun stands for, `exchange` puts a part of the previous question in another's place.
- `table_words`: what a question asks of a table: a sum, count or extreme, a dimension, comparisons and negations.

Must hold: the same text and library give the same `Question`. Terms are indices into `Question.terms`; the weights of
the known terms add up to one.

May import: `engine.index` (`Retriever`), `engine.text`, `engine.events`.
"""
