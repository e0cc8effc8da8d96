"""The library: only what changed is read again, and whatever happens it holds what its catalogue says."""

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.atomic_files import write_atomically
from engine.errors import InputError, LibraryError, StoreError
from engine.index.catalogue import FORMAT, IngestReport, existing
from engine.index.index_writer import IndexWriter
from engine.index.library import Library
from engine.index.retriever import Retriever
from engine.settings.settings import load_settings
from engine.shipped import shipped

SYSTEM = load_settings(shipped("configs")).system


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name, text in {"a/heron.md": "# Heron\n\nThe heron sleeps.", "ab/gull.txt": "The gull cries.",
                       "owl.txt": "The owl hoots."}.items():  # fmt: skip
        write(folder / name, text)
    return folder


def library(docs: Path) -> Library:
    return Library(docs.parent / "library", SYSTEM)


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def texts(found: Retriever, stem: str = "the") -> set[str]:
    return {found.open(number).passage.text for number, score in found.search({stem: 1.0}, 50) if score > 0}


def spoil(path: Path) -> None:
    """Make the file unreadable as text, with the size and time it had."""
    stat = path.stat()
    path.write_bytes(b"\x00" * stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def touch_later(path: Path) -> None:
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns + 1_000_000))


def after(number: int) -> dict[str, Any]:
    """Options of an ingest that is cancelled while it reads the file after the first `number` ones."""
    told: list[int] = []
    return {"progress": lambda done, _total, _path: told.append(done), "cancelled": lambda: len(told) > number}


ALL = {"# Heron\n\nThe heron sleeps.", "The gull cries.", "The owl hoots."}


def test_a_folder_is_ingested_and_found_again_by_the_next_session(docs):
    mine, told = library(docs), []
    report = mine.ingest([docs], progress=lambda done, total, path: told.append((done, total, path)))
    assert (report.files, report.added, report.removed, report.cancelled) == (3, 3, 0, False)
    assert report.skipped == mine.skipped == ()
    assert told == [(n, 3, str(docs / name)) for n, name in enumerate(["a/heron.md", "ab/gull.txt", "owl.txt"], 1)]
    for opened in (mine, library(docs)):
        assert opened.roots == (str(docs),)
        assert opened.count(str(docs)) == (3, 3)
        assert texts(opened.retriever()) == ALL
        assert len(opened.retriever()) == 3


def test_the_report_counts_the_passages_of_the_library_afterwards(docs):
    mine, other = library(docs), library(docs)
    assert mine.ingest([docs]).passages == 3
    assert mine.ingest([docs]).passages == other.ingest([docs / "a"]).passages == 3
    (docs / "owl.txt").unlink()
    assert mine.ingest([docs]).passages == 2


def test_every_passage_stands_in_its_file(docs):
    mine = library(docs)
    mine.ingest([docs, shipped("db/sample/people")])
    found, seen = mine.retriever(), 0
    for number, _ in found.search({"the": 1.0, "lifeboat": 1.0}, 60):
        passage = found.open(number).passage
        assert Path(passage.source).read_text(encoding="utf-8")[passage.start : passage.end] == passage.text
        seen += 1
    assert seen > 20


def test_a_question_reads_one_state_whatever_is_ingested_meanwhile(docs):
    mine, other = library(docs), library(docs)
    mine.ingest([docs])
    running = mine.retriever()
    hits, passages = running.search({"heron": 1.0, "owl": 1.0, "gull": 1.0}, 9), texts(running)
    for number in range(3):
        (docs / f"{number}.txt").write_text(f"The heron and the owl {number}.", "utf-8")
    (docs / "owl.txt").unlink()
    other.ingest([docs])
    generation = mine.retriever().index.generation
    mine.ingest([docs / "0.txt"])
    assert running.search({"heron": 1.0, "owl": 1.0, "gull": 1.0}, 9) == hits
    assert texts(running) == passages
    assert running.term_frequency("owl") == 1
    assert mine.retriever().term_frequency("owl") == 3
    assert running.index.generation < generation


