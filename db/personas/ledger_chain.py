"""The hash chain of the ledger: each line ends with a digest of itself and of the line before it.

So a line that was changed, removed, inserted or moved is seen, as in a chain of time stamps (Haber and Stornetta,
Journal of Cryptology 3, 1991). The chain holds no secret: it shows damage and hurried edits, and no forger who computes
it anew.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator

_BYTES = 16
_DIGEST = re.compile(rb',"digest":"([0-9a-f]{32})"}$')
_RESTORE = "restore the ledger from a copy, or accept it as it is with `personas ledger --reseal`"


def is_digest(data: bytes) -> bool:
    """Whether these bytes are a digest as `sealed` writes it."""
    return re.fullmatch(rb"[0-9a-f]{32}", data) is not None


def sealed(content: bytes, previous: bytes) -> bytes:
    """Return a JSON object with its digest as the last field; `previous` is the digest of the line before."""
    return content[:-1] + b',"digest":"%b"}' % _digest(previous + content)


def digest_of(line: bytes) -> bytes:
    """Return the digest at the end of a line without its newline; of a line of earlier versions, one of the line."""
    match = _DIGEST.search(line)
    return match[1] if match else _digest(line)


def without_digest(line: bytes) -> bytes:
    """Return the JSON object that was sealed."""
    match = _DIGEST.search(line)
    return line[: match.start()] + b"}" if match else line


def broken_links(lines: Iterable[bytes], last_digest: bytes = b"") -> Iterator[str]:
    """Yield one text for each place where the chain is broken: the line's number, the meaning, and the remedy.

    The lines at the beginning may be without digests: versions before the chain wrote them. `last_digest` is that of
    the line which was written last; it is missing if lines were removed at the end.
    """
    previous, is_chained, has_last = b"", False, not last_digest
    for number, line in enumerate(lines, start=1):
        digest = digest_of(line)
        if without_digest(line) != line:
            if digest != _digest(previous + without_digest(line)):
                yield f"line {number} was changed, or a line before it was removed, inserted or moved: {_RESTORE}"
            is_chained = True
        elif is_chained:
            yield f"line {number} has no digest, so another program wrote it: {_RESTORE}"
        previous = digest
        has_last = has_last or digest == last_digest
    if not has_last:
        yield f"lines were removed at the end: {_RESTORE}"


def resealed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same JSON objects in a chain of their own."""
    previous = b""
    for line in lines:
        chained = sealed(without_digest(line), previous)
        previous = digest_of(chained)
        yield chained


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_BYTES).hexdigest().encode()
