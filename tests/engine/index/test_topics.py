"""What a library is about: real files, read into a real index."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from engine.atomic_files import write_atomically
from engine.errors import StoreError
from engine.index import name_network, topics
from engine.index.library import Library
from engine.settings.settings import System
from tests.support import ROOT

BOATS = (
    "The Meridew was built at Tholvey Yard. Ada Quist steered the Meridew. Later Tholvey Yard sold her on Monday.",
    "Ada Quist sailed from Tholvey Yard in March. She made the crossing alone, and the Meridew came back.",
    "On a Monday in March the crew of the Meridew met Ada Quist. Tholvey Yard had to make a new mast.",
)
GARDENS = (
    "The Askelby Pear has scab. Bo Lind sprays the Askelby Pear against it. Quay Hill is windy, and Bo Lind knows.",
    "In March the Garden Club met at Quay Hill. Bo Lind gave every member an Askelby Pear.",
    "Make a graft of the Askelby Pear. Bo Lind told the Garden Club so on Monday at Quay Hill.",
)
MAKE_TOPICS = """
import sys
from pathlib import Path
from engine.index.library import Library
from engine.settings.settings import System
Library(Path(sys.argv[1]), System()).topics()
"""


def topics_of(library: Library) -> topics.LibraryTopics:
    found = library.topics()
    assert found is not None
    return found


def write_notes(folder):
    for name, texts in (("boats", BOATS), ("gardens", GARDENS)):
        for number, text in enumerate(texts):
            path = folder / name / f"{name[0]}{number}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {('Voyage', 'Orchard')[name == 'gardens']} {number}\n\n{text}\n")


@pytest.fixture
def library(tmp_path):
    write_notes(tmp_path / "notes")
    library = Library(tmp_path / "library", System())
    library.ingest([tmp_path / "notes"])
    return library


def test_names_that_are_mentioned_together_make_a_topic(library):
    found = library.topics()
    assert (found.passages, found.sampled) == (6, 6)
    boats, gardens = sorted(found.topics, key=lambda topic: "Ada Quist" not in topic.names)
    assert {"Ada Quist", "Meridew", "Tholvey Yard"} <= set(boats.names)
    assert {"Bo Lind", "Askelby Pear", "Quay Hill", "Garden Club"} <= set(gardens.names)
    assert (boats.passages, boats.documents) == (gardens.passages, gardens.documents) == (3, 3)


def test_verbs_that_begin_sentences_and_the_calendar_are_no_names(library):
    names = {name for topic in topics_of(library).topics for name in topic.names}
    assert not names & {"Monday", "March", "Make", "Later", "She", "The Meridew"}


def test_sentences_are_quoted_from_their_place(library):
    for topic in topics_of(library).topics:
        assert len(topic.sentences) == 3
        assert len({sentence.source for sentence in topic.sentences}) > 1
        for number, sentence in enumerate(topic.sentences, start=1):
            text = Path(sentence.source).read_text()
            assert text[sentence.start : sentence.end] == sentence.quote
            assert sentence.n == number
            passage = library.index.find(sentence.passage, sentence.title)
            assert sentence.quote in passage.text


def test_a_label_has_names_as_they_are_written(library):
    boats = next(topic for topic in topics_of(library).topics if "Ada Quist" in topic.names)
    assert boats.label.split(" · ") == list(boats.names[:3])
    assert boats.others == boats.names[3:]
    assert "meridew" not in boats.label


def test_they_are_kept_until_a_file_changes(library, tmp_path, monkeypatch):
    first = library.topics()
    monkeypatch.setattr(topics, "name_network", None)  # it would be called
    assert library.topics() == first
    assert Library(tmp_path / "library", System()).topics() == first
    monkeypatch.undo()
    (tmp_path / "notes" / "boats" / "b0.md").unlink()
    library.ingest([tmp_path / "notes"])
    assert library.topics().passages == 5


@pytest.mark.parametrize("damage", [b"", b"{", b'{"state": 1}', b"\xff"])
def test_a_damaged_file_of_kept_topics_is_written_again(library, tmp_path, damage):
    first, path = library.topics(), tmp_path / "library" / "topics.json"
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert library.topics() == first
    assert path.read_bytes() == whole


def test_topics_that_cannot_be_kept_are_returned(library, tmp_path, monkeypatch):
    def refuse(path, data):
        raise StoreError(f"{path}: no space left")

    monkeypatch.setattr(topics, "write_atomically", refuse)
    assert topics_of(library).topics
    assert not (tmp_path / "library" / "topics.json").exists()
    monkeypatch.setattr(topics, "write_atomically", write_atomically)


def test_the_same_library_gives_the_same_bytes_in_every_process(library, tmp_path):
    path, contents = tmp_path / "library" / "topics.json", set()
    for seed in "123":
        path.unlink(missing_ok=True)
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", MAKE_TOPICS, str(tmp_path / "library")], env=environ, check=True)
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_the_order_in_which_files_were_read_does_not_matter(library, tmp_path):
    other = Library(tmp_path / "other", System())
    for path in sorted((tmp_path / "notes").rglob("*.md"), reverse=True):
        other.ingest([path])
    assert other.topics() == library.topics()


def test_of_a_large_library_passages_are_read_at_even_distances(library, monkeypatch):
    monkeypatch.setattr(topics, "MOST_PASSAGES", 4)
    found = library.topics()
    assert (found.passages, found.sampled) == (6, 4)
    positions = topics._positions(library.files("/"))
    assert [path[-5:] for path in positions] == ["b0.md", "b1.md", "g0.md", "g1.md"]


def test_of_a_large_file_too(tmp_path, monkeypatch):
    (tmp_path / "book.txt").write_text("\n\n".join(f"Chapter {n}. {text * 9}" for n, text in enumerate(BOATS * 9)))
    library = Library(tmp_path / "library", System())
    library.ingest([tmp_path / "book.txt"])
    total = library.count(str(tmp_path))[1]
    monkeypatch.setattr(topics, "MOST_PASSAGES", total // 3)
    ((_, positions),) = topics._positions(library.files(str(tmp_path))).items()
    assert {b - a for a, b in pairwise(positions)} <= {3, 4}
    assert "Meridew" in topics_of(library).topics[0].label


def test_a_cancelled_search_keeps_nothing(library, tmp_path):
    for asked in range(7):  # once for each file, then for the communities
        replies = iter([False] * asked + [True])
        assert library.topics(cancelled=lambda replies=replies: next(replies)) is None
        assert not (tmp_path / "library" / "topics.json").exists()
    assert library.topics() is not None


def test_progress_counts_passages(library):
    calls = []
    library.topics(progress=lambda *call: calls.append(call))
    assert [call[:2] for call in calls] == [(n, 6) for n in range(6)]
    assert calls[0][2].endswith("b0.md")


def test_an_empty_library_has_none(tmp_path):
    library = Library(tmp_path / "library", System())
    assert library.topics() == topics.LibraryTopics((), 0, 0)
    assert not (tmp_path / "library" / "topics.json").exists()


@pytest.mark.parametrize("text", ["the cat sat on the mat.", "12 34 56", "---", "# Only a Title"])
def test_a_library_of_one_passage(tmp_path, text):
    (tmp_path / "a.md").write_text(text)
    library = Library(tmp_path / "library", System())
    library.ingest([tmp_path / "a.md"])
    found = topics_of(library)
    assert found.sampled == found.passages
    assert len(found.topics) <= 1


def test_who_speaks_is_no_topic(tmp_path):
    lines = (f"Ada: I saw the Meridew at Tholvey Yard, number {n}.\nBo: Yes, Tholvey Yard it was." for n in range(60))
    (tmp_path / "chat.txt").write_text("\n".join(lines))
    library = Library(tmp_path / "library", System())
    library.ingest([tmp_path / "chat.txt"])
    names = {name for topic in topics_of(library).topics for name in topic.names}
    assert "Tholvey Yard" in names
    assert not names & {"Ada", "Bo", "Yes", "Bo: Yes"}


def test_a_heading_of_many_documents_links_nothing(tmp_path):
    for name in ("Owl", "Crow", "Jay", "Wren"):
        path = tmp_path / "birds" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {name}\n\n## Introduction\n\n{'The bird flies. ' * 80}\n")
    library = Library(tmp_path / "library", System())
    library.ingest([tmp_path / "birds"])
    labels = [topic.label for topic in topics_of(library).topics]
    assert sorted(labels) == ["Crow", "Jay", "Owl", "Wren"]


def test_names_across_lines_and_colons_are_not_joined():
    read = name_network._gaps
    assert list(read("St. Olaf: Big\nBen", ["St", "Olaf", "Big", "Ben"])) == ["\n", ". ", ": ", "\n"]