def test_unchanged_files_are_not_read_again(docs):
    mine = library(docs)
    mine.ingest([docs])
    for path in docs.rglob("*.*"):
        spoil(path)
    told: list[str] = []
    report = library(docs).ingest([docs], progress=lambda _done, _total, path: told.append(path))
    assert report == IngestReport(files=3, passages=3)
    assert told == []
    assert texts(library(docs).retriever()) == ALL


def test_only_the_changed_file_is_read_again(docs):
    mine = library(docs)
    mine.ingest([docs])
    spoil(docs / "owl.txt")
    spoil(docs / "ab/gull.txt")
    write(docs / "a/heron.md", "The heron woke, the heron flew.")
    report = mine.ingest([docs])
    assert (report.added, report.changed, report.removed) == (0, 1, 0)
    assert texts(mine.retriever()) == {"The heron woke, the heron flew.", "The gull cries.", "The owl hoots."}
    assert mine.count(str(docs)) == (3, 3)


def test_a_newer_time_alone_is_a_change_too(docs):
    mine = library(docs)
    mine.ingest([docs])
    write(docs / "owl.txt", "The owl hOOts.")
    touch_later(docs / "owl.txt")
    assert mine.ingest([docs]).changed == 1
    assert "The owl hOOts." in texts(mine.retriever())


def test_deleted_and_renamed_files_leave(docs):
    mine = library(docs)
    mine.ingest([docs])
    (docs / "owl.txt").unlink()
    (docs / "a/heron.md").rename(docs / "a/bird.md")
    report = mine.ingest([docs])
    assert (report.files, report.added, report.removed) == (2, 1, 2)
    assert texts(mine.retriever()) == ALL - {"The owl hoots."}
    assert {
        Path(mine.retriever().open(n).passage.source).name for n, _ in mine.retriever().search({"heron": 1.0}, 5)
    } == {"bird.md"}


def test_a_folder_that_becomes_a_file_and_back(docs):
    mine = library(docs)
    mine.ingest([docs])
    shutil.rmtree(docs / "a")
    write(docs / "a", "The folder is a file.")
    mine.ingest([docs])
    assert texts(mine.retriever()) == ALL - {"# Heron\n\nThe heron sleeps."} | {"The folder is a file."}
    (docs / "a").unlink()
    write(docs / "a/heron.md", "The heron is back.")
    mine.ingest([docs])
    assert texts(mine.retriever()) == ALL - {"# Heron\n\nThe heron sleeps."} | {"The heron is back."}


def test_a_changed_file_that_cannot_be_read_leaves_and_comes_back(docs):
    mine = library(docs)
    mine.ingest([docs])
    write(docs / "owl.txt", b"The owl \x00 hoots.")
    report = mine.ingest([docs])
    assert [(Path(s.path).name, s.reason) for s in report.skipped] == [("owl.txt", "binary")]
    assert mine.skipped == library(docs).skipped == report.skipped
    assert texts(mine.retriever()) == ALL - {"The owl hoots."}
    write(docs / "owl.txt", "The owl hoots.")
    assert mine.ingest([docs]).skipped == ()
    assert texts(mine.retriever()) == ALL


def test_a_file_that_was_read_by_a_guess_is_noted_until_it_needs_none(docs):
    mine = library(docs)
    write(docs / "owl.txt", "Die Eule heißt Jürgen und schläft.".encode("cp1252"))
    assert [(Path(n.path).name, n.reason) for n in mine.ingest([docs]).notes] == [
        ("owl.txt", "read as WINDOWS-1252, a guess")
    ]
    assert mine.notes == library(docs).notes == mine.ingest([docs]).notes
    assert "Die Eule heißt Jürgen und schläft." in texts(mine.retriever(), "eul")
    write(docs / "owl.txt", "Die Eule heißt Jürgen und schläft.")
    assert mine.ingest([docs]).notes == ()


