"""Language models: ask an Ollama server, or several that share the work.

In: a `Prompt`. Out: a `Reply`, with fragments, thoughts, notices and costs given to `Listeners` as they come.

- `client`: `connect` finds the configured model, `LanguageModel.chat` asks it, with retries and on other hosts.
- `hosts`: addresses of servers, and the HTTP client for each. `host_pool`: which host takes the next request.
- `installed_models`: lists and describes the models of the hosts, and chooses one. `pull`: lets hosts download one.
- `picture_description`: the request for the description of a picture.
- `faults`: turns every failure of a server into one LanguageModelError with a hint.
- `window`: shortens the blocks of a prompt to fit the context window. `untrusted_text`: makes text safe in prompts.

Must hold: only LanguageModelError leaves this package, and its text is one printable line. `ollama` and `httpx` take
400 ms to import, so they are imported only after a server was found, and never on the event loop's thread. A
request is not repeated once a listener has received a part of its reply.

May import: `engine.settings`, `engine.text`, `engine.events` (`ModelReplied`), `engine.errors`.
"""
