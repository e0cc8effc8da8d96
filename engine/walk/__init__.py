"""Walks: how a persona moves from passage to passage along names, and what it finds.

In: a `Question`, a `Retriever` and a persona's `WalkParameters`. Out: a `Walk`, a score for each passage found and the
paths that led there.

- `neighbourhood`: `Neighbourhood` opens passages and finds the links between them when first needed: a passage leads to
  those whose title it mentions (title), that mention its own title (back), or that mention the same name (shared).
- `traversal`: `TraitTraversal` follows a beam of paths through a neighbourhood; `PersonaTraversalInterface` is the
  article's interface.
- `graph`: `DynamicKnowledgeGraph` records the passages and links that a run has used.

Must hold: a walk is deterministic: no clock and no chance, ties by passage number, so the same library, question and
traits give the same walk. A neighbourhood belongs to one question and is shared by its personas, so each passage is
opened once. Passage numbers are valid until the index is refreshed; a graph has passage ids.

May import: `engine.question`, `engine.index` (`Retriever`), `engine.personas`, `engine.text`.
"""
