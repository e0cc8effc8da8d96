"""One user's session: everything that screens and commands use of the engine and the store.

In: a workspace, its settings, the folders or files to ask, the name of a model. Out: the parts of a `Session`:

- `session.library` (`ScopedLibrary`): the indexed documents, and the scope that questions are asked of. `overview_of`
  answers what it is about.
- `session.runs` (`Runs`): asking, the history and the trash, replays, judgements.
- `session.personas` (`Personas`): the roster, the record of a persona, breeding.
- `session.health` (`Health`): metrics (`prometheus_text` writes them), the log, and the `checks` of everything that a
  run needs.
- `session.meaning` (`Meaning`): the vectors of the passages by an embedding model, made in the background.
- `session.settings_files` (`SettingsFiles`): the settings on disk. `session.model` (`ModelConnection`): the
  connection to the language model, kept from one question to the next.

What always holds: `session.settings` are the settings in force, and only `Session.adopt` changes them; each part
reads them when it acts. Stores are opened, and their modules imported, at their first use. All but `ask` and
`open_in_thread` block: on the event loop they are called in threads.

May import `db` and `engine`, and `tui.terminal.requirements`; no Textual, no Rich.
"""
