"""The library's screen, by its keys, on real folders; what is read slowly is scripted."""

import asyncio
import random
from typing import Any

import pytest

from engine.index.catalogue import KnownFile
from tests.support import scripted_run as script
from tui.library.file_pane import FilePane
from tui.library.screen import LibraryScreen
from tui.session.library import sample_library


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    (folder / "birds").mkdir(parents=True)
    (folder / "birds" / "owl.md").write_text("# Owl\n\nAda Quist keeps an owl.\n")
    (folder / "crow.md").write_text("# Crow\n\nBo Quist keeps a crow.\n")
    (folder / "bad.bin").write_bytes(b"\x00\x01")
    return folder


def on(pilot: Any, words: str) -> bool:
    return words in " ".join(script.screen_text(pilot.app).split())  # a long message is wrapped


async def opened(pilot: Any) -> None:
    await script.ready(pilot)
    await pilot.press("f5")
    await script.until(pilot, lambda: on(pilot, "Library ·"))


async def added(pilot: Any, path: object, told: str) -> None:
    await pilot.press("a")
    pilot.app.screen.query_one("#path").value = str(path)
    await pilot.press("enter")
    await script.until(pilot, lambda: on(pilot, told))


async def test_a_folder_is_added_and_asked_from_then_on(session, docs):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert on(pilot, str(sample_library())[-20:])
        await added(pilot, docs, "✓ 3 files: 3 added, 0 changed, 0 removed, 1 skipped")
        await script.until(pilot, lambda: on(pilot, "birds/owl.md"))
        assert on(pilot, "! bad.bin")
        assert on(pilot, "Library · 3 files · 2 passages")
        await pilot.press("escape")
        await script.until(pilot, lambda: on(pilot, "docs · 2 passages"))
    assert session.library.documents.roots == (str(docs),)


async def test_a_change_on_disk_is_told_and_shown(session, docs):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await added(pilot, docs, "✓ 3 files: 3 added")
        pilot.app.follow_folders()
        notices = list[str]()
        pilot.app.notify = lambda text, **_: notices.append(text)
        while not notices:  # the watch begins in a thread: one of these changes is the first that it sees
            (docs / "crow.md").write_text(f"# Crow\n\nBo Quist keeps a crow.{' ' * random.randrange(99)}\n")
            await asyncio.sleep(0.2)
        assert notices[0] == "The library follows its folders: 1 changed."
        (docs / "jay.md").write_text("# Jay\n\nA jay is blue.\n")
        await script.until(pilot, lambda: on(pilot, "Library · 4 files · 3 passages"))


def test_one_passage_is_one_in_the_list_of_files():
    pane = FilePane(id="files")
    counts = (KnownFile(size=1, mtime_ns=1, passages=1, words=1), KnownFile(size=1, mtime_ns=1, passages=2, words=5))
    pane._files = [(f"{n}.md", counts[n]) for n in range(2)]
    lines = [pane.entry_at(n, 70).plain for n in range(2)]
    assert [line.split()[1:] for line in lines] == [["1", "passage", "1", "word"], ["2", "passages", "5", "words"]]
    assert len({len(line) for line in lines}) == 1


async def test_enter_on_a_file_shows_its_names_and_passages(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"net-school", "enter", "tab", "enter")
        await script.until(pilot, lambda: on(pilot, "esc closes"))
        assert on(pilot, "net school in 13 passages, the title of 2")
        assert on(pilot, "0-1,047 # Net School")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, LibraryScreen)


async def test_a_skipped_file_does_not_open():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("tab", "enter")
        assert isinstance(pilot.app.screen, LibraryScreen)
        assert pilot.app.screen.query_one("#files").has_focus


