"""What the library is about, on the screen: read in a thread, opened at the sentence."""

import threading
from typing import Any

import pytest

from engine.index import topics
from tests.support import scripted_run as script
from tui.library.screen import LibraryScreen
from tui.library.topics_pane import TopicsPane
from tui.library.topics_screen import TopicsScreen
from tui.source.screen import SourceScreen


def on(pilot: Any, words: str) -> bool:
    return words in " ".join(script.screen_text(pilot.app).split())


async def opened(pilot: Any, words: str = " topics in 105 passages") -> TopicsPane:
    await script.ready(pilot)
    await pilot.press("f5")
    await script.until(pilot, lambda: on(pilot, "Library ·"))
    await pilot.press("t")
    await script.until(pilot, lambda: on(pilot, words))
    pane: TopicsPane = pilot.app.screen.query_one(TopicsPane)
    return pane


def chosen(pane: TopicsPane) -> str:
    return pane.entry_at(pane.cursor, pane.size.width).plain


async def test_topics_with_names_and_sentences(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        pane = await opened(pilot)
        first = session.library.documents.topics().topics[0]
        assert chosen(pane).startswith(first.label)
        assert on(pilot, f"{first.passages} passages of {first.documents} documents")
        assert on(pilot, ", ".join(first.others)[:60])
        assert on(pilot, f"“{first.sentences[0].quote}"[:80])
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, LibraryScreen)
        assert on(pilot, "t Topics")


async def test_enter_opens_the_sentence_at_its_place(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        pane = await opened(pilot)
        sentence = session.library.documents.topics().topics[0].sentences[1]
        while f"“{sentence.quote[:30]}" not in chosen(pane):
            await pilot.press("down")
        await pilot.press("enter")
        await script.until(pilot, lambda: isinstance(pilot.app.screen, SourceScreen))
        await script.until(pilot, lambda: on(pilot, "citation 2 of 3"))
        assert pilot.app.screen.citation == sentence
        assert on(pilot, sentence.quote[:50])
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TopicsScreen)


async def test_keys_go_from_topic_to_topic(session):
    async with script.app(session).run_test(size=(80, 24)) as pilot:
        pane = await opened(pilot, " in 105 passages")
        labels = [topic.label for topic in session.library.documents.topics().topics]
        for label in labels[1:]:
            await pilot.press("n")
            assert chosen(pane).startswith(label[:20])
        await pilot.press("n", "N", "down", "N")
        assert chosen(pane).startswith(labels[-3][:20])
        assert on(pilot, labels[-3][:20])


async def test_a_smaller_terminal_wraps_again(session):
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        pane = await opened(pilot)
        lines = pane.lines
        await pilot.resize_terminal(60, 24)
        await script.until(pilot, lambda: pane.lines > lines)
        assert all(pane.entry_at(n, 58).cell_len <= pane.size.width for n in range(pane.lines))


async def test_leaving_the_screen_cancels(session, monkeypatch):
    reached, seen = threading.Event(), threading.Event()

    def slow_network(indexed, cancelled):
        reached.set()
        while not cancelled():
            pass
        seen.set()

    monkeypatch.setattr(topics, "name_network", slow_network)
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        await opened(pilot, "of 105 passages")
        await script.until(pilot, reached.is_set)
        await pilot.press("escape")
        await script.until(pilot, seen.is_set)
        assert isinstance(pilot.app.screen, LibraryScreen)
    assert not (session.workspace.library / "topics.json").exists()


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_hostile_names_are_cleaned(session, tmp_path, size):
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(3):
        text = f"# Evil\x1b[2J \u202e[b]Title {n}\n\nThe Big\x9b Mast of Ada Quist stood for {n} days.\n"
        (folder / f"{n}.md").write_text(text)
    session.library.add([folder], lambda *_: None, threading.Event())
    async with script.app(session).run_test(size=size) as pilot:
        pane = await opened(pilot, "Topics · ")
        assert pane.lines > 3
        assert not set("".join(script.screen_text(pilot.app))) & set("\x1b\x9b\u202e")


async def test_no_topics_is_said(session, tmp_path):
    (tmp_path / "12.txt").write_text("3 4 5")
    session.library.add([tmp_path / "12.txt"], lambda *_: None, threading.Event())
    async with script.app(session).run_test(size=(120, 40)) as pilot:
        pane = await opened(pilot, "no topics: no title or name of the library links its passages")
        await pilot.press("enter", "n", "N")
        assert pane.lines == 0
