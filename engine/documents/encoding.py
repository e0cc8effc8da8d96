"""Decode the bytes of a file: by its byte order mark, by its own declaration, as UTF-8, or by a guess."""

import re

from engine.errors import DocumentError

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE
)
_SAMPLE = 65_536  # bytes from which the encoding is guessed
_DECLARATION = 2048  # bytes in which a page says its encoding
_WIDE = 0.3  # share of NUL bytes among every other byte above which a text is UTF-16
_NOISE = 0.05  # share of control characters above which a guess was wrong
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def decode(data: bytes, *, declares: bool = False) -> tuple[str, str]:
    """Return the text of a file with line ends as in Python's text mode, and a note if the encoding was guessed.

    With `declares`, the encoding that a web page declares is used. Bytes that do not fit are replaced by U+FFFD, and
    the note counts them. Raises DocumentError for a binary file.
    """
    encoding, guessed = _encoding(data, declares=declares)
    note = f"read as {encoding.upper()}, a guess" if guessed else ""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        bad = text.count("\ufffd")
        note = f"{bad} {'character' if bad == 1 else 'characters'} could not be read as {encoding.upper()}"
    if "\x00" in text or (guessed and _is_noise(text[:_SAMPLE])):
        raise DocumentError("binary")
    return text.replace("\r\n", "\n").replace("\r", "\n"), note


def without_surrogates(text: str) -> str:
    """Replace lone surrogates (halves of characters), which no file can store."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _encoding(data: bytes, *, declares: bool) -> tuple[str, bool]:
    """Return the name of the encoding, and whether it is a guess."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, False
    if declares and (match := _DECLARED.search(data[:_DECLARATION])) and _is_known(match[1].decode("ascii")):
        return match[1].decode("ascii").lower(), False
    if b"\x00" in data:
        return _wide(data), True
    if _is_utf8(data):
        return "utf-8", False
    return _guess(data), True


def _is_utf8(data: bytes) -> bool:
    """Tell whether the bytes are UTF-8, except for a few."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        bad = data.decode("utf-8", "replace").count("\ufffd")
        return len(_MULTIBYTE.findall(data)) > 2 * bad
    return True


def _is_known(encoding: str) -> bool:
    try:
        "a".encode(encoding)
    except (LookupError, UnicodeError):
        return False
    return True


def _wide(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark, by its many NUL bytes. Raises DocumentError for other data."""
    sample = data[: _SAMPLE // 2 * 2]
    half = max(1, len(sample) // 2)
    if len(data) % 2:
        raise DocumentError("binary")
    for nuls, others, encoding in ((1, 0, "utf-16-le"), (0, 1, "utf-16-be")):
        if sample[nuls::2].count(0) > _WIDE * half and not sample[others::2].count(0):
            return encoding
    raise DocumentError("binary")


def _is_noise(text: str) -> bool:
    """Tell whether a text has more control characters than a damaged text would have."""
    odd = sum(not (sign.isprintable() or sign.isspace()) or sign == "\ufffd" for sign in text)
    return odd > _NOISE * len(text)


def _guess(data: bytes) -> str:
    """Return the guess of `chardet` among the encodings of the web, which contain those of Windows."""
    from chardet import EncodingEra, detect  # noqa: PLC0415 - 100 ms, and most files need no guess

    guess = detect(data[:_SAMPLE], encoding_era=EncodingEra.MODERN_WEB, prefer_superset=True)["encoding"]
    return guess.lower() if guess and _is_known(guess) else "cp1252"
