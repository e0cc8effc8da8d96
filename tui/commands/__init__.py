"""The commands of `persona-moe`, one module each; `open` is the application itself.

A command module has a docstring (its first line is the command's line in `persona-moe --help`) and two functions:
`add_arguments(parser)` declares its arguments, and `run(options)` carries it out and returns the exit code.
`tui.command_line` finds the module by its name in `arguments.COMMANDS` and reports the errors that it raises.

Modules that are no commands:
    arguments             the parsers of all commands, and the proposal for a mistyped one
    output                opens the session; prints JSON, text, tables and progress
    interruption          turns ctrl+c into an event, so that work in progress is finished and kept
    persona_figures       the actions of `personas` that print figures
    picture_descriptions  the action `describe` of `library`
    plain                 `persona-moe --plain`: questions and answers as lines

What always holds: standard output has only the result, standard error has errors, warnings and progress. JSON is plain
ASCII, and no text from a document reaches the terminal with its control characters. Exit codes are 0 done, 1 failed, 2
bad usage or input, 130 ctrl+c. `--help` and `--version` open no workspace.

Commands may use everything below `tui.app`: they share sessions, runs and texts with the screens, but they draw no
screen, so the modules that need textual are imported inside `run`.
"""
