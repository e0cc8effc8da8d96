"""The screen of the graph of a run: while it grows, and step by step."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.errors import PersonaMoeError
from engine.events import PersonaStepped
from engine.text.words import words
from tui.graph.details_text import copied_path, details, heading_details
from tui.graph.pane import GraphPane
from tui.graph.selection import GraphSelection
from tui.graph.text import growth_text, legend_text
from tui.graph.tree import LineKind, TreeLine
from tui.navigation.screen_bar import ScreenBar
from tui.source.opening import open_citation, open_passage
from tui.terminal.frame_pacing import Pace
from tui.terminal.textual_fixes import sure
from tui.widgets.cursor_rest import CursorRest
from tui.widgets.details_pane import DetailsPane
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine
from tui.widgets.steady_text import SteadyText

if TYPE_CHECKING:
    from asyncio import Event

    from textual.app import ComposeResult
    from textual.events import Key, Resize
    from textual.timer import Timer

    from tui.run.feed import RunFeed
    from tui.session.session import Session
    from tui.terminal.frame_pacing import AskTerminal

STEPS_A_SECOND, LONGEST_PLAY = 10, 20
"""A play takes at most `LONGEST_PLAY` seconds: of a long growth it shows several steps at a time."""

LONG_DRAW, REST_FACTOR = 0.025, 3
"""After a draw of so many seconds, the next one comes after so many times that duration: keys are answered between."""

LOW = 18
"""On a screen of fewer rows the details are hidden."""


class GraphScreen(Screen[None]):
    """Tree, details and growth of one run: the keys change a `GraphSelection`, and that is drawn."""

    TITLE = "Graph"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#graph"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="graph.back", tooltip="Leave the search, or go back to the question"),
        Binding("enter", "open", "Source", id="graph.open", tooltip="Open the passage in its source; fold a heading"),
        Binding("full_stop", "step(1)", "Step", id="graph.step", key_display=".,", tooltip="One step of growth on"),
        Binding("comma", "step(-1)", "Step back", show=False, id="graph.unstep", tooltip="One step of growth back"),
        Binding("home", "go(0)", "First step", show=False, priority=True, id="graph.first", tooltip="To the start"),
        Binding("end", "go(None)", "Newest", show=False, priority=True, id="graph.newest", tooltip="Follow the newest"),
        Binding("space", "play", "Play", id="graph.play", tooltip="Play the growth, or stop"),
        Binding("left,h", "fold", "Fold", show=False, id="graph.fold", tooltip="Fold what is below, or go up"),
        Binding("right,l", "unfold", "Unfold", show=False, id="graph.unfold", tooltip="Unfold it, or go down"),
        Binding("f", "persona", "Persona", id="graph.persona", tooltip="One persona's steps (also 1-9; 0: everyone's)"),
        Binding("c", "cited", "Cited", id="graph.cited", tooltip="Only the paths to what the answer cites"),
        Binding("slash", "find", "Find", id="graph.find", tooltip="Find a passage by its title"),
        Binding("n", "again", "Next found", show=False, id="graph.again", tooltip="The next passage with these words"),
        Binding("d", "details", "Details", show=False, id="graph.details", tooltip="Show or hide the details"),
        Binding("y", "copy", "Copy", show=False, id="graph.copy", tooltip="Copy the path to the passage (OSC 52)"),
    ]

    def __init__(self, session: Session, feed: RunFeed, library_ready: Event, ask_terminal: AskTerminal) -> None:
        super().__init__()
        self.session, self.feed = session, feed
        self.pace = Pace(self, self._follow, ask=partial(ask_terminal, self))
        self._library_ready = library_ready
        self.selection = GraphSelection()
        self._texts: dict[str, str] = {}
        self._words = ""
        self._timer: Timer | None = None
        self._cursor_rest = CursorRest(self, self._draw_details)
        self._offered = self._rests = False

    def compose(self) -> ComposeResult:
        """Yield the legend of personas, the tree, the details of its passage, and the step of growth."""
        yield ScreenBar("graph", self.session.settings.screen.keymap)
        yield SteadyText(id="graph-legend")
        yield Static(markup=False, id="graph-empty")
        with Container(id="graph-panes"):
            yield GraphPane(id="graph")
            yield DetailsPane(id="graph-details")
        yield SteadyText(id="graph-growth")
        yield LineInput(placeholder="find a passage by its title", pane="#graph", id="graph-find")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the run from now on."""
        self.query_one(MessageLine).clear()
        self.feed.watchers.append(self._mark)

    def _mark(self) -> None:
        if self.is_current and not self._rests:
            self.pace.mark()

    def _follow(self) -> None:
        """Draw; after a long draw, rest."""
        started = time.monotonic()
        self._draw()
        spent = time.monotonic() - started
        if spent > LONG_DRAW:
            self._rests = True
            sure(self.set_timer(spent * REST_FACTOR, self._end_rest))

    def _end_rest(self) -> None:
        self._rests = False
        self._mark()

    def on_screen_resume(self) -> None:
        """Draw the events that came meanwhile."""
        self._draw()

    def on_screen_suspend(self) -> None:
        """Stop the play of a screen that is not in front."""
        self._stop()

    def on_resize(self, event: Resize) -> None:
        """Hide the details on a low screen."""
        self.set_class(event.size.height < LOW, "-low")

    # -- drawing ------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        selection = self.selection
        if selection.follow(self.feed.events):
            self._texts = {}
        self.query_one(GraphPane).show(selection.lines, selection.picture, selection.heading())
        self._draw_lines(empty=not selection.lines)
        self._draw_details()

    def _draw_lines(self, *, empty: bool) -> None:
        """Draw the lines above and below the tree, or say why there is no tree."""
        growth, picture = self.selection.growth, self.selection.picture
        self.query_one("#graph-panes").display = not empty
        self.query_one("#graph-empty").display = empty
        if empty:
            self.query_one("#graph-empty", Static).update(self.selection.why_empty(self.feed.state))
        self.query_one("#graph-legend", SteadyText).show(legend_text(growth.state, picture.persona, self.size.width))
        self.query_one("#graph-legend").display = bool(growth.state.symbols)
        playing = "playing · " if self._timer else ""
        self.query_one("#graph-growth", SteadyText).show(
            growth_text(growth.state, growth.total, playing) if growth.total else Text()
        )
        if self._offered != (growth.total > 0):  # a refresh builds the key bar anew
            self._offered = growth.total > 0
            self.refresh_bindings()

    def _draw_details(self) -> None:
        """Draw the details of the line under the cursor, once the text of its passage is read."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        selection, pane = self.selection, self.query_one(DetailsPane)
        if not line.node_id:
            pane.show(
                heading_details(selection.picture, line), "Question" if line.kind is LineKind.QUESTION else "Start"
            )
            return
        if line.node_id not in self._texts and self._library_ready.is_set():
            self._read_passage(line.node_id, line.label)
            return
        pane.show(details(selection.picture, selection.tree, line.node_id, self._texts.get(line.node_id)), "Passage")

    @work(group="passage", exclusive=True)
    async def _read_passage(self, node_id: str, title: str) -> None:
        try:
            passage = await asyncio.to_thread(self.session.library.passage, node_id, title)
        except PersonaMoeError as error:
            self._texts[node_id] = f"(cannot be read: {error})"
        else:
            self._texts[node_id] = passage.text if passage else "(not in the index any more)"
        self._draw_details()

    def on_cursor_pane_moved(self) -> None:
        """Draw the details of another line, once the cursor rests."""
        self._cursor_rest.moved()

    # -- growth -------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Go so many steps of growth on or back."""
        self.action_go(self.selection.growth.steps + by)

    def action_go(self, position: int | None) -> None:
        """Go to a step of growth, or (None) follow the newest."""
        self._stop()
        self._go(position)

    def action_play(self) -> None:
        """Play the growth from this step on, or from its beginning if all of it is drawn; or stop."""
        if self._timer is not None:
            self._stop()
            self._draw()
            return
        self._timer = self.set_interval(1 / STEPS_A_SECOND, self._play_on)
        self._go(0 if self.selection.growth.steps >= self.selection.growth.total else self.selection.growth.steps)

    def _play_on(self) -> None:
        growth = self.selection.growth
        if growth.steps >= growth.total:
            self._stop()
            self._go(None)
        else:
            self._go(growth.steps + ceil(growth.total / (STEPS_A_SECOND * LONGEST_PLAY)))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _go(self, position: int | None) -> None:
        """Draw a step of growth, with the cursor on the passage that it added."""
        self.selection.growth.go(position)
        self._draw()
        last = self.selection.growth.state.last
        if position is not None and isinstance(last, PersonaStepped):
            self.query_one(GraphPane).select(last.target_id)

    # -- choosing -----------------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold the lines below the line, or go up to its parent."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.below and not line.folded:
            self.selection.fold(line.key)
            self._draw()
        else:
            pane.select_parent()

    def action_unfold(self) -> None:
        """Unfold the lines below the line, or go down to them; from a reference go to its passage."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.folded:
            self.selection.fold(line.key)
            self._draw()
        elif line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.below:
            pane.action_scroll_lines(1)

    def on_key(self, event: Key) -> None:
        """Choose a persona by its number."""
        if event.character and event.character in "0123456789":
            event.stop()
            self.selection.choose_persona(int(event.character))
            self._draw()

    def action_persona(self) -> None:
        """Draw only the next persona's steps; after the last one, all."""
        self.selection.next_persona()
        self._draw()

    def action_cited(self) -> None:
        """Draw only the paths to cited passages, or all."""
        if self.selection.toggle_cited():
            self._draw()
        else:
            self.query_one(MessageLine).complain("nothing is cited by this step")

    def action_details(self) -> None:
        """Show or hide the details."""
        self.toggle_class("-plain")

    # -- finding and opening ------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the search."""
        self.query_one(LineInput).open()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Find the words."""
        event.stop()
        self._words = " ".join(words(event.value))
        self.query_one(LineInput).close(keep=True)
        self.action_again()

    def action_again(self) -> None:
        """Go to the next passage whose title has the words, round the end."""
        message, line = self.query_one(MessageLine), self.query_one(GraphPane).line
        message.clear()
        if node_id := self.selection.find(self._words, line.key if line else ""):
            self._reveal(node_id)
        else:
            message.complain(f"no passage here has “{self._words}” in its title")

    def _reveal(self, node_id: str) -> None:
        """Put the cursor on a passage, and unfold the lines above it."""
        self.selection.unfold_to(node_id)
        self._draw()
        self.query_one(GraphPane).select(node_id)

    def action_open(self) -> None:
        """Open the source of a passage, go to the passage of a reference, or fold a heading."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        answer = self.selection.growth.state.answer
        if line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.kind is not LineKind.NODE:
            self.selection.fold(line.key)
            self._draw()
        elif answer is not None and (cited := self.selection.growth.state.nodes[line.node_id].citations):
            open_citation(self.app, self.session.library, answer.citations, cited[0])
        else:
            self._open_passage(line)

    @work(group="open", exclusive=True)
    async def _open_passage(self, line: TreeLine) -> None:
        """Open a passage that nothing cites as the index has it."""
        if problem := await open_passage(self.app, self.session.library, line.node_id, line.label):
            self.query_one(MessageLine).complain(problem)

    def action_copy(self) -> None:
        """Copy the path from the question to the passage under the cursor."""
        if (line := self.query_one(GraphPane).line) is not None and line.node_id:
            self.app.copy_to_clipboard(copied_path(self.selection.growth.state, self.selection.tree, line.node_id))
            self.query_one(MessageLine).say("path copied (inside tmux this needs `set -g set-clipboard on`)")

    def action_back(self) -> None:
        """Leave the search first, then the screen."""
        if (line := self.query_one(LineInput)).is_open:
            line.close(keep=True)
        else:
            self.app.switch_mode("ask")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        if action in {"open", "step", "play", "persona", "cited", "find", "copy", "details"}:
            return self.selection.growth.total > 0
        if action == "go":  # has priority over the tree, but not over text that is typed or read
            return not isinstance(self.focused, Input | DetailsPane)
        return super().check_action(action, parameters)
