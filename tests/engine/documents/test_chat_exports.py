"""Exported chats are read message by message; other JSON stays as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.documents.document import Document, Syntax
from engine.documents.passages import split_document
from engine.documents.reader import read_documents
from engine.documents.sandbox import ConfinedReader

TELEGRAM = {
    "name": "Allotment", "type": "private_group", "id": 77,
    "messages": [
        {"id": 1, "type": "service", "date": "2024-03-12T10:15:02", "actor": "Greta", "action": "create", "text": ""},
        {"id": 2, "type": "message", "date": "2024-03-12T10:16:40", "from": "Greta", "text": "who has\nthe key?"},
        {"id": 3, "type": "message", "date": "2024-03-12T10:17:02", "from": "Marius",
         "text": ["I left it with ", {"type": "mention", "text": "@frau_otte"}, "."]},
        {"id": 4, "type": "message", "date": "2024-03-12T10:18:02", "from": None, "text": ""},
    ],
}  # fmt: skip
DISCORD = {
    "guild": {"id": "1", "name": "Boats"},
    "channel": {"id": "2", "name": "repairs"},
    "messages": [
        {"id": "3", "timestamp": "2024-03-12T10:16:40.123+00:00", "content": "who mends the keel?",
         "author": {"name": "greta", "nickname": "Greta"}},
        {"id": "4", "timestamp": "2024-03-12T10:17:02+00:00", "content": "Ruben does", "author": {"name": "marius"}},
    ],
}  # fmt: skip
SLACK = [
    {"type": "message", "user": "U1", "ts": "1710238600.000100", "text": "who pays <#C1|harbour> &amp; <@U2>?",
     "user_profile": {"real_name": "Greta Holm", "display_name": ""}},
    {"type": "message", "user": "U2", "ts": "1710238700.000100", "text": "I do, see <https://example.org|the bill>"},
]  # fmt: skip


@pytest.fixture
def read(tmp_path: Path):
    def read(name: str, content: Any) -> list[Document]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        with ConfinedReader(recognition_seconds=0) as reader:
            return list(read_documents(path, root=tmp_path, max_bytes=10**7, confined=reader))

    return read


def test_a_chat_of_telegram(read):
    (document,) = read("result.json", TELEGRAM)
    assert (document.title, document.syntax) == ("Allotment", Syntax.CHAT)
    assert document.text == (
        "[2024-03-12 10:16] Greta: who has\nthe key?\n[2024-03-12 10:17] Marius: I left it with @frau_otte."
    )
    (passage,) = split_document(document, 1200)
    assert [passage.text[sentence.start : sentence.end] for sentence in passage.sentences] == [
        "[2024-03-12 10:16] Greta: who has\nthe key?",
        "[2024-03-12 10:17] Marius: I left it with @frau_otte.",
    ]


def test_a_whole_account_of_telegram_is_a_document_for_each_chat(read, tmp_path):
    private = {**TELEGRAM, "name": None, "type": "saved_messages", "id": 78}
    documents = read("result.json", {"about": "…", "chats": {"about": "…", "list": [TELEGRAM, private]}})
    assert [(document.source, document.title) for document in documents] == [
        (f"{tmp_path / 'result.json'}#77", "Allotment"),
        (f"{tmp_path / 'result.json'}#78", "saved_messages"),
    ]


def test_a_channel_of_discord(read):
    (document,) = read("repairs.json", DISCORD)
    assert document.title == "Boats: repairs"
    assert document.text == "[2024-03-12 10:16] Greta: who mends the keel?\n[2024-03-12 10:17] marius: Ruben does"


def test_a_day_of_a_slack_channel(read, tmp_path):
    (tmp_path / "users.json").write_text(json.dumps([{"id": "U2", "name": "ruben", "real_name": "Ruben Ek"}]))
    (document,) = read("money/2024-03-12.json", SLACK)
    assert document.title == "money 2024-03-12"
    assert document.text == (
        "[2024-03-12 10:16] Greta Holm: who pays #harbour & Ruben Ek?\n[2024-03-12 10:18] Ruben Ek: I do, see the bill"
    )


def test_the_list_of_slack_users_is_not_read_through_a_link(read, tmp_path):
    outside = tmp_path.parent / "users-elsewhere.json"
    outside.write_text(json.dumps([{"id": "U2", "name": "secret"}]))
    (tmp_path / "users.json").symlink_to(outside)
    (document,) = read("money/2024-03-12.json", SLACK)
    assert "secret" not in document.text


@pytest.mark.parametrize(
    "content",
    [
        '{"name": "parts",\n "messages": 3}',
        '[{"a": 1}]',
        '["ts"]',
        '[{"ts": "no time"}]',
        '[{"ts": 1e300, "text": "far"}]',
        '{"chats": {"list": {}}}',
        "{not JSON",
        '"' + "[" * 50,
        "[" * 100_000,
        json.dumps({**DISCORD, "messages": [{"timestamp": "yesterday", "author": {"name": "a"}, "content": "b"}]}),
        json.dumps({**TELEGRAM, "messages": [{"type": "message"}]}),
    ],
)
def test_other_json_stays_as_it_is(read, content):
    (document,) = read("parts.json", content)
    assert (document.title, document.syntax, document.text) == ("parts", Syntax.PLAIN, content)
