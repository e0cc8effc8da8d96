"""The personas of a workspace on disk: one JSON file each, and one ledger of everything that happened to them.

In: personas, verdicts, edits, rewards and judgements. Out: the current entries, the record of one persona, what a
gate learns from, and a list of differences if files and ledger disagree.

- `FolderRoster` (folder_roster) is the only writer; it implements `engine.personas.roster.Roster`.
- `PersonaFolders` (folders) reads and writes `personas/<state>/<persona_id>.json`; the folder is the state. One such
  file is checked, loaded and saved in `files`.
- `Ledger` (ledger) is the append-only file `db/ledger.jsonl`; its lines are the types of `ledger_entries`, in a hash
  chain (`ledger_chain`).
- `Exchange` (exchange) exports what was learned and merges what other devices have learned; SHARING.md describes it.
  `shared_entries` are the entries that travel, a `Contribution` (contribution) is a file of them, `signing` signs it,
  `noise` adds noise, `Devices` (devices) keeps keys and files, and `MergedLedger` (merged_ledger) computes everything
  from the ledger and all contributions.
- `ledger_rules` computes states, performances, experiences and edits from those entries, `undo` what can be undone,
  `LedgerState` (reconcile) where a file differs from them, `record` the history of one persona.

What always holds:
- Every change holds the workspace's lock, is appended to the ledger first, and is then written to the files.
- A mark beside the ledger stands between the two; the next `FolderRoster` that sees it repairs the files at its start.
- The ledger is never rewritten, unless a user accepts lines that were changed. States and performances can be computed
  from it alone; the traits are in the files.
- A persona file that appears in a folder by itself is recorded as `Added` at the next change.

May import `db.runs`, `db.workspace`, `db.locks` and `engine`; never `tui`.
"""
