"""Questions: what a question asks, in terms of the library.

In: the text of a question and a `Retriever`. Out: a `Question` with weighted terms and the names that the library
knows.

- `question`: `read_question` makes the `Question`. Its `coverage` says how much of the question some words hold; walks,
  scores, and the decision to abstain all rest on it.
- `follow_up`: `names_meant` resolves "When did he die?" to a name of the `Conversation` so far.

Must hold: the same text and library give the same `Question`. Terms are indices into `Question.terms`; the weights of
the known terms add up to one.

May import: `engine.index` (`Retriever`), `engine.text`, `engine.events`.
"""
