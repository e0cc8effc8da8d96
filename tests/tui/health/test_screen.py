"""The workspace's numbers, checks and log on one page."""

from typing import Any

from db.runs.metrics import Metrics
from engine.errors import StoreError
from tests.support import scripted_run as script
from tui.health.text import checks_text, log_text, numbers_text


async def opened(pilot: Any, words: str) -> str:
    await script.ready(pilot)
    await pilot.press("f7")
    await script.until(pilot, lambda: words in script.screen_text(pilot.app))
    return str(script.screen_text(pilot.app))


async def test_what_was_asked_is_counted(session):
    async with script.app(session).run_test(size=(80, 40)) as pilot:
        await script.ready(pilot)
        pilot.app.ask_screen.ask("Who led the Net Strike of 1894?")
        await script.until(pilot, lambda: session.runs.history.count() == 1)
        text = await opened(pilot, "1 · 1 answered")
        await script.until(pilot, lambda: "✓ personas" in script.screen_text(pilot.app))
        assert "walking" in text
        assert "ms a run" in text


async def test_it_is_counted_again_at_each_visit_and_by_key(monkeypatch):
    session = script.ScriptedSession()
    async with script.app(session).run_test(size=(80, 40)) as pilot:
        await opened(pilot, "2 answered · 1 unanswered")
        for keys, answered in ((("r",), 7), (("escape", "f7"), 8)):
            changed = session.health.metrics()
            changed.outcomes["answered"] = answered
            monkeypatch.setattr(session.health, "metrics", lambda changed=changed: changed)
            await pilot.press(*keys)
            words = f"{answered} answered"
            await script.until(pilot, lambda words=words: words in script.screen_text(pilot.app))


async def test_each_visit_reads_once(monkeypatch):
    session, checked = script.ScriptedSession(), list[int]()
    checks = session.health.checks

    def counted() -> object:
        checked.append(1)
        return checks()

    monkeypatch.setattr(session.health, "checks", counted)
    async with script.app(session).run_test(size=(80, 40)) as pilot:
        for visits in (1, 2):
            await opened(pilot, "2 answered · 1 unanswered")
            await script.until(pilot, lambda: not any(w.node is pilot.app.screen for w in pilot.app.workers))
            assert len(checked) == visits
            await pilot.press("escape")


async def test_what_cannot_be_read_is_a_line_in_its_place(monkeypatch):
    def fail() -> Metrics:
        raise StoreError("runs-000001.json is damaged", hint="move it away")

    session = script.ScriptedSession()
    monkeypatch.setattr(session.health, "metrics", fail)
    async with script.app(session).run_test(size=(80, 40)) as pilot:
        text = await opened(pilot, "! runs-000001.json is damaged (move it away)")
        assert "2 folders or files" in text


async def test_copy_scroll_and_back():
    async with script.app(script.ScriptedSession()).run_test(size=(80, 12)) as pilot:
        await opened(pilot, "answered")
        await pilot.press("j", "j", "k")
        await script.until(pilot, lambda: pilot.app.screen.query_one("#page").scroll_offset.y == 1)
        await pilot.press("y")
        await script.until(pilot, lambda: "✓ copied" in script.screen_text(pilot.app))
        assert "start it with `ollama serve`" in pilot.app.clipboard
        await pilot.press("escape")
        assert pilot.app.current_mode == "ask"


def test_nothing_counted_yet():
    assert numbers_text(Metrics()).plain.startswith("runs        0 · 0 answered")


def test_texts_from_outside_steer_nothing():
    session = script.ScriptedSession()
    text = (
        numbers_text(session.health.metrics()).plain
        + checks_text(session.health.checks()).plain
        + log_text(session.health.logged(9)).plain
    )
    assert "[b]no model" in text
    assert "[b]boom[2J again" in text
    assert not set(text) & set("\x1b\x07")
