"""The ask screen: a question, the panel that walks for it, the answer and its sources.

In: a `Session`, and the `RunFeed` and `LibraryOpening` of the application. Out: runs, judgements, saved answers.

- `AskScreen` (screen) has the keys and draws; `RunPlayer` (player) makes the run that the feed follows, live or
  replayed. `library_opening` opens the library.
- The question: `question_bar`, `ask_input`, `recall` and `question_history` (earlier questions), `welcome`
  (suggestions).
- The run, in `run_panes`: `panel_table`, `walk_log` with `walk_text`, `answer_pane`, `source_list`, and the
  `SourcePreview` of `tui.source`.
- `status_text`: the status line. `answer_actions`: copying and judging an answer. `run_figures`: the figures of a run,
  explained for the help.

What always holds: one question runs at a time. All panes are drawn from one `RunState`, so a replay looks as the run
did. The disk, the library and the ledger are read in threads.

May import `tui.source`, `tui.navigation` and what they may import; no other screen.
"""
