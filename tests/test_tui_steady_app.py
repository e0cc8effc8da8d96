"""What was drawn while widgets were exchanged is drawn afterwards."""

import pytest

from tui.steady_app import SteadyApp


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
