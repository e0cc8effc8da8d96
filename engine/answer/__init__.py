"""The answer: from the panel's ranking to one text in which every statement is cited.

In: a `Panel` with its ranking, and a `LanguageModel` if there is one. Out: `AnswerWritten`, whose citations are exact
words of a source, or the abstention.

- `quotation`: the sentences of a passage. `sentence_ranking`: how likely each holds the answer, by its features.
- `extract`: chooses what is quoted: the answer with its neighbours first, then its support. `parallel`: copies, all
  that fit a question, and what differs. `topic`: the sections of an answer about a topic. `overview`: those of
  the answer to what the library is about.
- `tables`: the rows of a table that answer, with their cells, and what is computed from these.
- `answerability`: decides whether there is an answer, apart from what is quoted.
- `citations`: makes the answer without a model (`extractive_answer`), and traces each statement of a model's answer
  (`resolve_citations`) or each claim (`ground_claims`) to the words that support it. `model_text`: the statements and
  marks in what a model wrote. `grounding`: the rule by which a passage holds a statement.
- `persona_statements`: what each persona says without a model, and who says the same.
- `writing`: one model call for the answer, and one for the claims of all personas, or of each. `claims`: the requests
  for claims. `prompt`: that for the answer (`send_prompt_to_ollama`). `thought_filter`: thoughts in its text.
  `voice`: how a persona's traits change its writing.
- `synthesis`: the context that the model answers from (`synthesize_persona_context`).

Must hold: `quote` of a citation is exactly characters `start` to `end` of its source. What a model writes and no
passage supports is marked or removed, and counted. Without a model, the answer is deterministic. If a model fails,
quotations answer, and a `Degraded` event gives the reason.

May import: `engine.mixture`, `engine.walk`, `engine.question`, `engine.model`, `engine.personas`, `engine.documents`,
`engine.index`, `engine.text`, `engine.events`.
"""
