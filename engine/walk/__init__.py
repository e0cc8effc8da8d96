"""Walks: how a persona moves from passage to passage along names, and what it finds.

In: a `Question`, a `Retriever` and a persona's `WalkParameters`. Out: a `Walk`, a score for each passage found and the
paths that led there.

- `graph`: `DynamicKnowledgeGraph`, the article's graph of nodes and edges that grows during a run.
- `links`: the nodes and edges of a question: opened passages, and links of four kinds between them.
- `neighbourhood`: `Neighbourhood` is the graph of one question. It opens passages and finds the links between them when
  first needed: a passage leads to those whose title it mentions (title), that mention its own title (back), that
  mention the same name (shared), or that stand beside it (next).
- `traversal`: `PersonaTraversalInterface` is the article's interface, `TraitTraversal` walks a neighbourhood by it: a
  beam of paths, all personas in step.

Must hold: a walk is deterministic: no clock and no chance, ties by passage number, so the same library, question and
traits give the same walk. A neighbourhood belongs to one question and is shared by its personas, so each passage is
opened once, and what a step of all walks needs is looked up at once. Passage numbers are valid until the index is
refreshed; the part of the graph that a run keeps has passage ids.

May import: `engine.question`, `engine.index` (`Retriever`), `engine.personas`, `engine.text`.
"""
