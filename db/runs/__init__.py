"""The runs of a workspace on disk: a history of summaries, the events and graph of each run, and a trash.

In: the events of a run as they happen. Out: summaries, newest first; the events of a run; numbers over all runs.

- `RunRecorder` (recorder) writes the events of a run to `runs/unfinished/`, then packed to `runs/<run_id>.jsonl.gz`;
  `load_events` reads them, `finish_unfinished` packs those of killed sessions. `run_files` has names and compression.
- `RunSummary` (summary) is made of a `RunState`. `History` (history) keeps a thousand of them in each file, through
  `tinydb_storage`.
- `RunQuery` (query) is one line of search, `FoundRuns` (found_runs) what it finds, read page by page.
- `Trash` (trash) keeps deleted runs for a day. `graph_snapshots` saves the graph of a run. `metrics` counts.

What always holds:
- The question is on disk before the run begins, and each event as soon as it happens.
- Events and graph are complete before the history has the run; a killed session loses no run that had begun.
- Recorded events are never rewritten; events and summaries of every earlier version load.

May import `db.locks`, `db.log` and `engine`; never `db.personas` or `tui`.
"""
