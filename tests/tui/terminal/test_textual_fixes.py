"""Textual without its races: a dropped frame, a timer that is late before it waits, a start of tasks at once."""

import asyncio
import itertools
from typing import Any

import pytest
from textual._compositor import LayoutUpdate
from textual.app import App, ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Input

from tests.support.settled import until
from tui.terminal.textual_fixes import SteadyApp, sure


@pytest.mark.parametrize(("frames", "redrawn"), [(["a", "b"], 1), ([None], 0), ([], 0)])
async def test_a_frame_that_fell_into_a_batch_is_made_up_for(monkeypatch, frames, redrawn):
    app, refreshed = SteadyApp(), []
    async with app.run_test() as pilot:
        monkeypatch.setattr(app.screen, "refresh", lambda *_, **__: refreshed.append(app._batch_count))
        with app.batch_update(), app.batch_update():
            for frame in frames:
                app._display(app.screen, frame)
        assert refreshed == [0] * redrawn
        with app.batch_update():
            pass
        assert len(refreshed) == redrawn
        monkeypatch.undo()
        await pilot.pause()


async def test_a_size_that_is_taken_back_at_once_is_drawn_again(monkeypatch):
    app, frames = SteadyApp(), []
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(app, "_display", lambda _screen, frame: frames.append(frame))
        for size in (Size(40, 10), Size(80, 24)):
            app.post_message(Resize(size, size))
            while app._size != size:  # noqa: ASYNC110 - before a timer of 8 ms
                await asyncio.sleep(0)
        await until(lambda: any(isinstance(frame, LayoutUpdate) for frame in frames))


@pytest.mark.parametrize("makes_sure", [True, False])
async def test_only_a_sure_timer_fires_on_a_machine_that_is_late(monkeypatch, makes_sure):
    fired = []
    async with App[None]().run_test() as pilot:
        late = itertools.count(0.0, 1.0)  # a second passes between any two looks at the clock
        monkeypatch.setattr("textual._time.get_time", lambda: next(late))
        timer = pilot.app.set_timer(0.001, lambda: fired.append(True))
        if makes_sure:
            sure(timer)
        assert timer._task is not None
        await timer._task
        monkeypatch.undo()
        await pilot.pause()
    assert fired == [True] * makes_sure  # the day textual's own fires too, `sure` may go


@pytest.mark.parametrize(("base", "at_once"), [(App, True), (SteadyApp, False)])
async def test_only_in_a_steady_app_tasks_wait_for_their_turn_on_every_python(monkeypatch, base, at_once):
    """Textual starts them at once since Python 3.12 (not in `run_test`): then an input in the first screen is fatal."""
    factories = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coroutine, loop=loop, **options)

    async def note_and_end(pilot: Any) -> None:
        factories.append(asyncio.get_running_loop().get_task_factory())
        pilot.app.exit()

    monkeypatch.setattr(asyncio, "eager_task_factory", factory, raising=False)
    await base().run_async(headless=True, auto_pilot=note_and_end)
    assert factories == [factory if at_once else None]


async def test_a_screen_is_told_once_at_each_visit_that_it_is_shown():
    shown = []

    class Visited(Screen[None]):
        AUTO_FOCUS = "Input"

        def compose(self) -> ComposeResult:
            yield Input()

        def on_screen_resume(self) -> None:
            shown.append(self.query_one(Input).size.width)

    class Modes(SteadyApp):
        MODES = {"one": Visited, "two": Visited}  # noqa: RUF012 - Textual declares it so
        DEFAULT_MODE = "one"

    app = Modes()
    async with app.run_test() as pilot:
        for visits, mode in enumerate(("one", "two", "one", "two"), start=1):
            await app.switch_mode(mode)
            await pilot.pause()
            assert len(shown) == visits
            assert isinstance(app.focused, Input)
