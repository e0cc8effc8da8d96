"""The terminal: the command line, the commands, and the application with its screens.

- `command_line` reads the arguments, runs one of `commands` and reports its errors; `commands.open` starts `app`.
- `app` has the application; `ask`, `history`, `graph`, `personas`, `library`, `settings` and `health` have one screen
  each, and do not import each other. `source` is opened from several screens; `navigation` goes from one to another.
- `api` is what Python programs import; `mcp` serves it to assistants, `http_api` over HTTP.
- `session` is what screens and commands use of the engine and the store; `run` is one run without a screen.
- `widgets`, `drawing` and `terminal` are shared by the screens; `web` serves them to a browser. `remote` asks
  the libraries of other machines.

What always holds: `--version` and `--help` import nothing of the engine, the first paint needs no store, and no
widget reads the disk: that is done in threads and workers of the screens. Text from documents, models and files is
printed without control characters (`engine.text.safe`).

May import `db` and `engine`; nothing imports `tui`.
"""
