"""The application: which screens there are, the keys that work on all of them, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color

from engine.errors import PersonaMoeError
from tui.app.themes import FEW_COLOURS, THEMES, palette_of
from tui.ask.library_opening import LibraryOpening
from tui.ask.screen import AskScreen
from tui.drawing.ascii import replacement
from tui.navigation.screen_bar import ScreenBar
from tui.navigation.screens import SCREENS, TITLES
from tui.run.feed import RunFeed
from tui.terminal.contrast import Legible
from tui.terminal.frame_pacing import Pace
from tui.terminal.key_order import OrderedKeys
from tui.terminal.no_color import Colourless
from tui.terminal.textual_fixes import lasting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.terminal_theme import TerminalTheme
    from textual.binding import ActiveBinding
    from textual.command import Provider
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.messages import TerminalSupportsSynchronizedOutput
    from textual.screen import Screen
    from textual.widget import Widget

    from engine.index.catalogue import IngestReport
    from tui.history.screen import HistoryScreen
    from tui.library.screen import LibraryScreen
    from tui.navigation.key_table import BoundKey
    from tui.navigation.screens import ScreenEntry
    from tui.session.session import Session

SECONDS_TO_STORE = 5.0
QUIT = "End the program; a running question is cancelled"
MOVEMENTS = (".up", ".down", ".top", ".end", ".first", ".last")
"""Endings of the ids of keys that only move a cursor."""
WHERE = ("The pane with the focus", "This screen", "Everywhere", "Moving and typing")
"""The headings of the help, the nearest first."""


def _commands_in_order() -> type[Provider]:
    from tui.navigation.command_order import CommandsInOrder  # noqa: PLC0415 - not needed for the first paint

    return CommandsInOrder


class PersonaMoeApp(OrderedKeys):
    """The screens over one session; nothing of the engine is imported before the first paint."""

    TITLE = "persona-moe"
    CSS_PATH = "styles.tcss"
    DEFAULT_MODE = "ask"
    COMMANDS = {_commands_in_order}  # noqa: RUF012 - textual declares it so
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (120, "-wide")]  # noqa: RUF012 - textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-high")]  # noqa: RUF012 - textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", id="quit", priority=True, tooltip=QUIT),
        Binding(
            "f1,question_mark", "help", "Help", id="help", tooltip="The keys that work here, and what the marks mean"
        ),
        Binding("z,alt+z", "zoom", "Zoom", id="zoom", show=False, tooltip="One pane on the whole screen, or all"),
        Binding("ctrl+l", "redraw", "Redraw", id="redraw", show=False, tooltip="Draw the whole screen again"),
        Binding("ctrl+o", "jump", "Jump", id="jump", show=False, tooltip="To another pane, by the letter shown on it"),
        *(
            Binding(p.keys, f"switch('{p.mode}')", p.title, id=p.mode, show=False, priority=True, tooltip=p.tooltip)
            for p in SCREENS
        ),
        Binding("alt+a", "switch('ask')", "Ask", id="ask", show=False, priority=True, tooltip="The question"),
        Binding(
            "ctrl+z", "suspend_process", "Suspend", id="suspend", show=False, tooltip="Back to the shell; `fg` returns"
        ),
    ]

    def __init__(self, session: Session) -> None:
        self.session = session
        super().__init__()
        self.animation_level = "none"
        self.used_commands: Counter[str] = Counter()
        self._begin_look()
        self.feed = RunFeed()
        self.opening = LibraryOpening(session.library)
        self.ask_screen: AskScreen | None = None
        self.add_mode("ask", self._make_ask)
        for entry in SCREENS:
            self.add_mode(entry.mode, partial(self._make, entry))
        self._leaving = False

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, made to survive a broken connection and to write what the terminal can show."""
        return lasting(super().get_driver_class(), replacement(self.session.settings.screen.ascii, os.environ))

    def _begin_look(self) -> None:
        """Our themes beside textual's; with NO_COLOR one theme whatever is chosen, and its colours taken out."""
        for theme in THEMES:
            self.register_theme(theme)
        if self.no_color:
            self.replace_colour_filters(Colourless(Color.parse(self.theme_variables["background"])))
        else:
            self.add_filter(Legible())

    @property
    def ansi_theme(self) -> TerminalTheme:
        """What the names of the terminal's colours mean in the present theme."""
        return palette_of(self.current_theme) or super().ansi_theme

    def follow_settings(self) -> None:
        """Make the theme and the keys of the session's settings count, now."""
        screen = self.session.settings.screen
        self.set_keymap(screen.keymap)
        for bar in (bar for mounted in self.all_screens() for bar in mounted.query(ScreenBar)):
            bar.follow(screen.keymap)
        few = not self.is_headless and self.console.color_system == "standard"
        theme = self.available_themes.get(screen.theme)
        if theme is None:
            self.notify(f"There is no theme {screen.theme!r}; ctrl+p lists them.", severity="warning", markup=False)
        elif not self.no_color:
            self.theme = FEW_COLOURS if few and not theme.ansi else theme.name

    def _make_ask(self) -> AskScreen:
        self.ask_screen = AskScreen(self.session, self.feed, self.opening, self.ask_terminal)
        return self.ask_screen

    def _make(self, entry: ScreenEntry) -> Screen[None]:
        kind: Any = entry.screen_class()  # imported only now: the first paint needs none of them
        run_parts = (self.feed, self.opening.ready, self.ask_terminal) if entry.mode == "graph" else ()
        screen: Screen[None] = kind(self.session, *run_parts)
        return screen

    def on_mount(self) -> None:
        """Theme, keys, and an orderly end when the terminal or the system asks for it."""
        self.follow_settings()
        if not self.is_headless:
            self._watch_signals()
            if not self.is_web:
                self.set_interval(1.0, self.check_size)

    def on_ready(self) -> None:
        """Begin what the first paint, which is done by now, did not need. (A refresh may be over before that paint.)"""
        if self.ask_screen is not None:
            self.ask_screen.call_next(self.ask_screen.complete)
        if self.session.settings.screen.keymap:
            self.call_after_refresh(self._check_keymap)
        if not self.is_headless:
            self.call_after_refresh(_calm_collector)
            self._open_history()
            self.follow_folders()
            self.embed_library()

    @work(group="history")
    async def _open_history(self) -> None:
        """End what a killed session left, in a thread: in a folder with the files of 100,000 runs that takes 200 ms."""
        await self.opening.ready.wait()
        await asyncio.to_thread(getattr, self.session.runs, "history")

    @work(group="folders", exclusive=True)
    async def follow_folders(self) -> None:
        """Read the files of the library again when they change, if the settings say so."""
        if not self.session.settings.system.watch_folders:
            return
        try:
            await self.opening.follow(self._on_change)
        except PersonaMoeError as error:
            self.notify(str(error), markup=False)

    @work(group="meaning", exclusive=True)
    async def embed_library(self) -> None:
        """Embed the passages that have no vector yet, if there is an embedding model; quietly ends if there is none."""
        await self.opening.ready.wait()
        if not self.opening.problem:
            await self.session.meaning.keep_up()

    def _on_change(self, report: IngestReport) -> None:
        counts = {"new": report.added, "changed": report.changed, "deleted": report.removed}
        text = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        self.notify(f"The library follows its folders: {text}.", markup=False)
        self.embed_library()
        if self.current_mode == "library":
            self.call_later(cast("LibraryScreen", self.screen).reload)

    def _check_keymap(self) -> None:
        """Say what is wrong with the user's own keys; it needs every screen, so it waits for the first paint."""
        from tui.navigation.key_table import keymap_problems  # noqa: PLC0415 - it imports every screen

        for problem in keymap_problems(self.session.settings.screen.keymap):
            self.notify(problem, severity="warning", markup=False)

    def _watch_signals(self) -> None:
        """Textual would die at once: the terminal stays in its alternate screen and the run is lost."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
                loop.add_signal_handler(number, self._signalled, 128 + number)

    def _signalled(self, code: int) -> None:
        self.run_worker(self.leave(code), group="leave")

    async def leave(self, code: int) -> None:
        """Cancel what runs, give it time to be stored, then end the program with `code`."""
        if self._leaving:
            return
        self._leaving = True
        running = [worker for worker in self.workers if worker.group != "leave" and not worker.is_finished]
        for worker in running:
            worker.cancel()
        with contextlib.suppress(TimeoutError):
            waits = (worker.wait() for worker in running)
            await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), SECONDS_TO_STORE)
        self.exit(return_code=code)

    async def on_unmount(self) -> None:
        """The store and the index are closed whatever ended the program."""
        await self.session.close()

    async def action_quit(self) -> None:
        """End the program in order."""
        await self.leave(0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key of the screen that is in front already is not offered."""
        if action == "switch" and parameters == (self.current_mode,):
            return False
        return super().check_action(action, parameters)

    def action_switch(self, mode: str) -> None:
        """Go to a screen, unless a window with a question of its own is open; what runs on another goes on."""
        from textual.screen import ModalScreen  # noqa: PLC0415 - as below

        while isinstance(self.screen, ModalScreen):
            if any(line.display for line in self.screen.query("Input")):
                self.notify("Close this window first: esc.", markup=False)
                return
            self.pop_screen()
        self.switch_mode(mode)

    def action_zoom(self) -> None:
        """Show one pane on the whole screen, or all panes again."""
        from tui.navigation.zoom import toggle_zoom  # noqa: PLC0415 - not needed for the first paint

        toggle_zoom(self.screen)

    def action_jump(self) -> None:
        """Show a letter on every pane that can have the focus, and a number for each screen."""
        from textual.screen import ModalScreen  # noqa: PLC0415 - as below

        from tui.navigation.jump_screen import JumpScreen  # noqa: PLC0415 - not needed for the first paint

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(JumpScreen(self.screen.focus_chain), self._jump)

    def _jump(self, goal: Widget | str | None) -> None:
        if isinstance(goal, str):
            self.switch_mode(goal)
        elif goal is not None:
            self.screen.set_focus(goal)

    def action_help(self) -> None:
        """The keys that work here: of the pane with the focus, of the screen, and those of every screen."""
        from tui.navigation.help_screen import HelpRow, HelpScreen  # noqa: PLC0415 - not needed for the first paint

        if isinstance(self.screen, HelpScreen):
            return
        rows = [
            HelpRow(self._where(active), keys, active.tooltip or active.binding.description, active.binding.id or "")
            for keys, active in self._keys(self.screen)
        ]
        rows.sort(key=lambda row: WHERE.index(row.where))
        legend = getattr(self.screen, "LEGEND", "")
        if self.screen is self.ask_screen:
            from tui.ask.run_figures import run_figures  # noqa: PLC0415 - not needed for the first paint

            legend = f"{legend}\n\n{run_figures(self.ask_screen.feed.state)}".rstrip()
        self.push_screen(HelpScreen(self.screen.title or "", rows, legend))

    def _where(self, active: ActiveBinding) -> str:
        """The one of `WHERE` that a key belongs to; what the toolkit brings along has no id."""
        if not active.binding.id:
            return WHERE[3]
        return WHERE[2] if active.node is self else WHERE[1] if active.node is self.screen else WHERE[0]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything by name: what works here, the other screens with all they do, and the themes."""
        for keys, active in sorted(self._keys(screen), key=_rank):
            if active.enabled and active.binding.id:
                run = partial(self.run_action, active.binding.action, default_namespace=active.node)
                yield SystemCommand(f"{active.binding.description} ({keys})", active.tooltip, run)
        yield from self._elsewhere()
        replaced = {"Theme", "Keys", "Quit"}  # offered above or below, by more telling names
        yield from (command for command in super().get_system_commands(screen) if command.title not in replaced)
        for name in sorted(self.available_themes):
            yield SystemCommand(
                f"Theme: {name}", "Use this theme, and keep it in the settings", partial(self._keep, name)
            )

    def _elsewhere(self) -> Iterable[SystemCommand]:
        """The actions of the other screens: the command goes there and says the key, for it needs a row to act on."""
        from tui.navigation.key_table import bound_keys  # noqa: PLC0415 - it imports every screen

        modes = {title: mode for mode, title in TITLES.items()}
        for bound in bound_keys():
            mode = modes.get(bound.where)
            if mode is not None and mode != self.current_mode:
                go = partial(self._go_and_tell, mode, bound)
                yield SystemCommand(f"Go to {bound.where}: {bound.name} ({bound.shown})", bound.does, go)

    def _go_and_tell(self, mode: str, bound: BoundKey) -> None:
        self.switch_mode(mode)
        self.notify(f"{bound.shown}: {bound.does}", markup=False)

    async def _keep(self, theme: str) -> None:
        """Use a theme and write it into the settings."""
        from engine.settings.options import option  # noqa: PLC0415 - not needed for the first paint

        try:
            settings = await asyncio.to_thread(self.session.settings_files.write, option("screen.theme"), theme)
        except PersonaMoeError as error:
            self.notify(str(error), severity="warning", markup=False)
            self.theme = theme
        else:
            self.session.adopt(settings)
            self.follow_settings()

    def _keys(self, screen: Screen[Any]) -> list[tuple[str, ActiveBinding]]:
        """Each binding that works on `screen` once, with all its keys as they are shown."""
        bindings: dict[tuple[DOMNode, str], tuple[list[str], ActiveBinding]] = {}
        for active in screen.active_bindings.values():
            keys, _ = bindings.setdefault((active.node, active.binding.action), ([], active))
            if (key := self.get_key_display(active.binding)) not in keys:
                keys.append(key)
        return [(" ".join(keys), active) for keys, active in bindings.values()]

    def on_settings_screen_changed(self) -> None:
        """Use the changed theme and keys, and another embedding model."""
        self.follow_settings()
        if not self.is_headless and self.session.meaning.progress is None:
            self.embed_library()

    async def on_library_screen_changed(self) -> None:
        """The ask screen names the library and suggests questions."""
        await self.opening.introduce()
        if not self.is_headless:
            self.follow_folders()
            self.embed_library()

    def on_history_screen_run_wanted(self, event: HistoryScreen.RunWanted) -> None:
        """A run of the history goes to the ask screen: its end, or event by event."""
        if screen := self._free_ask_screen():
            screen.show_run(event.recorded, play=event.play)

    def on_history_screen_question_wanted(self, event: HistoryScreen.QuestionWanted) -> None:
        """A question of the history is asked again."""
        if screen := self._free_ask_screen():
            screen.ask(event.question)

    def _free_ask_screen(self) -> AskScreen | None:
        """The ask screen, brought to the front; None while a question runs on it."""
        if self.ask_screen is None or self.ask_screen.player.asking:
            self.notify("A question is running: cancel it on the Ask screen first.", markup=False)
            return None
        self.switch_mode("ask")
        return self.ask_screen

    def on_terminal_supports_synchronized_output(self, _event: TerminalSupportsSynchronizedOutput) -> None:
        """The sign of life that paces the drawing (see `tui.terminal.frame_pacing`)."""
        if isinstance(pace := getattr(self.screen, "pace", None), Pace):
            pace.acknowledged()


def _rank(key: tuple[str, ActiveBinding]) -> int:
    """Order the commands of the palette: what the last line of the screen offers, other commands, mere movements."""
    binding = key[1].binding
    if (binding.id or "").startswith(("pane.", "quit")) or (binding.id or "").endswith(MOVEMENTS):
        return 2
    return 0 if binding.show else 1


def _calm_collector() -> None:
    """Collections over everything imported took 270-420 ms in the middle of typing; what is here now, stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    gc.enable()  # `persona-moe` begins without it
