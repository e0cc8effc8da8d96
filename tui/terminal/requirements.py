"""Find out whether a full-screen program can run here, and what the terminal can do, without importing Textual."""

from collections.abc import Mapping

PLAIN_ROUTE = "`persona-moe --plain` and `persona-moe ask QUESTION` answer in plain lines"


def erases_in_colour(environ: Mapping[str, str]) -> bool:
    """Tell whether this terminal erases cells in the present background (terminfo: `bce`), some of a row as well."""
    name = environ.get("TERM", "")
    if "TMUX" in environ or name.startswith("tmux"):  # it can since 2.4, but terminfo also describes older ones
        return True
    try:
        import curses  # noqa: PLC0415 - not on Windows
    except ImportError:
        return False
    try:
        curses.setupterm(name, 1)
    except curses.error:  # it does not know the terminal
        return False
    return curses.tigetflag("bce") == 1 and curses.tigetstr("ech") == b"\x1b[%p1%dX"


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
