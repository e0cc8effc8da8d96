"""The addresses of libraries: paths on this machine, and `ssh://[user@]host[:port]/path` on another one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, LibraryError

_CONNECT_SECONDS = 10
_HIGHEST_PORT = 65535
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ADDRESS = re.compile(
    r"ssh://(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]{0,63})@)?"
    r"(?P<host>[A-Za-z0-9_][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^?#]*)?",
    re.ASCII,
)
# No sign that a shell of any system reads as more than itself: the other machine's shell is not known.
_PATH = re.compile(r"/[\w .,+=@:~/-]*")
_WINDOWS_PATH = re.compile(r"/[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """A library on another machine: a folder or file, or with an empty `path` the library of its persona-moe."""

    host: str
    user: str = ""
    port: int = 0
    path: str = ""

    @property
    def machine(self) -> str:
        """The address of the machine, with which the sources of its passages begin."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://{self.user}{'@' * bool(self.user)}{host}{f':{self.port}' if self.port else ''}"

    def __str__(self) -> str:
        return self.machine + ("/" + self.path if self.path.startswith("~") else self.path)

    def prefix_of(self, source: str) -> str:
        """Return what to put before a source of that machine: its address, ended by a slash."""
        return self.machine + "/" * (not source.startswith("/"))

    def source_there(self, source: str) -> str | None:
        """Return a source as that machine names it; None if it is not of that machine."""
        path = source.removeprefix(self.machine)
        if path == source or not path.startswith("/"):
            return None
        return path[1:] if _WINDOWS_PATH.match(path) else path

    def command(self, ssh_command: str, program: str) -> list[str]:
        """Return the command that starts the other machine's server; it never asks for a password.

        Raises LibraryError if `ssh_command` has an open quotation mark.
        """
        import shlex  # noqa: PLC0415 - only with addresses

        options = ["BatchMode=yes", f"ConnectTimeout={_CONNECT_SECONDS}", f"ServerAliveInterval={_CONNECT_SECONDS}"]
        try:
            program_words = shlex.split(ssh_command) or ["ssh"]
        except ValueError as error:
            raise LibraryError(f"the setting ssh_command cannot be read: {error}") from error
        words = [*program_words, "-T", *(word for option in options for word in ("-o", option))]
        words += ["-p", str(self.port)] * bool(self.port) + ["-l", self.user] * bool(self.user)
        server = [program, "mcp", "--peer", "--model", "none", *[shlex.quote(self.path)] * bool(self.path)]
        return [*words, "--", self.host, " ".join(server)]


LibraryAddress = Path | RemoteAddress
"""What a question is asked of."""


def library_address(text: str) -> LibraryAddress:
    """Read the address of a library; text without a scheme is a path. Raises InputError for another scheme."""
    return remote_address(text) if _SCHEME.match(text) else Path(text)


def remote_address(text: str) -> RemoteAddress:
    """Read an address of the form `ssh://[user@]host[:port][/path]`; `/~/path` is in the user's home there.

    Raises InputError for any other, and for signs that a shell might read.
    """
    from urllib.parse import unquote  # noqa: PLC0415 - only with addresses

    match = _ADDRESS.fullmatch(text)
    path = unquote(match["path"] or "/", errors="replace") if match else ""
    if match is None or (port := int(match["port"] or 0)) > _HIGHEST_PORT or match["port"] == "0":
        hint = "ssh://[user@]host[:port]/path names a folder or file of another machine"
        raise InputError(f"{text!r} is no address of a library", hint=hint)
    if not _PATH.fullmatch(path):
        hint = "letters, digits, blanks and . , + = @ : ~ - / are possible; or leave the path out and ask all of it"
        raise InputError(f"the path {path!r} has signs that a shell might read", hint=hint)
    path = path.rstrip("/")
    is_in_home = path == "/~" or path.startswith("/~/")
    return RemoteAddress(match["host"].strip("[]"), match["user"] or "", port, path[1:] if is_in_home else path)


def is_remote(source: str) -> bool:
    """Tell whether a source is on another machine."""
    return source.startswith("ssh://")


def split_addresses(addresses: Iterable[LibraryAddress]) -> tuple[list[Path], list[RemoteAddress]]:
    """Separate paths on this machine from addresses of others, each once."""
    unique = list(dict.fromkeys(addresses))
    return [a for a in unique if isinstance(a, Path)], [a for a in unique if isinstance(a, RemoteAddress)]
