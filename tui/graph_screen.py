"""The graph of the run on the Ask screen: as it grows, and step by step as it grew."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from engine.errors import PersonaMoeError
from engine.events import Citation, PersonaStepped
from engine.text import words
from tui.cells import plain
from tui.graph_details import copied_path, details, heading_details
from tui.graph_text import Picture, added_by, growth_text, legend_text
from tui.graph_tree import QUESTION, Choice, LineKind, Tree, TreeLine, tree_lines, tree_of
from tui.graph_view import Growth
from tui.pace import Pace
from tui.widgets.details_pane import DetailsPane
from tui.widgets.graph_pane import GraphPane
from tui.widgets.message_line import MessageLine
from tui.widgets.places_bar import PlacesBar
from tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.events import Key, Resize
    from textual.timer import Timer

    from tui.app import PersonaMoeApp
    from tui.ask_screen import AskScreen
    from tui.composition import Session

EMPTY = "Ask a question first: its graph grows here while the panel walks. Esc goes to the question."
STEPS_A_SECOND, LONGEST_PLAY = 10, 20
"""A play takes at most so many seconds: of a long growth it shows several steps at a time."""

LONG, REST = 0.025, 3
"""Seconds of a draw after which it rests so many times as long."""

LOW = 18
"""Rows of a screen under which the details leave their place to the tree."""


class GraphScreen(Screen[None]):
    """Tree, details and growth of one run; what of it is shown is a `Choice`, how much a position in its `Growth`."""

    TITLE = "Graph"
    CSS_PATH = "graph.tcss"
    AUTO_FOCUS = "#graph"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="graph.back", tooltip="Leave the search, or go back to the question"),
        Binding("enter", "open", "Source", id="graph.open", tooltip="Open the passage in its source; fold a heading"),
        Binding("full_stop", "step(1)", "Step", id="graph.step", key_display=".,", tooltip="One step of growth on"),
        Binding("comma", "step(-1)", "Step back", show=False, id="graph.unstep", tooltip="One step of growth back"),
        Binding("home", "first", "First step", show=False, id="graph.first", tooltip="Before the first step"),
        Binding("end", "newest", "Newest", show=False, id="graph.newest", tooltip="To the newest step, and follow it"),
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
        self.growth = Growth()
        self._choice = Choice()
        self._tree = Tree({}, {}, ())
        self._picture = Picture(self.growth.view)
        self._texts: dict[str, str] = {}
        self._words = ""
        self._timer: Timer | None = None
        self._offered = self._rests = False

    def compose(self) -> ComposeResult:
        """Who walked, the tree and the passage under its cursor, how far the graph has grown."""
        yield PlacesBar("graph", self.session.settings.screen.keymap)
        yield StatusLine(id="graph-legend")
        yield Static(markup=False, id="graph-empty")
        with Container(id="graph-panes"):
            yield GraphPane(id="graph")
            yield DetailsPane(id="graph-details")
        yield StatusLine(id="graph-growth")
        yield Input(placeholder="find a passage by its title", compact=True, id="graph-find")
        yield MessageLine(id="message")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """From now on, hear of every event of the run."""
        self.query_one("#graph-find", Input).cursor_blink = False
        self.query_one("#graph-find").display = False
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
            self.set_timer(spent * REST, self._rested)

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
        run = self.growth.view.run_id
        self.growth.read(self._ask_screen.feed.events)
        view = self.growth.view
        if view.run_id != run:
            self._choice, self._texts = Choice(), {}
        grows = self.growth.position is not None or view.answer is None
        self._picture = Picture(view, self._choice.persona, added_by(view.last) if grows else frozenset())
        self._tree = tree_of(view, self._choice.persona)
        lines = tree_lines(view, self._tree, self._choice)
        self.query_one(GraphPane).show(lines, self._picture, self._heading())
        self._draw_around(empty=not lines)
        self._tell()

    def _draw_around(self, *, empty: bool) -> None:
        view, growth = self.growth.view, self.growth
        self.query_one("#graph-panes").display = not empty
        self.query_one("#graph-empty").display = empty
        if empty:
            self.query_one("#graph-empty", Static).update(self._why_empty())
        self.query_one("#graph-legend", StatusLine).show(legend_text(view, self._choice.persona, self.size.width))
        self.query_one("#graph-legend").display = bool(view.symbols)
        playing = "playing · " if self._timer else ""
        self.query_one("#graph-growth", StatusLine).show(
            growth_text(view, growth.total, self._picture.glyphs, playing) if growth.total else Text()
        )
        if self._offered != (growth.total > 0):  # a refresh builds the footer anew
            self._offered = growth.total > 0
            self.refresh_bindings()

    def _heading(self) -> str:
        chosen = [f"only {plain(self._choice.persona)}"] if self._choice.persona else []
        chosen += ["only what leads to citations"] if self._choice.cited_only else []
        return " · ".join(["Graph", *chosen])

    def _why_empty(self) -> str:
        run = self._ask_screen.feed.view
        if not run.question:
            return EMPTY
        if self._choice.persona:
            return f"{plain(self._choice.persona)} has not walked by now. 0 shows everyone's steps."
        if self.growth.total and not self.growth.shown:
            return "This is before the first step. Full stop goes on, space plays, end shows the newest."
        return f"No passage was walked to: {run.phase}."

    def _tell(self) -> None:
        """The details of the line under the cursor, in one go: as soon as the text of its passage was looked up."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        view, pane = self.growth.view, self.query_one(DetailsPane)
        if not line.node_id:
            pane.show(heading_details(view, line), "Question" if line.kind is LineKind.QUESTION else "Start")
            return
        if line.node_id not in self._texts and self._ask_screen.library.ready.is_set():
            self._read_passage(line.node_id, line.label)
            return
        pane.show(details(self._picture, self._tree, line.node_id, self._texts.get(line.node_id)), "Passage")

    @work(group="passage", exclusive=True)
    async def _read_passage(self, node_id: str, title: str) -> None:
        try:
            passage = await asyncio.to_thread(self.session.passage, node_id, title)
        except PersonaMoeError as error:
            self._texts[node_id] = f"(cannot be read: {error})"
        else:
            self._texts[node_id] = passage.text if passage else "(not in the index any more)"
        self._tell()

    def on_graph_pane_moved(self) -> None:
        """Another passage is looked at."""
        self._tell()

    # -- growth -------------------------------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """So many steps of growth on or back; the cursor goes to what the last one added."""
        self._stop()
        self._go(self.growth.shown + by)

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
        self._go(0 if self.growth.shown >= self.growth.total else self.growth.shown)

    def _play_on(self) -> None:
        growth = self.growth
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
        self.growth.go(position)
        self._draw()
        last = self.growth.view.last
        if position is not None and isinstance(last, PersonaStepped):
            self.query_one(GraphPane).point_to(last.target_id)

    # -- what is chosen -----------------------------------------------------------------------------------

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._draw()

    def action_fold(self) -> None:
        """Fold what is below the line, or go up to what it hangs on."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.below and not line.folded:
            self._choose(replace(self._choice, folded=self._choice.folded | {line.key}))
        else:
            pane.point_to_parent()

    def action_unfold(self) -> None:
        """Unfold what is below the line, or go down to it; from a reference to its passage."""
        pane = self.query_one(GraphPane)
        if (line := pane.line) is None:
            return
        if line.folded:
            self._choose(replace(self._choice, folded=self._choice.folded - {line.key}))
        elif line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.below:
            pane.action_scroll_lines(1)

    def on_key(self, event: Key) -> None:
        """A digit chooses a persona by its number."""
        if event.character and event.character in "0123456789":
            event.stop()
            self._choose_persona(int(event.character))

    def action_persona(self) -> None:
        """The next persona's steps alone; after the last one, everyone's again."""
        seats = list(self.growth.view.symbols)
        number = seats.index(self._choice.persona) + 1 if self._choice.persona in seats else 0
        self._choose_persona((number + 1) % (len(seats) + 1))

    def _choose_persona(self, number: int) -> None:
        seats = list(self.growth.view.symbols)
        if number <= len(seats):
            self._choose(replace(self._choice, persona=seats[number - 1] if number else ""))

    def action_cited(self) -> None:
        """Only the paths to what is cited, or all."""
        cites = any(node.citations for node in self.growth.view.nodes.values())
        if cites or self._choice.cited_only:
            self._choose(replace(self._choice, cited_only=not self._choice.cited_only))
        else:
            self.query_one(MessageLine).complain("nothing is cited by this step")

    def action_details(self) -> None:
        """Show or hide the details."""
        self.toggle_class("-plain")

    # -- finding and opening ------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Open the search."""
        find = self.query_one("#graph-find", Input)
        find.display = True
        self.set_focus(find)  # at once: the next key is a letter of the words

    def _close_find(self) -> None:
        self.query_one("#graph-find").display = False
        self.set_focus(self.query_one(GraphPane))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Find the words."""
        event.stop()
        self._words = " ".join(words(event.value))
        self._close_find()
        self.action_again()

    def action_again(self) -> None:
        """The next passage whose title has the words, round the end."""
        message = self.query_one(MessageLine)
        message.clear()
        lines = tree_lines(self.growth.view, self._tree, replace(self._choice, folded=frozenset()))
        here = self.query_one(GraphPane).line
        at = next((n for n, line in enumerate(lines) if here and line.key == here.key), 0)
        for line in (*lines[at + 1 :], *lines[: at + 1]):
            if self._words and line.kind is LineKind.NODE and self._words in " ".join(words(line.label)):
                self._reveal(line.node_id)
                return
        message.complain(f"no passage here has “{self._words}” in its title")

    def _reveal(self, node_id: str) -> None:
        """Put the cursor on a passage, whatever was folded above it."""
        path = self._tree.path(node_id)
        above = {QUESTION, self._tree.parents.get(path[0] if path else "", ""), *path[:-1]}
        if above & self._choice.folded:
            self._choose(replace(self._choice, folded=self._choice.folded - above))
        self.query_one(GraphPane).point_to(node_id)

    def action_open(self) -> None:
        """Open the source of a passage, go to what a reference means, fold or unfold a heading."""
        line = self.query_one(GraphPane).line
        if line is None:
            return
        answer = self.growth.view.answer
        if line.kind is LineKind.REFERENCE:
            self._reveal(line.node_id)
        elif line.kind is not LineKind.NODE:
            self._choose(replace(self._choice, folded=self._choice.folded ^ {line.key}))
        elif answer is not None and (cited := self.growth.view.nodes[line.node_id].citations):
            self._push_source(answer.citations, answer.citations.index(cited[0]))
        else:
            self._open_passage(line)

    def _push_source(self, citations: Sequence[Citation], at: int = 0) -> None:
        from tui.source_screen import SourceScreen  # noqa: PLC0415 - not needed to see the graph

        self.app.push_screen(SourceScreen(self.session, citations, at))

    @work(group="open", exclusive=True)
    async def _open_passage(self, line: TreeLine) -> None:
        """Open a passage that nothing cites where the index has it."""
        message = self.query_one(MessageLine)
        try:
            passage = await asyncio.to_thread(self.session.passage, line.node_id, line.label)
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
            self.app.copy_to_clipboard(copied_path(self.growth.view, self._tree, line.node_id))
            self.query_one(MessageLine).say("path copied (inside tmux this needs `set -g set-clipboard on`)")

    def action_back(self) -> None:
        """Leave the search first, then the screen."""
        if self.query_one("#graph-find").display:
            self._close_find()
        else:
            self.app.switch_mode("ask")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        if action in {"open", "step", "play", "persona", "cited", "find", "copy", "details"}:
            return self.growth.total > 0
        return super().check_action(action, parameters)
