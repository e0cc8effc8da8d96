"""Addresses that a server listens on, as text."""

import errno

from engine.errors import InputError


def url_of(host: str, port: int) -> str:
    """Return the URL of an address; an IPv6 address stands in brackets."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def unusable_address(host: str, port: int, error: OSError) -> InputError:
    """Return the error of an address that cannot be listened on."""
    reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror or error}"
    return InputError(f"{host}:{port} {reason}", hint="choose another with --port N")
