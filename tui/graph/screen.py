"""The graph of the run on the Ask screen: as it grows, and step by step as it grew."""

from __future__ import annotations

import asyncio
import time
from math import ceil
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.errors import PersonaMoeError
from engine.events import Citation, PersonaStepped
from engine.text.words import words
from tui.graph.details_text import copied_path, details, heading_details
from tui.graph.pane import GraphPane
from tui.graph.selection import GraphShown
from tui.graph.text import growth_text, legend_text
from tui.graph.tree import LineKind, TreeLine
from tui.navigation.screen_bar import ScreenBar
from tui.terminal.frame_pacing import Pace
from tui.terminal.textual_fixes import sure
from tui.widgets.details_pane import DetailsPane
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Key, Resize
    from textual.timer import Timer

    from tui.app.app import PersonaMoeApp
    from tui.ask.screen import AskScreen
    from tui.session.session import Session

STEPS_A_SECOND, LONGEST_PLAY = 10, 20
"""A play takes at most so many seconds: of a long growth it shows several steps at a time."""

LONG, REST = 0.025, 3
"""Seconds of a draw after which it rests so many times as long."""

LOW = 18
"""Rows of a screen under which the details leave their place to the tree."""


class GraphScreen(Screen[None]):
    """Tree, details and growth of one run: keys change what `GraphShown` holds, and that is drawn."""

    TITLE = "Graph"
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#graph"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="graph.back", tooltip="Leave the search, or go back to the question"),
        Binding("enter", "open", "Source", id="graph.open", tooltip="Open the passage in its source; fold a heading"),
        Binding("full_stop", "step(1)", "Step", id="graph.step", key_display=".,", tooltip="One step of growth on"),
        Binding("comma", "step(-1)", "Step back", show=False, id="graph.unstep", tooltip="One step of growth back"),
        Binding(
            "home", "first", "First step", show=False, priority=True, id="graph.first", tooltip="Before the first step"
        ),
        Binding(
            "end", "newest", "Newest", show=False, priority=True, id="graph.newest", tooltip="Follow the newest step"
        ),
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

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.pace = Pace(self, self._follow, ask=self._ask_terminal)
        self.shown = GraphShown()
        self._texts: dict[str, str] = {}
        self._words = ""
        self._timer: Timer | None = None
        self._offered = self._rests = False

    def compose(self) -> ComposeResult:
        """Who walked, the tree and the passage under its cursor, how far the graph has grown."""
        yield ScreenBar("graph", self.session.settings.screen.keymap)
        yield StatusLine(id="graph-legend")
        yield Static(markup=False, id="graph-empty")
        with Container(id="graph-panes"):
            yield GraphPane(id="graph")
            yield DetailsPane(id="graph-details")
        yield StatusLine(id="graph-growth")
        yield LineInput(placeholder="find a passage by its title", pane="#graph", id="graph-find")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """From now on, hear of every event of the run."""
        self.query_one(MessageLine).clear()
        self._ask_screen.feed.watchers.append(self._fed)

    @property
    def _ask_screen(self) -> AskScreen:
        screen = cast("PersonaMoeApp", self.app).ask_screen
        assert screen is not None, "it is the first one"
        return screen

    def _ask_terminal(self) -> bool:
        return cast("PersonaMoeApp", self.app).ask_terminal(self)

    def _fed(self) -> None:
        if self.is_current and not self._rests:
            self.pace.mark()

    def _follow(self) -> None:
        """Draw what came; where that took long, rest, so that most of the time belongs to the keys."""
        started = time.monotonic()
        self._draw()
        spent = time.monotonic() - started
        if spent > LONG:
            self._rests = True
            sure(self.set_timer(spent * REST, self._rested))

    def _rested(self) -> None:
        self._rests = False
        self._fed()

    def on_screen_resume(self) -> None:
        """Show what came meanwhile."""
        self._draw()

    def on_screen_suspend(self) -> None:
        """Nothing plays where nobody looks."""
        self._stop()

    def on_resize(self, event: Resize) -> None:
        """A low screen has no room for the details."""
        self.set_class(event.size.height < LOW, "-low")

    # -- what is shown ------------------------------------------------------------------------------------

    def _draw(self) -> None:
        shown = self.shown
        if shown.follow(self._ask_screen.feed.events):
            self._texts = {}
        self.query_one(GraphPane).show(shown.lines, shown.picture, shown.heading())
        self._draw_around(empty=not shown.lines)
        self._tell()

    def _draw_around(self, *, empty: bool) -> None:
        growth, picture = self.shown.growth, self.shown.picture
        self.query_one("#graph-panes").display = not empty
        self.query_one("#graph-empty").display = empty
        if empty:
            self.query_one("#graph-empty", Static).update(self.shown.why_empty(self._ask_screen.feed.view))
        self.query_one("#graph-legend", StatusLine).show(legend_text(growth.view, picture.persona, self.size.width))
        self.query_one("#graph-legend").display = bool(growth.view.symbols)
        playing = "playing · " if self._timer else ""
        self.query_one("#graph-growth", StatusLine).show(
            growth_text(growth.view, growth.total, playing) if growth.total else Text()
        )
        if self._offered != (growth.total > 0):  # a refresh builds the footer anew
            self._offered = growth.total > 0
            self.refresh_bindings()

    def _tell(self) -> None:
        """The details of the line under the cursor, in one go: as soon as the text of its passage was looked up."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        shown, pane = self.shown, self.query_one(DetailsPane)
        if not line.node_id:
            pane.show(heading_details(shown.picture, line), "Question" if line.kind is LineKind.QUESTION else "Start")
            return
        if line.node_id not in self._texts and self._ask_screen.library.ready.is_set():
            self._read_passage(line.node_id, line.label)
            return
        pane.show(details(shown.picture, shown.tree, line.node_id, self._texts.get(line.node_id)), "Passage")

    @work(group="passage", exclusive=True)
    async def _read_passage(self, node_id: str, title: str) -> None:
        try:
            passage = await asyncio.to_thread(self.session.library.passage, node_id, title)
        except PersonaMoeError as error:
            self._texts[node_id] = f"(cannot be read: {error})"
        else:
            self._texts[node_id] = passage.text if passage else "(not in the index any more)"
        self._tell()

    def on_cursor_pane_moved(self) -> None:
        """Another passage is looked at."""
        self._tell()

    # -- growth -------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """So many steps of growth on or back; the cursor goes to what the last one added."""
        self._stop()
        self._go(self.shown.growth.shown + by)

    def action_first(self) -> None:
        """Before the first step."""
        self._stop()
        self._go(0)

    def action_newest(self) -> None:
        """All steps, and those to come."""
        self._stop()
        self._go(None)

    def action_play(self) -> None:
        """Show the growth from here on, or from its beginning if all of it is shown."""
        if self._timer is not None:
            self._stop()
            self._draw()
            return
        self._timer = self.set_interval(1 / STEPS_A_SECOND, self._play_on)
        self._go(0 if self.shown.growth.shown >= self.shown.growth.total else self.shown.growth.shown)

    def _play_on(self) -> None:
        growth = self.shown.growth
        if growth.shown >= growth.total:
            self._stop()
            self._go(None)
        else:
            self._go(growth.shown + ceil(growth.total / (STEPS_A_SECOND * LONGEST_PLAY)))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _go(self, position: int | None) -> None:
        self.shown.growth.go(position)
        self._draw()
        last = self.shown.growth.view.last
        if position is not None and isinstance(last, PersonaStepped):
            self.query_one(GraphPane).select(last.target_id)

    # -- what is chosen -----------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold what is below the line, or go up to what it hangs on."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.below and not line.folded:
            self.shown.fold(line.key)
            self._draw()
        else:
            pane.select_parent()

    def action_unfold(self) -> None:
        """Unfold what is below the line, or go down to it; from a reference to its passage."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.folded:
            self.shown.fold(line.key)
            self._draw()
        elif line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.below:
            pane.action_scroll_lines(1)

    def on_key(self, event: Key) -> None:
        """A digit chooses a persona by its number."""
        if event.character and event.character in "0123456789":
            event.stop()
            self.shown.choose_persona(int(event.character))
            self._draw()

    def action_persona(self) -> None:
        """The next persona's steps alone; after the last one, everyone's again."""
        self.shown.next_persona()
        self._draw()

    def action_cited(self) -> None:
        """Only the paths to what is cited, or all."""
        if self.shown.toggle_cited():
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
        """The next passage whose title has the words, round the end."""
        message, here = self.query_one(MessageLine), self.query_one(GraphPane).line
        message.clear()
        if found := self.shown.find(self._words, here.key if here else ""):
            self._reveal(found)
        else:
            message.complain(f"no passage here has “{self._words}” in its title")

    def _reveal(self, node_id: str) -> None:
        """Put the cursor on a passage, whatever was folded above it."""
        self.shown.unfold_to(node_id)
        self._draw()
        self.query_one(GraphPane).select(node_id)

    def action_open(self) -> None:
        """Open the source of a passage, go to what a reference means, fold or unfold a heading."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        answer = self.shown.growth.view.answer
        if line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.kind is not LineKind.NODE:
            self.shown.fold(line.key)
            self._draw()
        elif answer is not None and (cited := self.shown.growth.view.nodes[line.node_id].citations):
            self._push_source(answer.citations, answer.citations.index(cited[0]))
        else:
            self._open_passage(line)

    def _push_source(self, citations: Sequence[Citation], at: int = 0) -> None:
        from tui.source.screen import SourceScreen  # noqa: PLC0415 - not needed to see the graph

        self.app.push_screen(SourceScreen(self.session.library, citations, at))

    @work(group="open", exclusive=True)
    async def _open_passage(self, line: TreeLine) -> None:
        """Open a passage that nothing cites where the index has it."""
        message = self.query_one(MessageLine)
        try:
            passage = await asyncio.to_thread(self.session.library.passage, line.node_id, line.label)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        if passage is None:
            message.complain("this passage is not in the index any more: its file has changed or left the library")
            return
        found = Citation(0, passage.source, passage.title, passage.start, passage.end, passage.text, passage.id)
        self._push_source([found])

    def action_copy(self) -> None:
        """The path from the question to the passage under the cursor, as text."""
        line = self.query_one(GraphPane).line
        if line is not None and line.node_id:
            self.app.copy_to_clipboard(copied_path(self.shown.growth.view, self.shown.tree, line.node_id))
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
            return self.shown.growth.total > 0
        if action in {"first", "newest"}:  # with priority over the tree; where text is typed or read they move in it
            return not isinstance(self.focused, Input | DetailsPane)
        return super().check_action(action, parameters)
