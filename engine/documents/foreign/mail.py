"""Read mail: single messages (.eml, .msg) and mailboxes (.mbox), each message a document."""

import mailbox
import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from engine.documents.document import MESSAGE, Extract, Location
from engine.documents.encoding import decode
from engine.documents.foreign.markdown_writer import MAX_TEXT, MarkdownWriter, clean
from engine.documents.foreign.web_page import write_page
from engine.errors import DocumentError

_QUOTED_FROM = re.compile(r"^>(?=>*From )", re.MULTILINE)  # how a mailbox writes a line that begins with From
_PEOPLE = {"sender": ("From",), "recipients": ("To", "Cc", "Bcc")}
_MINUTE = len("2024-03-12 10:15")
_LONGEST_NAME = 60  # characters


def read_eml(path: Path) -> list[Extract]:
    """Return one message."""
    data = path.read_bytes()
    return [_message(message_from_bytes(data, policy=policy.compat32))]


def read_mbox(path: Path) -> list[Extract]:
    """Return every message of a mailbox; its name is its number. Raises DocumentError."""
    if not path.read_bytes()[:5] == b"From ":
        raise DocumentError("damaged: no mailbox")
    extracts, allowance = [], MAX_TEXT
    box = mailbox.mbox(path, create=False)
    try:
        for number, message in enumerate(box, start=1):
            extract = _message(message)
            extract.name, extract.text = str(number), _QUOTED_FROM.sub("", extract.text)
            allowance -= len(extract.text)
            if allowance < 0:
                raise DocumentError(f"holds more than {MAX_TEXT / 1e6:g} million characters of text")
            extracts.append(extract)
    finally:
        box.close()
    return extracts


def _message(message: Message) -> Extract:
    """Return the plain text of a message, else its HTML; sender, recipients and date are metadata."""
    writer = MarkdownWriter()
    parts = [part for part in message.walk() if not part.is_multipart()]
    inline = [part for part in parts if part.get_content_disposition() != "attachment" and not part.get_filename()]
    plain = [part for part in inline if part.get_content_type() == "text/plain"]
    pages = [part for part in inline if part.get_content_type() == "text/html"]
    for part in plain or pages:
        text = _content(part)
        if plain:
            _write_plain(text, writer)
        else:
            write_page(text, writer)
    metadata = dict(_people(message))
    if moment := _moment(message):
        metadata["date"] = (moment,)
    if names := tuple(clean(_decoded(part.get_filename())) for part in parts if part.get_filename()):
        metadata["attachments"] = names
    sender = next((name or address for name, address in _addresses(message, _PEOPLE["sender"])), "")
    return _placed(writer.extract(clean(_decoded(message["Subject"])), metadata), sender)


def _placed(extract: Extract, sender: str) -> Extract:
    """Name the sender and the minute of a message as the place of its text, which a citation then shows."""
    minute = "".join(extract.metadata.get("date", ()))[:_MINUTE]
    if place := ", ".join(filter(None, (clean(sender)[:_LONGEST_NAME], minute))):
        extract.locations = [Location(0, name=f"{MESSAGE}{place}")]
    return extract


def _write_plain(text: str, writer: MarkdownWriter) -> None:
    """Write the paragraphs of a plain message; quoted lines keep their marks."""
    for block in re.split(r"\n\s*\n", text):
        writer.paragraph(block)


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or ""
    try:
        return data.decode(charset).replace("\r\n", "\n")
    except (LookupError, UnicodeError):
        return decode(data.replace(b"\x00", b""))[0]


def _decoded(header: object) -> str:
    try:
        return str(make_header(decode_header(str(header or ""))))
    except (LookupError, UnicodeError, ValueError):
        return str(header or "")


def _people(message: Message) -> Iterator[tuple[str, tuple[str, ...]]]:
    for term, headers in _PEOPLE.items():
        if people := [clean(f"{name} {address}") for name, address in _addresses(message, headers)]:
            yield term, tuple(people[:50])


def _addresses(message: Message, headers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and addresses of the people in these headers; one of both may be empty."""
    values = [str(value) for header in headers for value in message.get_all(header, [])]
    yield from ((_decoded(name), address) for name, address in getaddresses(values) if name or address)


def _moment(message: Message) -> str:
    try:
        return parsedate_to_datetime(str(message["Date"])).isoformat(" ", "minutes")
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


# -- Outlook -------------------------------------------------------------------------------------------------

_SUBJECT, _BODY, _HTML, _HEADERS = "0037", "1000", "1013", "007D"  # property tags of [MS-OXPROPS]
_FROM, _ADDRESS, _TO, _CC = "0C1A", "0C1F", "0E04", "0E03"


def read_msg(path: Path) -> list[Extract]:
    """Return one message as Outlook saves it. Raises DocumentError."""
    streams = _streams(path)
    text = {tag: _stream_text(data, kind) for tag, (data, kind) in streams.items() if tag != _HTML}
    writer = MarkdownWriter()
    if text.get(_BODY, "").strip():
        _write_plain(text[_BODY].replace("\r\n", "\n"), writer)
    elif _HTML in streams:
        write_page(decode(streams[_HTML][0], declares=True)[0], writer)
    sender = clean(f"{text.get(_FROM, '')} {text.get(_ADDRESS, '')}")
    people = f"{text.get(_TO, '')};{text.get(_CC, '')}".split(";")
    date = _moment(message_from_bytes(text.get(_HEADERS, "").encode("utf-8", "replace")))
    metadata = {"sender": (sender,), "recipients": tuple(filter(None, map(clean, people))), "date": (date,)}
    filled = {term: values for term, values in metadata.items() if any(values)}
    return [_placed(writer.extract(clean(text.get(_SUBJECT, "")), filled), text.get(_FROM, "") or sender)]


def _streams(path: Path) -> dict[str, tuple[bytes, str]]:
    """Return data and type of the text properties of a message by their tag. Raises DocumentError."""
    import olefile  # noqa: PLC0415 - only where there is such a message

    try:
        with olefile.OleFileIO(path) as file:
            entries = [entry for entry in file.listdir() if _is_text(entry)]
            return {entry[0][12:16].upper(): (file.openstream(entry).read(), entry[0][16:]) for entry in entries}
    except (OSError, ValueError) as error:
        raise DocumentError("damaged: no Outlook message") from error


def _stream_text(data: bytes, kind: str) -> str:
    return data.decode("utf-16-le", "replace") if kind.endswith("1F") else decode(data.replace(b"\x00", b""))[0]


def _is_text(entry: list[str]) -> bool:
    return len(entry) == 1 and entry[0].startswith("__substg1.0_") and entry[0][16:].upper() in {"001F", "001E", "0102"}
