"""Checks whether a full-screen program can run here, without importing Textual."""

from collections.abc import Mapping

PLAIN_ROUTE = "`persona-moe --plain` and `persona-moe ask QUESTION` answer in plain lines"


def terminal_problem(environ: Mapping[str, str], isatty: bool) -> str | None:  # noqa: FBT001 - the answer of isatty()
    """Return why the screens cannot run in this environment, as one line for the user; None when they can."""
    if environ.get("TEXTUAL_DRIVER", "").startswith("textual.drivers.web_driver"):
        return None  # the screens are shown in a browser (`persona-moe serve`)
    if not isatty:
        return f"the screens need a terminal on standard input and output; {PLAIN_ROUTE}"
    name = environ.get("TERM", "")
    if not name and environ.get("OS") != "Windows_NT":
        return f"TERM is not set, so the terminal's abilities are unknown; {PLAIN_ROUTE}"
    if name in {"dumb", "unknown"}:
        return f"TERM={name} cannot move its cursor, and the screens need that; {PLAIN_ROUTE}"
    return None
