"""Read the messages of exported chats in JSON: Telegram, Slack, and Discord as DiscordChatExporter saves it.

A chat becomes lines such as `[2024-03-12 10:17] Marius: words`. JSON of another kind stays as it is.
"""

import html
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from engine.documents.document import Extract, Syntax
from engine.documents.encoding import decode, without_surrogates
from engine.text.safe import one_line

_SLACK_MARK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_MAX_USERS = 20_000_000  # bytes of Slack's list of users
_MALFORMED = (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError)


class _Message(NamedTuple):
    time: str
    author: str
    text: str


def read_json(path: Path) -> list[Extract]:
    """Return an extract for each chat in a file, or the file itself if it is no exported chat. Raises DocumentError."""
    text, note = decode(path.read_bytes())
    with suppress(ValueError, RecursionError):
        export = json.loads(text.removeprefix("\ufeff"))
        for reader in (_telegram, _discord, _slack):
            with suppress(*_MALFORMED):
                if extracts := list(reader(export, path)):
                    return extracts
    return [Extract(text, syntax=Syntax.PLAIN, note=note)]


def _chat(title: str, messages: Iterator[_Message], name: str = "") -> Extract:
    lines = [f"[{m.time}] {one_line(m.author)}: {m.text.strip()}" for m in messages if m.text.strip()]
    return Extract(without_surrogates("\n".join(lines)), one_line(title), name, Syntax.CHAT)


def _telegram(export: Any, _path: Path) -> Iterator[Extract]:
    """Yield one chat, or every chat of a whole account, each a record with its id as name."""
    if "messages" in export and "id" in export:
        yield _chat(str(export["name"]), _telegram_messages(export))
        return
    for chat in export["chats"]["list"]:
        yield _chat(str(chat.get("name") or chat["type"]), _telegram_messages(chat), str(chat["id"]))


def _telegram_messages(chat: dict[str, Any]) -> Iterator[_Message]:
    for message in chat["messages"]:
        if message["type"] == "message":
            parts = message["text"] if isinstance(message["text"], list) else [message["text"]]
            text = "".join(part if isinstance(part, str) else str(part["text"]) for part in parts)
            yield _Message(_minute(message["date"]), str(message.get("from") or ""), text)


def _discord(export: Any, _path: Path) -> Iterator[Extract]:
    """Yield one channel."""
    server, channel = export["guild"]["name"], export["channel"]["name"]
    messages = (
        _Message(_minute(m["timestamp"]), str(m["author"].get("nickname") or m["author"]["name"]), str(m["content"]))
        for m in export["messages"]
    )
    yield _chat(f"{server}: {channel}", messages)


def _slack(export: Any, path: Path) -> Iterator[Extract]:
    """Yield one day of a channel; the folder is named after the channel, the file after the day."""
    if not isinstance(export, list) or not all("ts" in message for message in export):
        return
    users = _slack_users(path.parent.parent / "users.json")
    for message in export:
        if profile := message.get("user_profile"):
            users[message["user"]] = str(profile.get("display_name") or profile["real_name"])
    yield _chat(f"{path.parent.name} {path.stem}", (_slack_message(message, users) for message in export))


def _slack_message(message: dict[str, Any], users: dict[str, str]) -> _Message:
    moment = datetime.fromtimestamp(float(message["ts"]), UTC).isoformat()
    author = str(message.get("username") or message.get("user") or "")
    text = _SLACK_MARK.sub(lambda mark: _slack_mark(mark, users), str(message.get("text", "")))
    return _Message(_minute(moment), users.get(author, author), html.unescape(text))


def _slack_users(path: Path) -> dict[str, str]:
    """Return the names of the users by id; none if the list is not beside the channel."""
    try:
        if path.is_symlink() or path.stat().st_size > _MAX_USERS:
            return {}
        return {user["id"]: str(user.get("real_name") or user["name"]) for user in json.loads(path.read_bytes())}
    except (*_MALFORMED, RecursionError):
        return {}


def _slack_mark(mark: re.Match[str], users: dict[str, str]) -> str:
    """Return the words of a mention, a channel or a link: its label, else the user's name, else what it refers to."""
    sign, target, label = mark.groups()
    return label or users.get(target, target) if sign != "#" else f"#{label or target}"


def _minute(moment: str) -> str:
    """Return `2024-03-12 10:17` of a time in ISO 8601. Raises ValueError."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M")
