"""The walk: while a run goes, one line a step; then how the cited passages were found, with the steps on a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from engine.events import CycleStarted, PersonaStepped
from engine.run.state import LogEntry, RunState
from tui.ask.walk_text import StoryLine, log_line, story_lines
from tui.drawing.cells import counted, plain, title
from tui.widgets.cursor_pane import CursorPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text


class WalkLog(CursorPane):
    """The gate's calls with their sums, then a line for each step; after the run, the story of what is cited.

    It follows the end until the reader moves up or pauses it: then it stays still, whatever comes. It can show one
    persona alone. Enter opens the passage under the cursor.
    """

    BORDER_TITLE = " Walk "
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Passage", id="walk.open", tooltip="Open the passage of the line under the cursor"),
        Binding("s", "steps", "Steps", id="walk.steps", tooltip="Show every step, or how the citations were found"),
        Binding("r", "replay", "Replay", id="walk.replay", tooltip="Watch the run again from its beginning, slowly"),
        Binding("f", "filter", "Filter", show=False, id="walk.filter", tooltip="One persona alone, or all"),
        Binding("p", "pause", "Follow", show=False, id="walk.follow", tooltip="Stand still, or follow the run"),
        Binding("0", "pick(0)", "All", show=False, id="walk.all", tooltip="Show all personas"),
        *(
            Binding(str(n), f"pick({n})", f"Persona {n}", show=False, id=f"walk.persona{n}",
                    tooltip=f"Show the persona with number {n} of the panel alone")
            for n in range(1, 10)
        ),
    ]  # fmt: skip

    @dataclass
    class Opened(Message):
        """The user wants to read the passage to which a step led."""

        step: PersonaStepped

    @dataclass
    class ReplayWanted(Message):
        """The user wants to watch the run again."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._view = RunState()
        self._drawn_state: tuple[str, int, bool] | None = None
        self._entries: Sequence[LogEntry | StoryLine] = ()
        self.following = True
        self.tells_story = True
        self.only = ""

    def show(self, view: RunState) -> None:
        """Draw the view's log if it changed."""
        state = (view.run_id, view.log_changes, view.finished)
        if view is not self._view:
            self.following, self.tells_story, self.only = True, True, ""
        if state != self._drawn_state or view is not self._view:
            self._view, self._drawn_state = view, state
            self._draw()

    @property
    def is_story(self) -> bool:
        """Whether the story of the citations is shown, not the steps."""
        view = self._view
        return self.tells_story and not self.only and view.finished and view.answer is not None and view.steps > 0

    def _draw(self) -> None:
        """Draw the log as it is now, unless it stays still: then only its title says that there is more."""
        if self.is_story:
            self._entries, self.top = list(story_lines(self._view)), 0
            self.cursor = min(1, len(self._entries) - 1)  # the first line is about the whole run
        elif self.following or not self._entries:
            self._entries = self._selected()
            self.cursor = max(len(self._entries) - 1, 0)
        self._retitle()
        self.resized_to(len(self._entries))

    def _selected(self) -> Sequence[LogEntry]:
        entries = list(self._view.log)
        if not self.only:
            return entries
        return [e for e in entries if isinstance(e, CycleStarted) or e.persona_id == self.only]

    def _retitle(self) -> None:
        row = self._view.rows.get(self.only)
        steps = row.steps if row else self._view.steps
        paused = "" if self.following else "stands"
        about = "how it was found" if self.is_story else ""
        parts = ["Walk", about, paused, plain(self.only), counted(steps, "step") if steps else ""]
        self.border_title = title(" · ".join(part for part in parts if part))

    # -- the keys ---------------------------------------------------------------------------------------------

    def move_to(self, line: int) -> None:
        """Move the cursor; upwards the log stops following, at its last line it follows again."""
        if self.is_story:
            super().move_to(line)
            return
        follows = line >= self.lines - 1
        if follows != self.following:
            self.action_pause()
        if not follows:
            super().move_to(line)

    def wheel(self, by: int) -> None:
        """Move the cursor by some lines."""
        self.move_to(self.cursor + by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer story and replay only when the run is over."""
        if action in {"steps", "replay"}:
            return self._view.finished
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        """Stay still, or follow."""
        self.following = not self.following
        self._draw()

    def action_steps(self) -> None:
        """Show the steps, or the story of the citations."""
        self.tells_story, self.following, self.only, self._entries = not self.tells_story, True, "", ()
        self._draw()

    def action_replay(self) -> None:
        """Ask for the run from its beginning."""
        self.post_message(self.ReplayWanted())

    def action_filter(self) -> None:
        """Show the next persona that walked alone, after the last one all."""
        names = ["", *(row.persona_id for row in self._view.panel() if row.activated)]
        self._show_only(names[(names.index(self.only) + 1) % len(names)] if self.only in names else "")

    def action_pick(self, number: int) -> None:
        """Show the persona with this number of the panel alone; 0 for all."""
        panel = self._view.panel()
        if not number:
            self._show_only("")
        elif number <= len(panel):
            self._show_only(panel[number - 1].persona_id)

    def _show_only(self, persona_id: str) -> None:
        self.only, self.tells_story = persona_id, False
        self._entries = self._selected()
        self._draw()

    def action_open(self) -> None:
        """Post the step under the cursor; other lines have no passage."""
        if self.cursor < len(self._entries):
            entry = self._entries[self.cursor]
            step = entry.step if isinstance(entry, StoryLine) else entry
            if isinstance(step, PersonaStepped):
                self.post_message(self.Opened(step))

    # -- the lines --------------------------------------------------------------------------------------------

    def under_cursor(self, entry: Text) -> Text:
        """Reverse the line of the cursor, while the log has the focus."""
        if self.has_focus:
            entry.stylize("reverse")
        return entry

    def entry_at(self, index: int, width: int) -> Text:
        """Build the line of the entry `index` of the log, oldest first."""
        entry = self._entries[index]
        if isinstance(entry, StoryLine):
            line = entry.text.copy()
            line.truncate(width, overflow="ellipsis", pad=self.has_focus and index == self.cursor)
            return line
        return log_line(entry, self._view, width)
