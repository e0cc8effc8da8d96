"""Libraries on other machines: their best passages for a question, and the texts of their sources.

In: addresses (`ssh://host/path`). Out: passages whose sources begin with the address of their machine, and for each
machine that did not answer a line that says why.

- `address`: `RemoteAddress`, checked, and the command that connects to it.
- `transport`: the process of that command, as the package mcp reads it, with bounds. `connection`: one client, kept
  from question to question. `libraries`: `RemoteLibraries`, all of them, in a thread of their own.

What always holds: no part of an address is read as an option or by a shell. A machine that is away, slow or hostile
costs its passages and at most `remote_seconds`, never the run. All that it sends is checked and made printable
(`engine.documents.received`). Cancelling a question cancels it on the other machine, too.

May import `engine`, and the package mcp (the extra `mcp`), which is imported with the first question.
"""
