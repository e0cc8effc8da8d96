"""Lists all settings, explains the selected one and changes it in its file."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option as ListItem

from engine.errors import PersonaMoeError, SettingsError
from engine.settings.options import Option, as_typed, options
from tui.drawing.cells import title
from tui.navigation.key_table import keymap_problems
from tui.navigation.screen_bar import ScreenBar
from tui.settings.text import explanation, setting_line
from tui.widgets.cursor_rest import CursorRest
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import EditLine
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from engine.settings.settings import Settings
    from tui.session.session import Session


class SettingsScreen(Screen[None]):
    """A list of the settings by file. Every change is written at once, and the comments of the file stay."""

    TITLE = "Settings"
    CSS_PATH = "styles.tcss"
    LEGEND = "* marks a changed setting. Every change is written at once; the comments of the files stay."
    AUTO_FOCUS = "#options"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="settings.back", tooltip="Keep the value as it was, or leave the screen"),
        Binding(
            "enter,e", "edit", "Edit", id="settings.edit", key_display="enter", tooltip="Type a value; enter writes it"
        ),
        Binding("space,right,l", "choose(1)", "Next choice", id="settings.next", tooltip="Take the next valid value"),
        Binding(
            "left,h", "choose(-1)", "Choice before", show=False, id="settings.before", tooltip="Take the one before"
        ),
        Binding("r", "reset", "Reset", id="settings.reset", tooltip="Give the setting its shipped value"),
        Binding("u", "undo", "Undo", id="settings.undo", tooltip="Undo the last change"),
        Binding("slash", "find", "Find", id="settings.find", tooltip="Find a setting by a part of its name"),
        Binding("j", "cursor(1)", "Down", show=False, id="settings.down", tooltip="Next setting"),
        Binding("k", "cursor(-1)", "Up", show=False, id="settings.up", tooltip="Previous setting"),
        Binding("g", "end(False)", "First", show=False, id="settings.first", tooltip="First setting"),
        Binding("G", "end(True)", "Last", show=False, id="settings.last", tooltip="Last setting"),
    ]

    class Changed(Message):
        """The settings of the session were changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._undo: list[tuple[Option, Any]] = []
        self._models: tuple[str, ...] = ()
        self._order = asyncio.Lock()  # changes are written in the order of the key presses
        self._finding = False
        self._offered: tuple[bool | None, ...] = ()
        self._rows: list[Option | None] = []
        self._cursor_rest = CursorRest(self, self._explain_chosen)

    def compose(self) -> ComposeResult:
        """Yield the list, the explanation of the selected setting, and the line in which it is edited."""
        yield ScreenBar("settings", self.session.settings.screen.keymap)
        with Container(id="settings"):
            yield OptionList(id="options", markup=False, compact=True)
            yield Static(markup=False, id="explained")
        yield EditLine(pane="#options", id="edit-line")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill the list: a line for each setting, under the name of its file."""
        self.query_one(MessageLine).clear()
        listed = self.query_one(OptionList)
        listed.border_title = title("Settings")
        for option in options():
            if all(row is None or row.file != option.file for row in self._rows):
                self._rows.append(None)
                listed.add_option(ListItem(Text(f"{option.file}.yaml", "bold"), disabled=True))
            self._rows.append(option)
            listed.add_option(ListItem(setting_line(option, self.session.settings)))
        listed.highlighted = 1

    def on_screen_resume(self) -> None:
        """Read the files again: another session may have changed them."""
        self._read_again()

    @work(group="settings")
    async def _read_again(self) -> None:
        async with self._order:
            try:
                settings = await asyncio.to_thread(self.session.settings_files.read)
            except PersonaMoeError as error:
                self.query_one(MessageLine).complain(f"the settings were not read again: {error}")
                return
            if settings != self.session.settings:
                self._adopt(settings)

    def _adopt(self, settings: Settings) -> None:
        self.session.adopt(settings)
        self.post_message(self.Changed())
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
        """Return the valid values of a setting, if they can be listed; themes and models are known only at run time."""
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
        if offered != self._offered:  # the footer is drawn again only if its keys change
            self._offered = offered
            self.refresh_bindings()

    def on_option_list_option_highlighted(self) -> None:
        """Explain the selected setting, once the cursor rests."""
        self._cursor_rest.moved()

    def _explain_chosen(self) -> None:
        """Explain the selected setting; the servers are asked for their models only if it is `model_name`."""
        self._explain()
        option = self._chosen
        if option is not None and option.name == "ollama.model_name" and not self._models:
            self._list_models()

    @work(group="models", exclusive=True)
    async def _list_models(self) -> None:
        self._models = await self.session.runs.installed_models()
        if self._models:
            self._explain()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Edit the selected setting."""
        event.stop()
        self.action_edit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only the keys that do something now."""
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
        """Take the valid value that is `by` places after the present one."""
        option = self._chosen
        if option is not None and self._choices(option):
            self._write(option, lambda: self._choice(option, by))

    def _choice(self, option: Option, by: int) -> Any:
        choices, value = self._choices(option), option.value_in(self.session.settings)
        return choices[(choices.index(value) + by) % len(choices)] if value in choices else choices[0]

    def action_reset(self) -> None:
        """Give the selected setting its shipped value."""
        option = self._chosen
        if option is not None:
            self._write(option, lambda: option.shipped)

    def action_undo(self) -> None:
        """Undo the last change, and select its setting."""
        if self._undo:
            option, value = self._undo.pop()
            self.query_one(OptionList).highlighted = self._rows.index(option)
            self._write(option, lambda: value, undoing=True)

    @work(group="settings")
    async def _write(self, option: Option, new_value: Callable[[], Any], *, undoing: bool = False) -> None:
        """Write the value once the earlier changes are written, adopt it and say so."""
        message = self.query_one(MessageLine)
        async with self._order:
            old, new = option.value_in(self.session.settings), new_value()
            try:
                settings = await asyncio.to_thread(self.session.settings_files.write, option, new)
            except PersonaMoeError as error:
                message.complain(str(error))
                return
            if not undoing and new != old:
                self._undo.append((option, old))
            self._adopt(settings)
            if option.name == "screen.keymap" and (problems := keymap_problems(settings.screen.keymap)):
                message.complain("; ".join(problems))
                return
            message.say(f"{option.key}: {as_typed(old) or '-'} → {as_typed(new) or '-'}, {option.takes_effect}")

    # -- typing a value, or a part of a name -----------------------------------------------------------------

    def action_edit(self) -> None:
        """Open the line with the present value in it."""
        option = self._chosen
        if option is not None:
            self._open_line(f"{option.key}:", as_typed(option.value_in(self.session.settings)), finding=False)

    def action_find(self) -> None:
        """Open the line in which a part of a name is typed."""
        self._open_line("find:", "", finding=True)

    def _open_line(self, label: str, value: str, *, finding: bool) -> None:
        self._finding = finding
        self.query_one(EditLine).open(label, value)
        self.query_one(MessageLine).clear()
        self.refresh_bindings()

    def _close_line(self) -> None:
        self.query_one(EditLine).close()
        self.refresh_bindings()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check the typed value, or select the first setting whose name holds the typed words."""
        event.stop()
        if self._finding:
            self._go_to(event.value)
            return
        if self._typed(event.value) is not None:
            self.query_one(MessageLine).clear()

    def _typed(self, text: str) -> tuple[Option, Any] | None:
        """Return the setting and its new value; None, and say why, if the text is not valid."""
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
        matches = [row for row, option in enumerate(self._rows) if option is not None and words in option.name]
        if words and matches:
            self.query_one(OptionList).highlighted = matches[0]
            self.query_one(MessageLine).clear()
        elif words:
            self.query_one(MessageLine).complain(f"no setting has {words!r} in its name")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the typed value if it is valid, or end the search."""
        event.stop()
        if self._finding:
            self._close_line()
        elif (typed := self._typed(event.value)) is not None:
            self._close_line()
            option, value = typed
            self._write(option, lambda: value)

    def action_back(self) -> None:
        """Close the line if it is open, else leave the screen."""
        if self.query_one(EditLine).is_open:
            self.query_one(MessageLine).clear()
            self._close_line()
        else:
            self.app.switch_mode("ask")

    def action_cursor(self, by: int) -> None:
        """Select the next or the previous setting."""
        listed = self.query_one(OptionList)
        (listed.action_cursor_down if by > 0 else listed.action_cursor_up)()

    def action_end(self, last: bool) -> None:  # noqa: FBT001 - textual passes it by position
        """Select the first or the last setting."""
        listed = self.query_one(OptionList)
        (listed.action_last if last else listed.action_first)()
