"""Textual without its races: a frame dropped while widgets are exchanged, a timer that is late before it waits."""

import itertools

import pytest
from textual.app import App

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
