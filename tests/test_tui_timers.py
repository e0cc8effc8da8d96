"""A timer whose time has passed before it begins to wait."""

import itertools

import pytest
from textual.app import App

from tui.timers import sure


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
