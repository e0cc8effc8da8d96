"""Text that nobody would think of: any file is read or refused, and nothing of it steers a terminal."""

import json
import string
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from db import log
from db.personas.files import load_persona_from_file
from db.personas.ledger import Ledger
from db.runs.history import History
from db.runs.recorder import load_events
from db.runs.run_files import unfinished
from engine.documents.document import Document
from engine.documents.passages import split_document
from engine.documents.reader import read_documents
from engine.documents.sandbox import ConfinedReader
from engine.errors import DocumentError, PersonaError, SettingsError, StoreError, UnknownRunError
from engine.events import from_json
from engine.personas.persona import PERSONA_ID, require_persona_id
from engine.settings.settings import load_settings
from engine.text.safe import ascii_json, one_line, printable
from engine.text.sentences import sentence_spans
from tests.support.foreign_files import docx, epub, lines, odt, paragraph, pdf
from tests.support.steering import steering_characters
from tui.drawing.cells import fit, plain

STEERING = "\x1b\x9b\x00\x07\x08\x7f\x85\r\u200e\u200f\u061c\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"
PIECES = (
    *STEERING, "\x1b[2J", "\x1b]0;x\x07", "[bold red]", "[/]", "\n", "\t", " ", "# ", "```", "===", ". A", "<p>",
    "<script>", "</", "<!--", "&#27;", "東京", "e\u0301", "👩\u200d👧", "{", "[", '"', "'", "\\", "../", "*a", "&a",
)  # fmt: skip
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DEEP = "[" * 100_000


@pytest.fixture(scope="module")
def confined() -> Iterator[ConfinedReader]:
    with ConfinedReader() as reader:
        yield reader


