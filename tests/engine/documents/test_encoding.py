"""The characters of a file, whatever its encoding."""

import pytest

from engine.documents.encoding import decode
from engine.errors import DocumentError

GUESSED = [
    ("cp1252", "Der Kessel im Gasthaus „Zum Löwen“ wurde von Jörg Brünning überprüft."),
    ("latin-1", "La chaudière de la gare fut révisée par Hélène Marçais en février."),
    ("cp1251", "Ключи от склада хранятся у Ольги."),
    ("koi8-r", "Насос починил Иван Петров в марте."),
    ("gbk", "仓库的钥匙由王芳保管。"),
    ("big5", "食堂的菜單由李強負責，每週更新。"),
    ("shift_jis", "倉庫の鍵は田中さんが管理しています。"),
    ("euc-jp", "ポンプは三月に鈴木さんが修理しました。"),
    ("euc-kr", "창고 열쇠는 박지훈이 보관합니다."),
    ("cp1253", "Ο λέβητας επισκευάστηκε από τον Νίκο."),
    ("cp1254", "İzmir şubesinin kirası 4.500 liradır."),
    ("cp1256", "مفتاح المخزن مع سالم"),
    ("utf-16-le", "The greenhouse valve was replaced by Marta Olsen."),
    ("utf-16-be", "Der Schlüssel liegt im Büro.\nNoch eine Zeile."),
]


@pytest.mark.parametrize(("encoding", "text"), GUESSED)
def test_a_short_text_of_another_encoding_is_read_with_a_note(encoding, text):
    decoded, note = decode(text.encode(encoding))
    assert decoded == text
    assert note.startswith("read as ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_told_needs_no_note(encoding):
    decoded, note = decode("Jörg\r\nBrünning".encode(encoding))
    assert (decoded.removeprefix("\ufeff"), note) == ("Jörg\nBrünning", "")


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="{}">',
        "<META http-equiv=Content-Type content='text/html; charset={}'>",
        '<?xml version="1.0" encoding="{}"?>',
    ],
)
def test_a_page_is_believed(head):
    page = head.format("iso-8859-2") + "<p>żółw"
    assert decode(page.encode("iso-8859-2"), declares=True) == (page, "")
    unknown = head.format("x-unknown") + "<p>żółw"
    assert decode(unknown.encode(), declares=True) == (unknown, "")


def test_one_bad_byte_loses_no_file():
    data = "Der Müller Jürgen Gößmann prüfte die Wärmeübertrager.".encode().replace(b"pr", b"p\xffr")
    decoded, note = decode(data)
    assert decoded == "Der Müller Jürgen Gößmann p\ufffdrüfte die Wärmeübertrager."
    assert note == "1 character could not be read as UTF-8"
    english = b"The room is cooled by two units at 1200 \x80 per unit. " + b"Plain words follow. " * 50
    assert decode(english)[0].startswith("The room is cooled by two units at 1200 € per unit.")


@pytest.mark.parametrize(
    "data", [b"a\x00b", b"\x00\x01", bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n" + b"\x00\x01\x02" * 50, b"\x00" * 64]
)
def test_what_is_no_text_is_binary(data):
    with pytest.raises(DocumentError, match="binary"):
        decode(data)
