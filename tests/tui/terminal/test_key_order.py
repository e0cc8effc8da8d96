"""Keys that come in one packet: each goes to the pane to which the one before it led."""

import asyncio
from typing import Any, ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from tests.support import scripted_run as script
from tests.support.settled import until
from tui.terminal.key_order import OrderedKeys


class Pane(Widget, can_focus=True):
    """Notes its keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "screen", "Screen"),
        Binding("w", "wait", "Wait"),
        Binding("slash", "line", "Line"),
    ]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.keys = ""

    def on_key(self, event: Key) -> None:
        if event.key in {"a", "b", "c"}:
            self.keys += event.key
            event.stop()

    def action_screen(self) -> None:
        self.app.push_screen(Dialog())

    def action_line(self) -> None:
        self.screen.query_one(Input).focus()

    async def action_wait(self) -> None:
        await asyncio.sleep(0.6)


class Dialog(ModalScreen[None]):
    """Has a line that takes the focus at the start."""

    AUTO_FOCUS = "Input"

    def compose(self) -> ComposeResult:
        yield Pane()
        yield Input()


class Panes(OrderedKeys):
    """Has two panes and a line."""

    def compose(self) -> ComposeResult:
        yield Pane(id="first")
        yield Pane(id="second")
        yield Input()

    def packet(self, *keys: str) -> None:
        """Let keys come in one packet."""
        for key in keys:
            self.post_message(Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    ("keys", "first", "second", "line"),
    [
        (("a", "tab", "b", "c"), "a", "bc", ""),
        (("tab", "a", "shift+tab", "b", "tab", "tab", "c", "a"), "b", "a", "ca"),
        (("slash", "c", "a", "b"), "", "", "cab"),
        (("slash", "a", "tab", "b"), "b", "", "a"),
    ],
)
async def test_a_key_goes_to_the_pane_to_which_the_one_before_led(keys, first, second, line):
    app = Panes()
    async with app.run_test() as pilot:
        app.packet(*keys)
        panes = [app.query_one(f"#{name}", Pane) for name in ("first", "second")]
        await until(lambda: [pane.keys for pane in panes] == [first, second] and app.query_one(Input).value == line)
        await pilot.pause()


async def test_a_new_screen_gets_the_keys_after_the_one_that_opened_it_and_a_pasted_text():
    app = Panes()
    async with app.run_test():
        app.packet("s", "a", "b")
        app.post_message(Paste("pasted"))
        await until(lambda: isinstance(app.screen, Dialog) and app.screen.query_one(Input).value == "abpasted")


async def test_a_key_that_takes_long_holds_the_others_and_one_that_is_lost_does_not():
    app = Panes()
    async with app.run_test():
        app.packet("w", "a", "b")
        first = app.query_one("#first", Pane)
        await until(lambda: first.keys == "ab")
        app._under_way = Key("x", "x")  # of a pane that closed before it
        app.packet("c", "a")
        await until(lambda: first.keys == "abca")


async def test_the_letters_after_down_do_not_go_into_the_question():
    async with script.app(script.ScriptedSession(script.answered())).run_test(size=(80, 24)) as pilot:
        await script.ready(pilot)
        await pilot.press("w", "enter")
        screen = pilot.app.ask_screen
        await script.until(pilot, lambda: screen.feed.state.answer is not None)
        for key in ("down", "j"):
            pilot.app.post_message(Key(key, key if len(key) == 1 else None))
        await script.until(pilot, lambda: screen.query_one("#sources").highlighted == 1)
        assert screen.query_one("#ask").value == ""
