"""The server and the page of `persona-moe serve`: the application in a browser on this machine.

In: the shell command of one session, an address to listen on. Out: pages, and for each browser window one process of
that command, whose terminal the page shows (xterm.js, from textual-serve).

`server.BrowserServer` is the server; `app_index.html`, `page.css` and `page.js` are the page. `tui.http_api` uses two
modules of this package too: `request_check.refusal` decides which requests are refused, `address` names an address.

What always holds: nothing is loaded from another host, no other site may use the page or its WebSocket, and all
processes end with the server. There is no password, so it listens on the loopback address unless told otherwise.

It may use `engine.errors` and, in `server` alone, textual-serve (the extra `serve`); nothing else of the program.
"""
