"""One run without a screen: following it, replaying it, and writing it as text, JSON or a file.

In: recorded events, live or from the history, or a `RunState`. Out: the state as it grows, and texts.

- `RunFeed` (feed) reads a stream of events into a `RunState`, keeps the events, and calls its watchers after each.
- `Replay` (replay) makes a recorded run such a stream again, at any speed, from any event on.
- `result`: `result_of` is the JSON object of `ask --json`; `export`: a run as a Markdown or JSON file.
- `comparison`: two runs side by side; `story`: how the cited passages of a run were found.
- `progress_text`, `judgement_text`: the words for phases, outcomes and judgements.

What always holds: no Textual is imported, so commands and screens share all of it. However a stream ends, the state
of the feed is finished.

May import `tui.session`, `tui.drawing`, `db` and `engine`.
"""
