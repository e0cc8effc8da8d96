"""Personas: their traits, their rewards, and the rules by which they rise, fall, are pruned and have children.

In: persona files as decoded JSON, and rewards in [0, 1]. Out: `Persona`s with their states, walk parameters for each,
and the changes that a review decides.

- `persona`: `Persona`, `RosterEntry` (a persona and its state), and the JSON form of a persona.
  `json_schema` validates it.
- `traits`: `Kind`s of evidence; `walk_parameters` translates traits from 1 to 9 into the parameters of a search.
- `roster`: `Roster`, the protocol by which the engine reads and changes all personas; `db.personas` implements it with
  files and a ledger, `engine.bench` in memory.
- `metrics`: `PersonaPerformance`, the mean of the rewards with confidence bounds. `experience`: rewards with features.
- `lifecycle`: `review` promotes, demotes or prunes by thresholds. `outlook`: the next review, predicted.
- `evolution`: `breed` and `evolve` make children of proven personas.

Must hold: personas are immutable values; only a `Roster` changes state. The control has no traits and is never pruned.
The same seed, roster and number of births make the same child.

May import: `engine.settings` (thresholds), `engine.events`, `engine.shipped` (the schema), `engine.errors`.
"""
