"""A held key draws only the line of the cursor; its details are drawn when it rests."""

from types import SimpleNamespace

from textual.app import App

from tests.support.settled import until
from tui.widgets import cursor_rest
from tui.widgets.cursor_rest import CursorRest


async def test_a_single_move_draws_at_once_and_a_fast_movement_once_more_after_its_last_move(monkeypatch):
    monkeypatch.setattr(cursor_rest, "REST_SECONDS", 0.01)
    monkeypatch.setattr(cursor_rest, "time", SimpleNamespace(monotonic=lambda: 100.0))
    app, line, drawn = App[None](), [0], []
    async with app.run_test():
        rest = CursorRest(app, lambda: drawn.append(line[0]))
        for line[0] in range(1, 6):
            rest.moved()
        assert drawn == [1]
        await until(lambda: len(drawn) > 1)
        assert drawn == [1, 5]


async def test_moves_with_pauses_all_draw(monkeypatch):
    times = iter((0.0, 0.2, 0.4))
    monkeypatch.setattr(cursor_rest, "REST_SECONDS", 0.15)
    monkeypatch.setattr(cursor_rest, "time", SimpleNamespace(monotonic=lambda: next(times)))
    app, drawn = App[None](), []
    async with app.run_test():
        rest = CursorRest(app, lambda: drawn.append(0))
        for _ in range(3):
            rest.moved()
        assert len(drawn) == 3
