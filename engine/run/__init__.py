"""Runs: one question from its text to its answer, and everything that is computed from the events of a run.

In: a question, a `Retriever`, a roster, settings and perhaps a language model. Out: events (`engine.events`), the
answer, the graph of the run and the rewards of the personas.

- `orchestrator`: `MoeOrchestrator` runs the cycles of expansion, evaluation and pruning. `graph_record` draws the
  walks, `answering` writes the outputs of the personas and the answer.
- `stream`: `events_of` turns a run that emits into an async iterator; leaving it cancels the run.
- `state`: `RunState.apply` is the only reducer of events; its `Outcome` says how a run ended. Summaries, results,
  metrics and screens read this state.
- `feedback`: `judge` computes the rewards of the user's judgement. `asked_again`: a question with the
  user's marks. `conversation`: the names for a follow-up question.
- `persona_part`, `persona_comparison`: the part of one persona in a run, and two personas side by side.
- `model_use`: the sum of what a language model cost. `other_libraries`: those of other machines, as a run sees them.

What always holds: the same library, roster, question and seed give the same events, except for the run's id and the
times. An event is emitted before anything that follows from it. A run that fails emits `RunFailed`, and raises.

May import everything else of `engine` except `engine.bench`.
"""
