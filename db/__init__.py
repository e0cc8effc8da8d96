"""Everything that is kept on disk between runs, in one workspace (`workspace.Workspace` has its paths).

- `personas`: the persona files and the ledger of every change of them.
- `runs`: the history of runs, their recorded events, the trash, metrics.
- `settings_files`: reading, writing and resetting the YAML files of `configs/`.
- `locks`: the lock files by which sessions take turns. `log`: the log file.

What always holds: a file is written atomically and only its owner can read it (`engine.atomic_files`); writers hold a
lock; a disk that refuses raises `StoreError` and leaves the old file. May import `engine`; never `tui`, `textual` or
`rich`.
"""