@contextmanager
def file(name: str, content: str | bytes) -> Iterator[Path]:
    """A file with this content, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        yield path


@contextmanager
def in_few_words(kind: type[Exception]) -> Iterator[None]:
    """Nothing but this error may be raised, and it may not hold the whole file."""
    told = ""
    try:
        yield
    except kind as error:
        told = str(error)
    assert len(told) < 2000


@given(TEXT)
def test_what_is_shown_steers_no_terminal(text):
    for shown in (printable(text), one_line(text), plain(text), ascii_json(json.dumps(text, ensure_ascii=False))):
        assert not steering_characters(shown)
    assert not set(one_line(text)) & set("\n\t")
    assert json.loads(ascii_json(json.dumps(text, ensure_ascii=False))) == text


@given(TEXT, st.integers(0, 30))
def test_a_cell_is_as_wide_as_it_should_be(text, width):
    assert cell_len(fit(text, width)) == width


@given(TEXT, st.integers(1, 60))
def test_passages_are_the_exact_text_and_lose_no_word(text, limit):
    found = list(split_document(Document("x", "x", text), limit))
    assert all(passage.text == text[passage.start : passage.end] for passage in found)
    assert all(len(passage.text) <= limit for passage in found if "\n" not in passage.text)
    assert [passage.start for passage in found] == sorted(passage.start for passage in found)
    kept = "".join(passage.text for passage in found)
    assert [c for c in kept if not c.isspace()] == [c for c in text if not c.isspace()]


@given(TEXT)
def test_sentences_lie_apart_inside_their_text(text):
    end = 0
    for start, stop in sentence_spans(text):
        assert end <= start < stop <= len(text)
        end = stop


TEXTS = ["x.txt", "x.md", "x.rst", "x.org", "x.csv", "x.jsonl", "x"]
FOREIGN = ["x.html", "x.pdf", "x.docx", "x.odt", "x.xlsx", "x.epub", "x.rtf", "x.eml", "x.mbox", "x.json", "x.srt"]


@given(st.sampled_from([*TEXTS, *FOREIGN]), st.binary(max_size=300) | TEXT)
@example("x.jsonl", DEEP)
@example("x.md", "# a" + "# " * 50_000 + "x")
@example("x.pdf", "%PDF-1.7\n" + DEEP)
def test_any_file_is_read_or_has_a_reason(confined, name, content):
    with file(name, content) as path, suppress(DocumentError):
        for document in read_documents(path, root=path.parent, max_bytes=1_000_000, confined=confined):
            document.text.encode()
            assert len(document.title) <= 200
            assert not steering_characters(document.title)
            assert "\n" not in document.title


EVIL = "Owner\x9b2J\u202eevil\u2066\u2028x"
TITLED = {
    "x.docx": docx(paragraph("words"), title=EVIL),
    "x.odt": odt("<text:p>words</text:p>", title=EVIL),
    "x.epub": epub({"a": "<p>words"}, title=EVIL),
    "x.pdf": pdf([lines(["words"])], title=EVIL),
    "x.html": f"<title>{EVIL}\x1b[2J</title><p>words".encode(),
    "x.eml": f"Subject: =?utf-8?b?{b64encode(EVIL.encode()).decode()}?=\n\nwords".encode(),
    "x.json": json.dumps({"name": f"{EVIL}\x1b[2J", "id": 1, "messages": [
        {"type": "message", "date": "2024-03-12T10:16", "from": f"{EVIL}\x1b[2J", "text": "words"}]}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", TITLED)
def test_no_title_of_a_foreign_format_steers_a_terminal(confined, name):
    with file(name, TITLED[name]) as path:
        (document,) = read_documents(path, root=path.parent, max_bytes=1_000_000, confined=confined)
    assert document.title.startswith("Owner")
    assert not steering_characters(document.title)
    assert "\n" not in document.title
    assert not steering_characters(document.text)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "title", "text", "more"]), JSON), max_size=3))
def test_any_record_is_read_or_has_a_reason(records):
    with file("x.jsonl", "\n".join(map(json.dumps, records))) as path, suppress(DocumentError):
        for document in read_documents(path, root=path.parent, max_bytes=1_000_000):
            document.source.encode()
            assert not steering_characters(document.source + document.title)


@given(JSON | st.fixed_dictionaries({"persona_id": TEXT, "traits": JSON, "metadata": JSON}))
@example({"persona_id": "a", "traits": {"focus": "x" * 900_000}})
def test_any_persona_file_is_a_persona_or_is_refused_in_a_few_words(content):
    with file("x.json", json.dumps(content)) as path, in_few_words(PersonaError):
        assert PERSONA_ID.fullmatch(load_persona_from_file(path).persona_id)


@given(
    TEXT | st.sampled_from(["a: &a [x]\nb: *a", "seed: *a", DEEP, "- " * 5000, "{" * 5000, "a: " * 3000, "? " * 3000])
)
@example(
    "a: &a [l, l]\n"
    + "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
)
@example("seed: '" + "x" * 900_000 + "'")
@example("#" * 1_100_000)
def test_any_settings_are_read_or_refused_in_a_few_words(content):
    with file("system.yaml", content) as path, in_few_words(SettingsError):
        load_settings(path.parent)


@given(TEXT)
def test_no_id_leads_out_of_its_folder(name):
    with suppress(PersonaError):
        assert set(require_persona_id(name)) <= set(string.ascii_lowercase + string.digits + "-_")
    with tempfile.TemporaryDirectory() as folder, pytest.raises(UnknownRunError):
        load_events(Path(folder), name)


@given(
    JSON
    | st.fixed_dictionaries({"event": st.sampled_from(["RunStarted", "AnswerWritten", "GateReceipt"]), "at_ms": JSON})
)
def test_any_line_is_an_event_or_is_refused(content):
    with suppress(ValueError, TypeError):
        assert from_json(json.dumps(content)).at_ms is not None


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps({"_default": {"1": value}}).encode()))
@example(b'{"_default": {"1": ' + DEEP.encode())
def test_any_history_file_is_read_or_set_aside_whole(content):
    with file("runs-000001.json", content) as path:
        history = History(path.parent)
        list(history.runs())
        assert content in [left.read_bytes() for left in path.parent.iterdir()]


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"entry":"Feedback","at":' + DEEP.encode())
def test_any_line_of_the_ledger_is_an_entry_or_is_named(content):
    with file("ledger.jsonl", content + b"\n") as path, suppress(StoreError):
        ledger = Ledger(path)
        ledger.judgements()
        ledger.births()
        list(ledger.entries())
        pytest.fail("a line that says nothing was taken")


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@example(DEEP.encode())
def test_any_line_of_the_log_is_an_entry_or_is_left_out(content):
    with file("persona-moe.jsonl", content + b"\n") as path:
        assert all(isinstance(entry, dict) for entry in log.entries(path))
        log.last_errors(path)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"at_ms":1,"event":"AnswerFragment","text":' + DEEP.encode())
def test_any_events_of_a_run_are_read_or_named(content):
    with file("marker", b"") as path, suppress(StoreError):
        unfinished(path.parent).mkdir()
        (unfinished(path.parent) / "run.jsonl").write_bytes(content + b"\n")
        load_events(path.parent, "run")


def test_the_strategy_reaches_what_steers() -> None:
    assert steering_characters("a\x1b\u202eb\n") == {"\x1b", "\u202e"}
    kinds: set[Any] = set()

    @given(TEXT)
    def collect(text: str) -> None:
        kinds.update(steering_characters(text))

    collect()
    assert len(kinds) > 10
