"""Refuse requests of other pages and by other host names, for servers that listen on this machine only."""

import re

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def refusal(host: str, origin: str | None, *, loopback_only: bool) -> str | None:
    """Return why a request with these headers is refused, or None to answer it.

    The page of another site must not reach a server through the user's browser: neither by a request or a WebSocket,
    which browsers make across sites but with the site as its Origin, nor by a host name that the site points at
    127.0.0.1 (DNS rebinding).
    """
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    if loopback_only and name not in LOOPBACK:
        return f"{name!r} is not this machine"
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return "the request comes from another page"
    return None
