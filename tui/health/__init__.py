"""The health screen (F7): the numbers of the workspace, the checks of what a run needs, and the newest log entries.

In: a `Session`, whose `health` part measures, checks and reads the log. Out: one page of text, which can be copied.

- `HealthScreen` (screen) reads each of the three parts in a thread of its own, so that a slow one delays no other.
- `numbers_text`, `checks_text` and `log_text` (text) turn `Metrics`, `Finding`s and log entries into lines.

What always holds: it changes nothing in the workspace; text from the log and from a model server is cleaned before it
is drawn; a part that cannot be read shows its error in its own place.

May import `tui.navigation`, `tui.widgets`, `tui.session`, `tui.drawing`, `db` and `engine`; no other screen.
"""
