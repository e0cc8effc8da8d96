"""Passages that another machine sent."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.document import Document, Location, Syntax
from engine.documents.passages import Passage, split_document
from engine.documents.received import printable_passage, received_passage
from engine.errors import DocumentError
from engine.text.safe import printable

TABLE = "| name | dues |\n|---|---|\n| Ann | 12 |\n| Bo | 15 |\n\nBoth pay in May. They pay late.\n"
DOCUMENT = Document("/l/a.md", "Dues", TABLE, Syntax.MARKDOWN, locations=(Location(0, 3, "sheet Dues"),))


def test_a_passage_comes_as_it_was_with_its_machine_before_its_source():
    for passage in split_document(DOCUMENT, 60):
        sent = received_passage(msgspec.json.decode(msgspec.json.encode(passage)), "ssh://host")
        assert (sent.id, sent.source) == (f"ssh://host{passage.id}", "ssh://host/l/a.md")
        assert (sent.text, sent.sentences, sent.leads, sent.locations) == (
            passage.text, passage.sentences, passage.leads, passage.locations,
        )  # fmt: skip


@given(
    st.text(max_size=200),
    st.lists(st.tuples(st.integers(-5, 250), st.integers(-5, 250), st.integers(-3, 3)), max_size=4),
)
def test_whatever_is_sent_is_printable_and_its_sentences_are_inside_its_text(text, spans):
    fields = {
        "id": "/a#1", "source": "/a", "title": text, "heading": text, "start": 7, "end": 9, "text": text,
        "sentences": [[*span, True] for span in spans], "aliases": [text],
    }  # fmt: skip
    try:
        passage = received_passage(fields, "ssh://host")
    except DocumentError:
        assert not text
        return
    assert passage.text == printable(text)
    assert passage.end == 7 + len(passage.text)
    assert printable(passage.title) == passage.title
    for sentence in passage.sentence_list():
        assert 0 <= sentence.start <= sentence.end <= len(passage.text)
        assert -1 <= sentence.lead < len(passage.leads)


def test_a_passage_with_control_characters_is_split_into_sentences_anew():
    plain = Passage("/a#1", "/a", "T", "", 0, 20, "One is here. Two too.")
    hostile = msgspec.convert({**msgspec.to_builtins(plain), "text": "One is\x1b here. Two too."}, Passage)
    assert printable_passage(hostile).sentence_list() == plain.sentence_list()


@pytest.mark.parametrize("fields", [None, [], {"id": 3}, {"text": "x"}])
def test_another_form_is_refused(fields):
    with pytest.raises(DocumentError, match="has another form"):
        received_passage(fields, "ssh://host")
