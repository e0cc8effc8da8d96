"""The server of `persona-moe mcp`: an assistant asks the library over the Model Context Protocol, on stdin and stdout.

In: a `tui.api.PersonaMoe`. Out: the tools `ask`, `search`, `open_citation`, `library` and `personas` with typed
results, `feedback` where it is allowed, and `evidence` and `source_text` for another persona-moe.

- `server` runs the server until its client leaves; `tools` are the tools; `untrusted` cleans the texts of results.

What always holds: standard output has only the protocol. No text of a result has control characters. No tool reads a
file by its path: a source is opened only if the library holds it. A cancelled request ends its run.

May import `tui.api`, `tui.run`, `db.log` and `engine`, and the package mcp (the extra `mcp`).
"""