def test_bad_files_are_listed_with_reasons_and_the_rest_is_read(docs, tmp_path):
    write(tmp_path / "outside.txt", "secret words")
    write(docs / "bad/empty.txt", "")
    write(docs / "bad/blank.md", " \n\n ")
    write(docs / "bad/binary.txt", b"a\x00b")
    write(docs / "bad/lines.jsonl", '{"id": 1, "text": "the fine one"}\n{broken')
    write(docs / "bad/damaged.pdf", "%PDF-1.4")
    (docs / "bad/out.txt").symlink_to(tmp_path / "outside.txt")
    (docs / "bad/loop.txt").symlink_to(docs / "bad/loop.txt")
    (docs / "bad/nowhere.txt").symlink_to(docs / "bad/missing.txt")
    (docs / "bad/up").symlink_to(docs)
    mine = library(docs)
    report = mine.ingest([docs])
    assert {Path(s.path).name: s.reason.split(" (")[0].split(":")[0] for s in report.skipped} == {
        "empty.txt": "empty",
        "blank.md": "empty",
        "binary.txt": "binary",
        "lines.jsonl": "line 2 is not a record",
        "damaged.pdf": "damaged PDF",
        "out.txt": "a link that leads out of its folder",
        "up": "a link to a folder",
    }
    assert texts(mine.retriever()) == ALL
    assert texts(mine.retriever(), "secret") == set()
    assert mine.count(str(docs)) == (3, 3)


def test_the_file_limit_and_the_passage_limit_are_those_of_the_settings(docs):
    write(docs / "long.txt", "The long one. " * 100)
    mine = Library(docs.parent / "library", replace(SYSTEM, passage_characters=200, max_file_megabytes=0.001))
    assert [s.reason.split(" (")[0] for s in mine.ingest([docs]).skipped] == ["larger than 0.001 MB"]
    write(docs / "long.txt", "The long one. " * 60)
    assert mine.ingest([docs]).skipped == ()
    assert mine.count(str(docs / "long.txt")) == (1, 5)


def test_records_of_one_file_come_and_go_together(docs):
    write(docs / "r.jsonl", '{"id": "x", "title": "Rook", "text": "The rook."}\n{"id": "y", "text": "The wren."}')
    mine = library(docs)
    mine.ingest([docs / "r.jsonl"])
    found = mine.retriever()
    assert {found.open(n).passage.source for n, _ in found.search({"the": 1.0}, 9)} == {
        f"{docs}/r.jsonl#x",
        f"{docs}/r.jsonl#y",
    }
    write(docs / "r.jsonl", '{"id": "x", "title": "Rook", "text": "The rook left."}')
    mine.ingest([docs / "r.jsonl"])
    assert texts(mine.retriever()) == {"The rook left."}


