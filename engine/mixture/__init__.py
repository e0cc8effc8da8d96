"""The mixture: which personas are called for a question, how their evidence is combined, and how it is scored.

In: a `Question` and the personas of the roster. Out: one ranking of passages, and for each persona the four scores and
the credit from which its reward is made.

- `question_features`: eight numbers that describe a question. `gate`: `BanditGate` chooses the personas by them and
  writes a receipt for every choice. `bandit`: the reward that is expected of a persona, learned from past rewards.
- `evidence`: the scores of passages by each kind of evidence, and how loud each kind is. `evidence_weights`: fitted.
  `learned_factors`: how many times each counts after what the user liked in this library.
- `panel`: `Panel` lets the chosen personas search and combines their evidence. `fusion`: several walks made into one.
  `relevance_feedback`: what passages gain or lose by the user's marks at the same question.
- `outputs`: `PersonaOutput`, what a persona brings back. `scoring`: its scores, its credit and its reward.

Must hold: the same question, roster and experiences give the same receipts, ranking and scores: no clock and no chance.
Scores, credit, rewards and voices are in [0, 1]. The control is called every time. Every kind of evidence that is heard
raises a passage, none lowers it.

May import: `engine.walk`, `engine.question`, `engine.index`, `engine.personas`, `engine.text`, `engine.events`.
"""