async def test_rescan_reads_what_changed(session, docs):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await added(pilot, docs, "3 added")
        (docs / "crow.md").write_text("# Crow\n\nBo Quist keeps two crows now.\n")
        (docs / "birds" / "owl.md").unlink()
        await pilot.press("s")
        await script.until(pilot, lambda: on(pilot, "✓ 2 files: 0 added, 1 changed, 1 removed"))
        await script.until(pilot, lambda: not on(pilot, "birds/owl.md"))


async def test_remove_leaves_the_disk_alone_and_undo_brings_it_back(session, docs):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await added(pilot, docs, "3 added")
        await pilot.press("x")
        await script.until(pilot, lambda: on(pilot, "removed with 3 files, which stay on the disk; u adds it again"))
        await script.until(pilot, lambda: on(pilot, str(sample_library())[-20:]))  # never nothing to ask
        assert (docs / "crow.md").exists()
        await pilot.press("u")
        await script.until(pilot, lambda: session.library.documents.roots == (str(docs),))
        await script.until(pilot, lambda: on(pilot, "crow.md"))
        assert not on(pilot, "u Undo")


async def test_a_folder_that_is_not_there_is_one_line(session, tmp_path):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await added(pilot, tmp_path / "nowhere", "does not exist (name a folder or file that holds your documents)")
    assert session.library.documents.roots == (str(sample_library()),)


async def test_only_skipped_files_and_files_by_words():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("f")
        await script.until(pilot, lambda: on(pilot, "Skipped files · 1 file"))
        assert not on(pilot, "ysolde-marrak.md")
        await pilot.press("f", "slash", *"PEOPLE", "enter")
        await script.until(pilot, lambda: on(pilot, "Files with “PEOPLE” · 1 file"))
        assert not on(pilot, "gannet-stack-light.md")
        await pilot.press("escape")
        await script.until(pilot, lambda: on(pilot, "gannet-stack-light.md"))
        await pilot.press("escape")
        assert pilot.app.current_mode == "ask"


async def test_the_files_follow_the_cursor():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        assert on(pilot, "! missing /gone/notes")
        await pilot.press("j")
        await script.until(pilot, lambda: on(pilot, "a.txt"))
        await pilot.press("k")
        await script.until(pilot, lambda: on(pilot, "ysolde-marrak.md"))


async def test_reading_is_shown_and_escape_ends_it():
    session = script.ScriptedSession(hold=True)
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await script.until(pilot, lambda: on(pilot, "12 of 340 files"))
        assert on(pilot, "/library/[b]slow.pdf")
        await pilot.press("s", "x")  # one thing at a time
        await pilot.press("escape")
        await script.until(pilot, lambda: on(pilot, "cancelled, files that were read are kept"))
        assert not on(pilot, "12 of 340 files")
        assert isinstance(pilot.app.screen, LibraryScreen)


async def test_escape_leaves_the_line_first():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a", "x", "escape")
        assert not pilot.app.screen.query_one("#path").display
        assert isinstance(pilot.app.screen, LibraryScreen)


async def test_names_of_files_are_data():
    async with script.app(script.ScriptedSession()).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        text = script.screen_text(pilot.app)
        assert "[red]scan[31m.pdf" in text
        assert not set(text) & set("\x1b\x07")


async def test_it_is_shown_how_many_passages_are_embedded(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        meaning = session.meaning
        assert not pilot.app.screen.query_one("#reading").display
        meaning._tell("embedder", 30, 4400)
        await script.until(pilot, lambda: on(pilot, "30 of 4,400 passages embedded by embedder"))
        meaning._tell("embedder", 30, 4400, "it does not answer")
        await script.until(pilot, lambda: on(pilot, "embedding waits, 30 of 4,400 by embedder · it does not answer"))
        await pilot.press("escape")
        await script.until(pilot, lambda: on(pilot, "embedding waits, 30/4,400"))
        meaning._tell("embedder", 4400, 4400)
        await script.until(pilot, lambda: not on(pilot, "embedding"))
        await pilot.press("f5")
        await script.until(pilot, lambda: on(pilot, "found by meaning, too: all 4,400 passages, by embedder"))
