"""The personas screen: the table of all personas, the detail of one, and the keys that change the roster."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static

from engine.errors import PersonaMoeError
from engine.personas.persona import copy_of
from engine.personas.roster import Verdict
from tui.drawing.cells import plain
from tui.navigation.screen_bar import ScreenBar
from tui.personas.card import family_of
from tui.personas.detail import PersonaDetail
from tui.personas.file_editor import DraftError, edit_in_editor
from tui.personas.keys import PERSONA_KEYS
from tui.personas.table import PersonaTable, free_id
from tui.widgets.cursor_rest import CursorRest
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from engine.personas.persona import Persona, RosterEntry
    from tui.session.session import Session

FILTER_HINT = "words of name, id, state or expertise; enter keeps them, esc shows all"
_NEW_ID = "new-persona"
_UNMARKED = "no persona is marked"


class PersonasScreen(Screen[None]):
    """A table of all personas and the detail of the highlighted one; every change goes through the roster."""

    TITLE = "Personas"
    LEGEND = "● active, ◐ stable, ○ experimental, x pruned. mean: of its rewards. cost: the gate subtracts it."
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#table"
    BINDINGS: ClassVar[list[BindingType]] = PERSONA_KEYS

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._first_parent = ""
        self._drafts: dict[str, str] = {}
        self._cursor_rest = CursorRest(self, self._show_detail)

    def compose(self) -> ComposeResult:
        """Filter, table, detail, the problems of the roster, and the message of the last key."""
        yield ScreenBar("personas", self.session.settings.screen.keymap)
        yield LineInput(placeholder=FILTER_HINT, pane="#table", id="words")
        with Container(id="manager"):
            yield PersonaTable(id="table")
            yield PersonaDetail(self.session, id="card")
        yield Static(markup=False, id="problems")
        yield MessageLine(id="message")
        yield KeyBar()

    def on_mount(self) -> None:
        """Hide the message; the rows come with every visit."""
        self._message.clear()

    async def on_screen_resume(self) -> None:
        """Read the roster anew: another session or a run may have changed it."""
        await self._reload()

    # -- what is shown ------------------------------------------------------------------------------------

    @property
    def table(self) -> PersonaTable:
        """The table."""
        return self.query_one(PersonaTable)

    @property
    def _detail(self) -> PersonaDetail:
        return self.query_one(PersonaDetail)

    @property
    def _words(self) -> LineInput:
        return self.query_one(LineInput)

    @property
    def _message(self) -> MessageLine:
        return self.query_one(MessageLine)

    async def _reload(self, persona_id: str = "") -> None:
        """Read the roster; the cursor goes to this persona, or stays on its own."""
        try:
            self.table.entries, problems = await asyncio.to_thread(self._read)
        except PersonaMoeError as error:
            self._message.complain(str(error))
            return
        self._detail.invalidate()
        self.table.fill(persona_id)
        self._show_detail()
        problem_lines = self.query_one("#problems", Static)
        problem_lines.update(Text("\n".join(f"! {plain(problem)}" for problem in problems)))
        problem_lines.display = bool(problems)

    def _read(self) -> tuple[Sequence[RosterEntry], Sequence[str]]:
        return self.session.personas.roster.entries(), self.session.personas.roster.problems()

    @on(DataTable.RowHighlighted)
    def _follow_cursor(self) -> None:
        self._cursor_rest.moved()

    def _show_detail(self) -> None:
        self._detail.show(self.table.entry, self.table.entries)

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Give the detail the whole screen."""
        self.add_class("-open")
        self._detail.focus()

    def action_tab(self, tab: int) -> None:
        """Open a tab of the detail."""
        self._detail.open(tab)
        self._show_detail()

    def on_persona_detail_failed(self, event: PersonaDetail.Failed) -> None:
        """Say that the ledger or the history cannot be read."""
        self._message.complain(event.problem)

    # -- moving about -------------------------------------------------------------------------------------

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.table.sort_next()
        self._show_detail()
        self._message.say(f"sorted by {self.table.order}")

    def action_find(self) -> None:
        """Open the filter."""
        self._words.open()

    @on(Input.Changed, "#words")
    def _filter(self) -> None:
        self.table.filter(self._words.value)
        self._show_detail()

    @on(Input.Submitted, "#words")
    def _keep_filter(self) -> None:
        self._words.leave()

    def action_back(self) -> None:
        """Close the detail, the filter, the chosen parent or the marks, whichever comes first; else go to Ask."""
        if self.has_class("-open"):
            self.remove_class("-open")
            self.table.focus()
        elif self._words.is_open:
            self._words.close()
        elif self._first_parent:
            self._message.say(f"{self._first_parent} is no longer chosen as a parent")
            self._first_parent = ""
        elif self.table.marked:
            self.table.marked = []
            self.table.fill()
            self._message.say(_UNMARKED)
        else:
            self.app.switch_mode("ask")

    def action_family(self) -> None:
        """Choose a parent or a child, and go to it."""
        from tui.personas.family_screen import FamilyScreen  # noqa: PLC0415 - when first asked for

        if (entry := self.table.entry) is None:
            return
        parents, children = family_of(entry, self.table.entries)
        if not parents and not children:
            self._message.complain(f"{entry.persona.persona_id} has no parents and no children")
            return
        self.app.push_screen(FamilyScreen(entry.persona.name, parents, children), self._go_to)

    def _go_to(self, persona_id: str | None) -> None:
        if persona_id is None:
            return
        if all(entry.persona.persona_id != persona_id for entry in self.table.entries):
            self._message.complain(f"{persona_id} does not exist any more")
            return
        self._words.close()
        self.table.fill(persona_id)
        self._show_detail()

    def action_mark(self) -> None:
        """Mark the highlighted persona, or take its mark away."""
        if (entry := self.table.entry) is None:
            return
        self.table.toggle_mark(entry.persona.persona_id)
        names = " and ".join(self.table.marked)
        hint = "= compares them" if len(self.table.marked) > 1 else "= compares it with the highlighted one"
        self._message.say(f"marked: {names}; {hint}" if names else _UNMARKED)

    def action_compare(self) -> None:
        """Compare the two marked personas, or the marked one with the highlighted one."""
        highlighted = [self.table.entry.persona.persona_id] if self.table.entry else []
        names = list(dict.fromkeys([*self.table.marked, *highlighted]))[:2]
        if len(names) < 2:  # noqa: PLR2004 - two are compared
            self._message.complain("mark one persona with m, go to another, then press =")
            return
        self._compare(*names)

    @work(group="compare", exclusive=True)
    async def _compare(self, persona_id: str, other_id: str) -> None:
        from tui.personas.compare_screen import PersonaCompareScreen  # noqa: PLC0415 - when first asked for

        self._message.say(f"comparing {persona_id} and {other_id}")
        try:
            comparison = await asyncio.to_thread(self.session.runs.compare_personas, persona_id, other_id)
        except PersonaMoeError as error:
            self._message.complain(str(error))
            return
        self._message.clear()
        self.app.push_screen(PersonaCompareScreen(comparison))

    # -- changes ------------------------------------------------------------------------------------------

    def action_change(self, verdict: str) -> None:
        """Carry out a verdict on the highlighted persona."""
        if self.table.entry is not None:
            self._change(self.table.entry.persona.persona_id, Verdict(verdict))

    @work(group="roster")
    async def _change(self, persona_id: str, verdict: Verdict) -> None:
        change = partial(self.session.personas.roster.change, persona_id, verdict, rule="manual", decided_by="user")
        moved = await self._carry_out(change)
        if moved is not None:
            more = {Verdict.PRUNE: "; u takes it back", Verdict.RESTORE: ", and starts afresh"}.get(verdict, "")
            self._message.say(f"{moved.persona_id}: {moved.before} → {moved.after}{more}")

    async def _carry_out(self, change: Callable[[], Any], persona_id: str = "") -> Any:
        """Change the roster in a thread and read it anew; gives None, with a message, if it cannot be done."""
        try:
            result = await asyncio.to_thread(change)
        except PersonaMoeError as error:
            await self._reload()  # another session may have caused it
            self._message.complain(str(error))
            return None
        await self._reload(persona_id or getattr(result, "persona_id", ""))
        return result

    @work(group="roster")
    async def action_undo(self) -> None:
        """Take back the latest change by hand."""
        from tui.personas.text import undone_words  # noqa: PLC0415 - when first asked for

        undone = await self._carry_out(self.session.personas.roster.undo)
        if undone is not None:
            self._message.say(undone_words(undone))

    def action_breed(self) -> None:
        """Choose the highlighted persona as a parent; the second choice adds the child."""
        if (entry := self.table.entry) is None:
            return
        first, name = self._first_parent, entry.persona.persona_id
        self._first_parent = "" if first else name
        if first:
            self._breed([first, name])
        else:
            self._message.say(f"{name} is a parent: b on another crosses the two, b again varies its traits")

    @work(group="roster")
    async def _breed(self, parents: list[str]) -> None:
        child = await self._carry_out(partial(self.session.personas.breed, parents))
        if child is not None:
            self._message.say(f"{child.persona_id} is experimental, a child of {' and '.join(child.parents)}")

    # -- forms --------------------------------------------------------------------------------------------

    def action_new(self) -> None:
        """Open an empty form with a free id."""
        from engine.personas.persona import Persona  # noqa: PLC0415 - at the key

        self._open_form(Persona(free_id(_NEW_ID, self.table.entries), {}), new=True)

    def action_copy(self) -> None:
        """Open a form with the highlighted persona under another id."""
        if (entry := self.table.entry) is not None:
            name = free_id(f"{entry.persona.persona_id[:50]}-copy", self.table.entries)
            self._open_form(copy_of(entry.persona, name), new=True)

    def action_edit(self) -> None:
        """Open a form with the highlighted persona."""
        if self.table.entry is not None:
            self._open_form(self.table.entry.persona, new=False)

    def _open_form(self, persona: Persona, *, new: bool) -> None:
        from tui.personas.form import PersonaForm  # noqa: PLC0415 - when first asked for

        self.app.push_screen(PersonaForm(self.session.personas.roster, persona, new=new), self._after_form)

    async def _after_form(self, message: str | None) -> None:
        """Show what the form saved, as `id: words`; None if nothing."""
        if message:
            await self._reload(message.partition(":")[0])
            self._message.say(message)

    @work(group="roster")
    async def action_editor(self) -> None:
        """Edit the highlighted persona's file in $EDITOR; an invalid text changes nothing and is offered again."""
        if (entry := self.table.entry) is None:
            return
        name = entry.persona.persona_id
        try:
            persona, draft = edit_in_editor(self.app, entry.persona, self._drafts.get(name, ""))
        except PersonaMoeError as error:
            if isinstance(error, DraftError):
                self._drafts[name] = error.draft
            self._message.complain(f"{error}; nothing was changed, ctrl+e opens your text again")
            return
        self._drafts[name] = draft
        edited = await self._carry_out(partial(self.session.personas.roster.edit, persona), name)
        if edited is not None:
            del self._drafts[name]
            self._message.say(f"{name}: saved" if edited.persona != entry.persona else f"{name}: nothing changed")
