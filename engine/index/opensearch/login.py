"""How the client logs in to an OpenSearch cluster, and which hosts it believes."""

import base64
import os
import ssl
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import InputError
from engine.settings.settings import OpenSearch
from engine.text.safe import one_line

PASSWORD = "PERSONA_MOE_OPENSEARCH_PASSWORD"  # noqa: S105 - the name of an environment variable


def authorization(settings: OpenSearch, hosts: Iterable[str]) -> dict[str, str] | None:
    """Return the header of HTTP's basic authentication, in UTF-8 (RFC 7617); None without a user.

    Raises InputError without a password, or if one of the hosts would get it in clear.
    """
    if not settings.user:
        return None
    _refuse_clear(hosts)
    login = f"{settings.user}:{_password(settings)}".encode()
    return {"authorization": "Basic " + base64.b64encode(login).decode("ascii")}


def authority_file(settings: OpenSearch) -> str | None:
    """Return the file of the authority that vouches for the hosts. Raises InputError if it holds no certificate."""
    if not settings.ca_file:
        return None
    path = str(Path(settings.ca_file).expanduser())
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # of a missing file, and of one in another form
        reason = error.strerror if not isinstance(error, ssl.SSLError) else "it holds no certificate in PEM form"
        hint = f"{reason}: `ca_file` in opensearch.yaml names the certificate of an authority"
        raise InputError(f"the file {one_line(path)} cannot be used", hint=hint) from error
    return path


def tls_advice(reason: str) -> str:
    """Return what to do about an error of TLS."""
    if "self-signed" in reason or "self signed" in reason or "unable to get" in reason:
        return "its certificate is not known here: name the file of its authority as `ca_file`"
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        detail = reason.partition("certificate verify failed: ")[2] or reason
        return f"its certificate is not valid: {one_line(detail)[:150]}"
    return "if it speaks no TLS, write http:// in `hosts`"


def _refuse_clear(hosts: Iterable[str]) -> None:
    """Raise InputError if a password would go to one of these hosts in clear, unless it is this machine."""
    for host in hosts:
        if not host.startswith("https://") and urlsplit(host).hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise InputError(
                f"the password would be sent to {one_line(host)} in clear", hint="write https:// in `hosts`"
            )


def _password(settings: OpenSearch) -> str:
    """Return the password from the environment, or from the file, which must be its owner's alone."""
    if password := os.environ.get(PASSWORD):
        return password
    path = Path(settings.password_file).expanduser()
    try:
        if not settings.password_file or path.stat().st_mode & 0o077:
            hint = f"name a file that only you can read (chmod 600) as `password_file`, or set {PASSWORD}"
            raise InputError("there is no password for OpenSearch, or others can read it", hint=hint)
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the password file {path} cannot be read", hint=str(error)) from error
