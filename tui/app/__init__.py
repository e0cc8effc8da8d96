"""The application: its screens, the keys that work on all of them, its themes, and how it ends.

In: a `Session`. Out: an exit code, or the `defect` that ended the program.

- `PersonaMoeApp` (app) makes each screen when it is first shown. It owns what several screens show: the `RunFeed` of
  the present run, and the `LibraryOpening`. Screens ask each other for something only by messages to the application.
- `themes`: our themes beside those of Textual; `styles.tcss`: what all screens share.

What always holds: a run is stored before the program ends, by whatever key or signal it ends; the session is closed.
Nothing of the engine that takes time is imported before the first paint.

May import everything of `tui` except `commands` and `command_line`.
"""
