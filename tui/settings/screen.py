"""All settings in one list: what each means, what is valid, and the keys that change it in its file."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option as Line

from engine.errors import PersonaMoeError, SettingsError
from engine.settings.options import Option, options, shown
from tui.drawing.cells import title
from tui.navigation.key_table import keymap_problems
from tui.navigation.screen_bar import PlacesBar
from tui.settings.text import explanation, setting_line
from tui.widgets.edit_line import EditLine
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from engine.settings.settings import Settings
    from tui.session.session import Session


class SettingsScreen(Screen[None]):
    """A list of the settings by file; a change is written at once, the file's comments stay as they are."""

    TITLE = "Settings"
    CSS_PATH = "styles.tcss"
    LEGEND = "* is not as shipped. Every change is written at once into the workspace's configs; its comments stay."
    AUTO_FOCUS = "#options"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="settings.back", tooltip="Leave the value as it was, or go back"),
        Binding(
            "enter,e", "edit", "Edit", id="settings.edit", key_display="enter", tooltip="Type a value; enter writes it"
        ),
        Binding(
            "space,right,l", "choose(1)", "Next choice", id="settings.next", tooltip="The next of the valid values"
        ),
        Binding("left,h", "choose(-1)", "Choice before", show=False, id="settings.before", tooltip="The one before"),
        Binding("r", "reset", "Reset", id="settings.reset", tooltip="Back to the shipped value"),
        Binding("u", "undo", "Undo", id="settings.undo", tooltip="Take the last change back"),
        Binding("slash", "find", "Find", id="settings.find", tooltip="Go to a setting by a part of its name"),
        Binding("j", "cursor(1)", "Down", show=False, id="settings.down", tooltip="The next setting"),
        Binding("k", "cursor(-1)", "Up", show=False, id="settings.up", tooltip="The setting before"),
        Binding("g", "end(False)", "First", show=False, id="settings.first", tooltip="To the first setting"),
        Binding("G", "end(True)", "Last", show=False, id="settings.last", tooltip="To the last setting"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._undo: list[tuple[Option, Any]] = []
        self._models: tuple[str, ...] = ()
        self._turn = asyncio.Lock()  # changes are made in the order of their keys
        self._finding = False
        self._offered: tuple[bool | None, ...] = ()
        self._rows: list[Option | None] = []

    def compose(self) -> ComposeResult:
        """The list, the explanation of the setting under the cursor, and the line in which it is edited."""
        yield PlacesBar("settings", self.session.settings.screen.keymap)
        with Container(id="settings"):
            yield OptionList(id="options", markup=False, compact=True)
            yield Static(markup=False, id="explained")
        yield EditLine(id="edit-line")
        yield MessageLine(id="message")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """One line a setting, under the name of its file."""
        self.query_one(MessageLine).clear()
        listed = self.query_one(OptionList)
        listed.border_title = title("Settings")
        for option in options():
            if all(row is None or row.file != option.file for row in self._rows):
                self._rows.append(None)
                listed.add_option(Line(Text(f"{option.file}.yaml", "bold"), disabled=True))
            self._rows.append(option)
            listed.add_option(Line(setting_line(option, self.session.settings)))
        listed.highlighted = 1

    def on_screen_resume(self) -> None:
        """The files may have been changed since the last visit."""
        self._read_again()

    @work(group="settings")
    async def _read_again(self) -> None:
        async with self._turn:
            try:
                settings = await asyncio.to_thread(self.session.read_settings)
            except PersonaMoeError as error:
                self.query_one(MessageLine).complain(f"still as before: {error}")
                return
            if settings != self.session.settings:
                self._adopt(settings)

    def _adopt(self, settings: Settings) -> None:
        self.session.adopt(settings)
        follow: Callable[[], None] | None = getattr(self.app, "follow_settings", None)
        if follow is not None:
            follow()
        listed = self.query_one(OptionList)
        for row, option in enumerate(self._rows):
            if option is not None:
                listed.replace_option_prompt_at_index(row, setting_line(option, settings))
        self._explain()

    @property
    def _chosen(self) -> Option | None:
        row = self.query_one(OptionList).highlighted
        return self._rows[row] if row is not None and row < len(self._rows) else None

    def _choices(self, option: Option) -> tuple[Any, ...]:
        """The valid values of a setting if they can be listed: themes and models are known only at run time."""
        if option.name == "screen.theme":
            return tuple(sorted(self.app.available_themes))
        if option.name == "ollama.model_name":
            return ("auto", "none", *self._models) if self._models else ()
        return option.choices

    def _explain(self) -> None:
        option = self._chosen
        pane = self.query_one("#explained", Static)
        if option is not None:
            pane.border_title = title(option.name)
            pane.update(explanation(option, self.session.settings, self._choices(option)))
        offered = tuple(self.check_action(action, ()) for action in ("choose", "reset", "undo"))
        if offered != self._offered:  # the footer is drawn anew only when its keys are others
            self._offered = offered
            self.refresh_bindings()

    def on_option_list_option_highlighted(self) -> None:
        """The explanation follows the cursor; models are asked for only when they are looked at."""
        self._explain()
        option = self._chosen
        if option is not None and option.name == "ollama.model_name" and not self._models:
            self._list_models()

    @work(group="models", exclusive=True)
    async def _list_models(self) -> None:
        self._models = await self.session.installed_models()
        if self._models:
            self._explain()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter edits."""
        event.stop()
        self.action_edit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only the keys that do something now are offered."""
        if not self.is_mounted:
            return True
        option, editing = self._chosen, self.query_one(EditLine).is_open
        if editing and action in {"edit", "choose", "reset", "undo", "find", "cursor", "end"}:
            return False
        if action == "choose":
            return option is not None and bool(self._choices(option))
        if action == "reset":
            return option is not None and option.value_in(self.session.settings) != option.shipped
        if action == "undo":
            return bool(self._undo)
        return super().check_action(action, parameters)

    # -- changing ------------------------------------------------------------------------------------------

    def action_choose(self, by: int) -> None:
        """The next or the previous of the values that can be listed."""
        option = self._chosen
        if option is not None and self._choices(option):
            self._write(option, lambda: self._beside(option, by))

    def _beside(self, option: Option, by: int) -> Any:
        choices, value = self._choices(option), option.value_in(self.session.settings)
        return choices[(choices.index(value) + by) % len(choices)] if value in choices else choices[0]

    def action_reset(self) -> None:
        """Back to the shipped value."""
        option = self._chosen
        if option is not None:
            self._write(option, lambda: option.shipped)

    def action_undo(self) -> None:
        """Take the last change back, and put the cursor on it."""
        if self._undo:
            option, before = self._undo.pop()
            self.query_one(OptionList).highlighted = self._rows.index(option)
            self._write(option, lambda: before, undoing=True)

    @work(group="settings")
    async def _write(self, option: Option, wanted: Callable[[], Any], *, undoing: bool = False) -> None:
        """Write what is wanted when its turn has come, make it count and say so."""
        message = self.query_one(MessageLine)
        async with self._turn:
            before, value = option.value_in(self.session.settings), wanted()
            try:
                settings = await asyncio.to_thread(self.session.write_setting, option, value)
            except PersonaMoeError as error:
                message.complain(str(error))
                return
            if not undoing and value != before:
                self._undo.append((option, before))
            self._adopt(settings)
            if option.name == "screen.keymap" and (problems := keymap_problems(settings.screen.keymap)):
                message.complain("; ".join(problems))
                return
            message.say(f"{option.key}: {shown(before) or '-'} → {shown(value) or '-'}, {option.acts}")

    # -- typing a value, or a part of a name -----------------------------------------------------------------

    def action_edit(self) -> None:
        """Open the line with the present value."""
        option = self._chosen
        if option is not None:
            self._open_line(f"{option.key}:", shown(option.value_in(self.session.settings)), finding=False)

    def action_find(self) -> None:
        """Open the line for a part of a name."""
        self._open_line("find:", "", finding=True)

    def _open_line(self, label: str, value: str, *, finding: bool) -> None:
        self._finding = finding
        self.query_one(EditLine).open(label, value)
        self.query_one(MessageLine).clear()
        self.refresh_bindings()

    def _close_line(self) -> None:
        self.query_one(EditLine).close()
        self.query_one(OptionList).focus()
        self.refresh_bindings()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say while it is typed whether it is valid; of a name, go to the first setting that has it."""
        event.stop()
        if self._finding:
            self._go_to(event.value)
            return
        if self._typed(event.value) is not None:
            self.query_one(MessageLine).clear()

    def _typed(self, text: str) -> tuple[Option, Any] | None:
        """The setting and its new value; None, and a complaint, if the text is not valid."""
        option = self._chosen
        if option is None:
            return None
        try:
            value = option.parse(text)
            if option.name == "screen.theme" and value not in self.app.available_themes:
                near = get_close_matches(value, self.app.available_themes, n=3, cutoff=0.0)
                raise SettingsError(f"{option.name}: there is no {value!r}", hint=f"near: {', '.join(near)}")
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return None
        return option, value

    def _go_to(self, words: str) -> None:
        words = words.strip().lower()
        found = [row for row, option in enumerate(self._rows) if option is not None and words in option.name]
        if words and found:
            self.query_one(OptionList).highlighted = found[0]
            self.query_one(MessageLine).clear()
        elif words:
            self.query_one(MessageLine).complain(f"no setting has {words!r} in its name")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write what was typed if it is valid; a search ends where it is."""
        event.stop()
        if self._finding:
            self._close_line()
        elif (typed := self._typed(event.value)) is not None:
            self._close_line()
            option, value = typed
            self._write(option, lambda: value)

    def action_back(self) -> None:
        """Leave the line first, then the screen."""
        if self.query_one(EditLine).is_open:
            self.query_one(MessageLine).clear()
            self._close_line()
        else:
            self.app.switch_mode("ask")

    def action_cursor(self, by: int) -> None:
        """Move the cursor by one setting."""
        listed = self.query_one(OptionList)
        (listed.action_cursor_down if by > 0 else listed.action_cursor_up)()

    def action_end(self, last: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """To the first or the last setting."""
        listed = self.query_one(OptionList)
        (listed.action_last if last else listed.action_first)()