def test_a_file_name_in_latin_1_is_a_reason(docs):
    write(Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9.txt")), "The café.")
    mine = library(docs)
    for _ in range(2):
        (skipped,) = mine.ingest([docs]).skipped
        assert skipped.path == f"{docs}/caf\ufffd.txt"
        assert "UTF-8" in skipped.reason
    assert texts(mine.retriever()) == ALL


# -- roots -------------------------------------------------------------------------------------------------


def test_a_folder_inside_a_known_one_is_no_root_of_its_own(docs):
    mine = library(docs)
    mine.ingest([docs])
    mine.ingest([docs / "a"])
    assert mine.roots == (str(docs),)
    with pytest.raises(InputError, match="is not in the library"):
        mine.remove(str(docs / "a"))


def test_a_folder_takes_the_place_of_those_inside_it(docs):
    mine = library(docs)
    mine.ingest([docs / "a", docs / "owl.txt"])
    assert list(mine.roots) == [str(docs / "a"), str(docs / "owl.txt")]
    spoil(docs / "a/heron.md")
    report = mine.ingest([docs])
    assert list(mine.roots) == [str(docs)]
    assert (report.added, report.changed) == (1, 0)
    assert texts(mine.retriever()) == ALL


def test_ingesting_one_folder_leaves_the_others_alone(docs):
    mine = library(docs)
    write(docs / "ab/tern.txt", "A tern dives.")
    mine.ingest([docs / "a", docs / "ab"])
    (docs / "ab/gull.txt").unlink()
    mine.ingest([docs / "a"])
    assert texts(mine.retriever(), "gull") == {"The gull cries."}
    mine.ingest([docs / "ab"])
    assert texts(mine.retriever(), "gull") == set()
    assert mine.roots == (str(docs / "a"), str(docs / "ab"))


def test_removing_a_folder_takes_its_files_and_no_others(docs):
    mine = library(docs)
    mine.ingest([docs / "a", docs / "ab", docs / "owl.txt"])
    assert mine.remove(str(docs / "a")) == 1
    assert mine.roots == (str(docs / "ab"), str(docs / "owl.txt"))
    for opened in (mine, library(docs)):
        assert texts(opened.retriever()) == {"The gull cries.", "The owl hoots."}
        assert opened.count(str(docs / "a")) == (0, 0)
    assert mine.remove(f"{docs}/x/../ab/") == 1
    assert texts(mine.retriever()) == {"The owl hoots."}
    mine.ingest([docs / "a"])
    assert texts(mine.retriever(), "heron") == {"# Heron\n\nThe heron sleeps."}


def test_removing_what_is_not_there_says_what_is(docs):
    mine = library(docs)
    with pytest.raises(InputError, match="the library is empty"):
        mine.remove(str(docs))
    mine.ingest([docs / "a"])
    with pytest.raises(InputError) as caught:
        mine.remove("/nowhere")
    assert caught.value.hint == str(docs / "a")


def test_a_root_that_left_can_still_be_removed(docs):
    mine = library(docs)
    mine.ingest([docs / "a"])
    shutil.rmtree(docs / "a")
    assert mine.remove(str(docs / "a")) == 1
    assert len(mine.retriever()) == 0


def test_a_path_that_is_not_there_is_refused_and_nothing_changes(docs):
    mine = library(docs)
    with pytest.raises(InputError, match=r"nowhere does not exist \(name a folder"):
        mine.ingest([docs, docs / "nowhere"])
    assert mine.roots == ()


def test_a_named_link_stands_for_what_it_leads_to(docs, tmp_path):
    (tmp_path / "link").symlink_to(docs / "a")
    mine = library(docs)
    mine.ingest([tmp_path / "link"])
    assert mine.roots == (str(docs / "a"),)
    assert existing(tmp_path / "link") == docs / "a"
    assert mine.remove(str(tmp_path / "link")) == 1


# -- scope -------------------------------------------------------------------------------------------------


def test_a_scope_restricts_and_a_name_that_begins_alike_is_another(docs):
    mine = library(docs)
    mine.ingest([docs])
    assert texts(mine.retriever([str(docs / "a")])) == {"# Heron\n\nThe heron sleeps."}
    assert texts(mine.retriever([str(docs / "ab")])) == {"The gull cries."}
    assert texts(mine.retriever([str(docs / "a"), str(docs / "owl.txt")])) == ALL - {"The gull cries."}
    assert len(mine.retriever([str(docs / "a")]).titled("heron")) == 1
    assert list(mine.retriever([str(docs / "ab")]).titled("heron")) == []
    assert texts(mine.retriever([str(docs / "nowhere")])) == set()
    assert mine.count(str(docs / "a")) == (1, 1)


def test_a_scope_over_all_roots_is_no_restriction(docs):
    mine = library(docs)
    mine.ingest([docs / "a", docs / "ab"])
    assert mine.retriever([str(docs)]).scope == mine.retriever().scope == ()
    assert mine.retriever([str(docs / "a")]).scope == (str(docs / "a"),)


# -- interruption ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [0, 1, 2])
def test_a_cancelled_ingest_keeps_what_was_done_in_whole_and_the_next_one_goes_on(docs, begun):
    mine, told = library(docs), []
    report = mine.ingest([docs], **after(begun))
    assert (report.cancelled, report.added, report.changed, report.passages) == (True, begun, 0, begun)
    for opened in (mine, library(docs)):
        assert opened.count(str(docs)) == (begun, begun)
        assert len(opened.retriever()) == len(texts(opened.retriever())) == begun
    report = library(docs).ingest([docs], progress=lambda done, total, _path: told.append((done, total)))
    assert told == [(n, 3 - begun) for n in range(1, 4 - begun)]
    assert not report.cancelled
    assert texts(library(docs).retriever()) == ALL


def test_cancelling_keeps_the_old_text_of_what_was_not_reached(docs):
    mine = library(docs)
    mine.ingest([docs])
    for name in ("a/heron.md", "ab/gull.txt", "owl.txt"):
        write(docs / name, f"The new {name}.")
    mine.ingest([docs], **after(1))
    assert texts(mine.retriever()) == {"The new a/heron.md.", "The gull cries.", "The owl hoots."}


def test_an_ingest_that_breaks_off_leaves_the_library_as_it_was(docs):
    mine = library(docs)
    mine.ingest([docs / "a"])

    def stop(done: int, _total: int, _path: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine.ingest([docs], progress=stop)
    for opened in (library(docs), mine):
        assert texts(opened.retriever()) == {"# Heron\n\nThe heron sleeps."}
        assert opened.roots == (str(docs / "a"),)
    mine.ingest([docs])
    assert texts(mine.retriever()) == ALL


def test_a_crash_between_index_and_catalogue_doubles_nothing(docs):
    mine = library(docs)
    mine.ingest([docs])
    (docs.parent / "library/files.json").unlink()
    again = library(docs)
    assert again.roots == ()
    again.ingest([docs])
    assert len(again.retriever()) == 3


def test_a_second_writer_is_told_so_and_readers_go_on(docs):
    mine, other = library(docs), library(docs)
    mine.ingest([docs / "a"])
    with mine.index.writing():
        with pytest.raises(LibraryError, match="another session"):
            other.ingest([docs])
        with pytest.raises(LibraryError, match="another session"):
            library(docs).remove(str(docs / "a"))
        assert texts(other.retriever()) == {"# Heron\n\nThe heron sleeps."}
        assert other.ingest([docs / "a"]).changed == 0
    other.ingest([docs])
    assert texts(mine.retriever()) == ALL


def test_a_session_sees_what_another_one_ingested(docs):
    mine, other = library(docs), library(docs)
    mine.ingest([docs])
    assert texts(other.retriever()) == ALL
    assert other.roots == (str(docs),)
    assert other.ingest([docs]).changed == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"roots": 1}', '{"roots": [], "files": {"x": {}}}', b"\xff"])
def test_a_damaged_catalogue_is_a_library_error_and_is_kept(docs, content):
    mine = library(docs)
    mine.ingest([docs])
    write(docs.parent / "library/files.json", content)
    with pytest.raises(LibraryError, match=r"files\.json is damaged"):
        library(docs)
    with pytest.raises(LibraryError, match="damaged"):
        mine.ingest([docs])
    kept = (docs.parent / "library/files.json").read_bytes()
    assert kept == (content if isinstance(content, bytes) else content.encode())


def test_without_caching_nothing_opened_is_kept(docs):
    mine = Library(docs.parent / "library", replace(SYSTEM, enable_caching=False))
    mine.ingest([docs])
    found = mine.retriever()
    number = found.search({"owl": 1.0}, 1)[0][0]
    first = found.open(number)
    assert found.open(number) is first
    assert mine.retriever().open(number) is not first


def test_words_and_names_of_deleted_files_are_no_longer_known(docs):
    mine = library(docs)
    mine.ingest([docs])
    (docs / "owl.txt").write_text("The bird called Grey Tower is here.")
    mine.ingest([docs])
    assert mine.retriever().term_frequency("hoot") == 0
    (docs / "owl.txt").unlink()
    mine.ingest([docs])
    assert mine.retriever().name_frequencies(["grey tower"])[0][0] == 0


def test_a_file_is_tried_again_when_the_limit_was_raised(docs):
    small = Library(docs.parent / "library", replace(SYSTEM, max_file_megabytes=0.00001))
    assert len(small.ingest([docs]).skipped) == 3
    assert library(docs).ingest([docs]).skipped == ()


def test_another_passage_size_splits_the_files_again(docs):
    write(docs / "owl.txt", "The owl hoots. " * 40)
    library(docs).ingest([docs])
    short = Library(docs.parent / "library", replace(SYSTEM, passage_characters=200))
    short.ingest([docs])
    assert short.count(str(docs / "owl.txt")) == (1, 4)


def test_after_the_index_was_moved_away_everything_is_read_again(docs):
    library(docs).ingest([docs])
    shutil.rmtree(docs.parent / f"library/index-{FORMAT}")
    mine = library(docs)
    mine.ingest([docs])
    assert texts(mine.retriever()) == ALL


def test_the_index_of_another_version_leaves_when_its_documents_were_read_again(docs):
    library(docs).ingest([docs])
    folder = docs.parent / "library"
    (folder / f"index-{FORMAT}").rename(folder / "index-3")
    mine = library(docs)
    mine.ingest([docs])
    assert [path.name for path in folder.glob("index-*")] == [f"index-{FORMAT}"]
    assert texts(mine.retriever()) == ALL


@pytest.mark.parametrize("saves", [0, 1])
def test_a_removal_that_the_disk_refuses_half_way_is_mended_by_an_ingest(docs, monkeypatch, saves):
    mine = library(docs)
    mine.ingest([docs])
    done: list[Path] = []

    def full(path: Path, data: bytes) -> None:
        if len(done) == saves:
            raise StoreError("No space left on device")
        write_atomically(path, data)
        done.append(path)

    monkeypatch.setattr("engine.index.catalogue.write_atomically", full)
    with pytest.raises(StoreError):
        mine.remove(str(docs))
    monkeypatch.undo()
    for again in (mine, library(docs)):
        assert again.roots == (str(docs),)
        assert again.ingest([docs]).passages == 3
        assert texts(again.retriever()) == ALL


def test_an_index_that_the_disk_refuses_is_an_error_that_says_so(docs, monkeypatch):
    mine = library(docs)
    mine.ingest([docs / "a"])

    class FullDisk:
        def __init__(self, writer) -> None:
            self.wait_merging_threads = writer.wait_merging_threads

        def refuse(self, *_: object) -> None:
            raise ValueError(
                "Failed to open file: 'IoError { err: Os { code: 28, message: \"No space left on device\" } }'"
            )

        add_document = delete_documents_by_term = commit = refuse

    monkeypatch.setattr(
        "engine.index.search_index.IndexWriter", lambda tantivy, writer: IndexWriter(tantivy, FullDisk(writer))
    )
    with pytest.raises(LibraryError, match=r"cannot be written: No space left on device \(check the disk"):
        mine.ingest([docs])
    monkeypatch.undo()
    assert mine.roots == (str(docs / "a"),)
    assert texts(mine.retriever()) == {"# Heron\n\nThe heron sleeps."}
    assert mine.ingest([docs]).passages == 3


def test_a_folder_that_another_session_added_can_be_removed(docs):
    mine, other = library(docs), library(docs)
    mine.ingest([docs])
    assert other.remove(str(docs)) == 3


def test_a_record_that_cannot_be_encoded_spoils_no_ingest(docs):
    write(docs / "r.jsonl", r'{"id": 1, "text": "bad \ud800 text"}')
    mine = library(docs)
    mine.ingest([docs])
    assert texts(mine.retriever()) >= ALL


def test_a_pipe_is_no_file(docs):
    os.mkfifo(docs / "pipe.txt")
    ended = threading.Event()

    def ingest() -> None:
        library(docs).ingest([docs])
        ended.set()

    thread = threading.Thread(target=ingest, daemon=True)
    thread.start()
    try:
        if not ended.wait(0.7):
            raise TimeoutError
    finally:
        if not ended.is_set():
            os.close(os.open(docs / "pipe.txt", os.O_RDWR | os.O_NONBLOCK))  # let the reader go
            thread.join(5)


@pytest.mark.parametrize("name", ["~no-such-user/x", "loop"])
def test_a_path_that_cannot_be_resolved_is_an_input_error(docs, name):
    (docs / "loop").symlink_to(docs / "loop")
    with pytest.raises(InputError):
        library(docs).ingest([docs / name if name == "loop" else Path(name)])


def test_a_folder_name_in_latin_1_is_an_input_error(docs):
    folder = Path(os.fsdecode(os.fsencode(docs) + b"/caf\xe9"))
    write(folder / "x.txt", "The café.")
    with pytest.raises(InputError):
        library(docs).ingest([folder])


# -- a library that stays true ------------------------------------------------------------------------------


def test_an_edited_file_is_read_again_and_a_deleted_one_leaves(docs):
    mine = library(docs)
    mine.ingest([docs])
    assert mine.refresh() is None
    write(docs / "owl.txt", "The owl is silent now.")
    (docs / "ab/gull.txt").unlink()
    write(docs / "ab/tern.txt", "The tern is new.")
    report = mine.refresh()
    assert report is not None
    assert (report.added, report.changed, report.removed) == (0, 1, 1)
    assert texts(mine.retriever()) == {"# Heron\n\nThe heron sleeps.", "The owl is silent now."}


def test_only_the_asked_part_is_refreshed(docs):
    mine = library(docs)
    mine.ingest([docs])
    write(docs / "owl.txt", "The owl is silent now.")
    assert mine.refresh([str(docs / "a")]) is None
    assert mine.refresh([str(docs / "owl.txt")]) is not None


def test_a_large_library_and_a_busy_one_are_left_alone(docs, monkeypatch):
    mine = library(docs)
    mine.ingest([docs])
    write(docs / "owl.txt", "The owl is silent now.")
    with monkeypatch.context() as patch:
        patch.setattr("engine.index.library._MAX_REFRESHED", 2)
        assert mine.refresh() is None
    with library(docs).index.writing():
        assert mine.refresh() is None
    assert mine.refresh() is not None


@pytest.mark.parametrize("gone", ["emptied", "missing"])
def test_a_folder_that_is_not_mounted_keeps_its_files(docs, gone):
    mine = library(docs)
    mine.ingest([docs])
    mounted = docs.rename(docs.parent / "elsewhere")
    if gone == "emptied":
        docs.mkdir()
        (notice,) = mine.ingest([docs]).notices
        assert notice.startswith(f"{docs}: the folder is empty now; 3 indexed files")
    assert mine.refresh() is None
    assert texts(mine.retriever()) == ALL
    if docs.exists():
        docs.rmdir()
    mounted.rename(docs)
    assert mine.ingest([docs]).notices == ()


def test_files_of_a_folder_that_cannot_be_listed_are_kept(docs, monkeypatch):
    mine = library(docs)
    mine.ingest([docs])
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "ab":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        report = mine.ingest([docs])
    assert report.removed == 0
    assert [n.split(";")[0] for n in report.notices] == [f"{docs / 'ab'}: Permission denied"]
    assert texts(mine.retriever()) == ALL


def test_a_killed_ingest_keeps_nine_tenths_of_what_it_told(tmp_path, monkeypatch):
    docs = tmp_path / "docs"
    for number in range(500):
        write(docs / f"n{number:03}.txt", f"The note {number}.")
    committed: list[int] = []
    mine = library(docs)
    commit = mine._commit

    def counted(writer: IndexWriter) -> None:
        commit(writer)
        committed.append(len(mine._catalogue.files))

    monkeypatch.setattr(mine, "_commit", counted)
    shares = []

    def told(done: int, _total: int, _path: str) -> None:
        shares.append(1.0 if done <= 32 else committed[-1] / done)

    mine.ingest([docs], progress=told)
    assert min(shares[320:]) >= 0.9
    assert min(shares) >= 0.5
    assert len(committed) < 40
