"""Benchmarks: what the panel, its personas and its scores are worth, on questions whose passages are known.

In: data sets, which are folders with `corpus.jsonl` and `queries.jsonl`, and the personas of a roster. Out: rows of
figures, which `persona-moe bench` prints. RESULTS.md has the published ones.

- `dataset`: `read_dataset` reads a folder, `indexed` indexes its passages; `recall` is the share of known passages.
- `answers`: `measure_answers` counts how many answers hold a known answer, and in how many words.
- `grounding`: `measure_grounding` counts which true and false statements of a model would keep a citation.
- `recall`: `run_benchmark` measures the panel, plain search, single personas and the parts of a walk.
- `leave_one_out`: the panel without each kind of evidence. `diversity`: what each persona adds.
- `score_validity`: whether scores agree with recall. `learning`: whether the panel gets better by use.
- `scale`: time and disk of larger libraries, which `enlarged_library` makes.
- `question_cache`: `CachedQuestion` keeps walks, so that many panels can be measured. `memory_roster`: a roster
  without files. `meaning`: vectors of a data set. `statistics`: percentiles, bootstrap intervals and rank
  correlation.

Must hold: the same data, personas, seed and version give the same figures, except times. Only the bench command
imports this package. `statistics` is our own: scipy.stats gives the same figures, but is 143 MB and 1.6 s to import.

May import: everything in `engine`.
"""
