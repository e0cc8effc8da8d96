"""The server of `persona-moe serve --api`: programs ask the library over HTTP.

In: a `tui.api.PersonaMoe`, a token, an address to listen on. Out: the answers of `operations.OPERATIONS`, of which
`openapi` makes the description at `/v1/openapi.json`; a run is its own events, as server-sent events.

- `server` listens; `application` is the ASGI application, with the tasks that live as long as it.
- `guard` refuses requests without the token, from other pages, by other host names, and too many at once.
- `operations` has one function a request, `bodies` what they read, `replies` how they answer, errors included.
- `chat_completions` answers as the API of OpenAI does, so that chat programs can use the library as a model.
- `event_schema` is the JSON schema of the events; `access_token` the file with the token.

What always holds: a request whose client leaves ends its run, and what its model writes. Bodies are at most 256 kB.
JSON is plain ASCII. Nothing is changed but the history and what personas earn, as by any question.

May import `tui.api`, `tui.session.prometheus_text`, `tui.web` without its `server`, `db.log`, `db.runs.summary` and
`engine`, and the packages of the extra `api`.
"""
