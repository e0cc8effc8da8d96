"""The history screen: earlier runs, found while typing, and what can be done with one.

In: a `Session`. Out: messages to the application (`RunWanted`, `QuestionWanted`), exported files, deleted runs.

- `HistoryScreen` (screen) has the keys of a run; `RunSearch` (search) finds runs in a thread while the query changes.
- `pages`: `RunPages` holds the pages of runs around the cursor; `run_table`: `RunTable` draws only the visible lines.
- `compare_screen`: two runs side by side (`tui.run.comparison`).

What always holds: a search is shown as it grows, and the next search ends it. The table keeps its cursor on the same
run while others come and go. A deleted run is shown as deleted at once, and `u` restores it.

May import `tui.navigation` and what it may import; no other screen.
"""
