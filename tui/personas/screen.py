"""The persona manager: who is in which state, what that rests on, and the keys that change it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Static

from engine.errors import PersonaError, PersonaMoeError
from engine.personas.persona import copy_of
from engine.personas.roster import Verdict
from tui.drawing.cells import plain, title
from tui.navigation.screen_bar import PlacesBar
from tui.personas.card import family_of
from tui.personas.file_editor import DraftError, edit_in_editor
from tui.personas.keys import PERSONA_KEYS
from tui.personas.rows import ORDERS, free_id, listed, persona_cells
from tui.personas.tabs import PersonaTabs
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


class PersonasScreen(Screen[None]):
    """A table of all personas and the detail of the highlighted one; every change goes through the roster."""

    TITLE = "Personas"
    LEGEND = "● active, ◐ stable, ○ experimental, x pruned. mean of its rewards; cost: the gate takes it off."
    CSS_PATH = "styles.tcss"
    AUTO_FOCUS = "#table"
    BINDINGS: ClassVar[list[BindingType]] = PERSONA_KEYS

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._entries: Sequence[RosterEntry] = ()
        self._shown: Sequence[RosterEntry] = ()
        self._first_parent = ""
        self._marked: list[str] = []
        self._order = ORDERS[0]
        self._drafts: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Filter, table, detail, the roster's problems, and what the last key did."""
        yield PlacesBar("personas", self.session.settings.screen.keymap)
        yield Input(
            placeholder="words of name, id, state or expertise; enter keeps them, esc shows all",
            compact=True,
            id="words",
        )
        with Container(id="manager"):
            yield DataTable[Text](id="table", cursor_type="row", zebra_stripes=False)
            yield PersonaTabs(self.session, id="card")
        yield Static(markup=False, id="problems")
        yield MessageLine(id="message")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The columns; the rows come with every visit."""
        words = self.query_one("#words", Input)
        words.cursor_blink, words.display = False, False
        self.query_one(MessageLine).clear()
        table = self.query_one(DataTable)
        table.border_title = title("Personas")
        table.add_columns("  persona", "state", "samples", "mean", "cost", "expertise")

    async def on_screen_resume(self) -> None:
        """Another session or a run may have changed the roster since the last visit."""
        await self._reload()

    # -- what is shown ------------------------------------------------------------------------------------

    async def _reload(self, persona_id: str = "") -> None:
        """Read the roster anew; the cursor stays on its persona, or goes to this one."""
        try:
            self._entries, problems = await asyncio.to_thread(self._read)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        self._tabs.forget()
        self._fill(persona_id)
        shown = self.query_one("#problems", Static)
        shown.update(Text("\n".join(f"! {plain(problem)}" for problem in problems)))
        shown.display = bool(problems)

    def _read(self) -> tuple[Sequence[RosterEntry], Sequence[str]]:
        roster = self.session.personas.roster
        return roster.entries(), roster.problems()

    def _fill(self, persona_id: str = "") -> None:
        table, here = self.query_one(DataTable), self._highlighted()
        wanted, row = persona_id or (here.persona.persona_id if here else ""), table.cursor_row
        words = self.query_one("#words", Input).value
        self._shown = listed(self._entries, words=words, order=self._order)
        names = [entry.persona.persona_id for entry in self._shown]
        with self.app.batch_update(), self.prevent(DataTable.RowHighlighted):
            table.clear()
            for entry in self._shown:
                table.add_row(*persona_cells(entry, marked=entry.persona.persona_id in self._marked))
            row = names.index(wanted) if wanted in names else min(row, max(len(names) - 1, 0))
            table.move_cursor(row=row)
        sorted_by = "" if self._order == ORDERS[0] else f" by {self._order}"
        of = f"{len(names)} of {len(self._entries)}" if words.strip() else str(len(names))
        table.border_title = title(f"Personas · {of}{sorted_by}")
        self._show_detail()

    @property
    def _tabs(self) -> PersonaTabs:
        return self.query_one(PersonaTabs)

    def _highlighted(self) -> RosterEntry | None:
        row = self.query_one(DataTable).cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """The detail follows the cursor."""
        self._show_detail()

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Enter gives the detail the whole screen."""
        self.add_class("-open")
        self._tabs.focus()

    def _show_detail(self) -> None:
        self._tabs.show(self._highlighted(), self._entries)

    def action_tab(self, tab: int) -> None:
        """Open a tab of the detail."""
        self._tabs.open(tab)
        self._show_detail()

    def on_persona_tabs_failed(self, event: PersonaTabs.Failed) -> None:
        """The ledger or the history cannot be read."""
        self.query_one(MessageLine).complain(event.problem)

    # -- moving about -------------------------------------------------------------------------------------

    def action_cursor(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(0, table.cursor_row + by))

    def action_ends(self, row: int) -> None:
        """Move the cursor to the first or the last row."""
        self.query_one(DataTable).move_cursor(row=row if row >= 0 else max(len(self._shown) - 1, 0))

    def action_sort(self) -> None:
        """The next order."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._fill()
        self.query_one(MessageLine).say(f"sorted by {self._order}")

    def action_find(self) -> None:
        """Open the filter."""
        words = self.query_one("#words", Input)
        words.display = True
        words.focus()

    @on(Input.Changed, "#words")
    def _filter(self) -> None:
        self._fill()

    @on(Input.Submitted, "#words")
    def _keep_filter(self) -> None:
        words = self.query_one("#words", Input)
        words.display = bool(words.value.strip())
        self.query_one(DataTable).focus()

    def action_back(self) -> None:
        """Leave what is open, from the inside out; then go back to the question."""
        words, message = self.query_one("#words", Input), self.query_one(MessageLine)
        if self.has_class("-open"):
            self.remove_class("-open")
            self.query_one(DataTable).focus()
        elif words.display:
            words.clear()
            words.display = False
            self.query_one(DataTable).focus()
        elif self._first_parent:
            message.say(f"{self._first_parent} is no parent any more")
            self._first_parent = ""
        elif self._marked:
            self._marked = []
            self._fill()
            message.say("nothing is marked any more")
        else:
            self.app.switch_mode("ask")

    def action_family(self) -> None:
        """Choose one of the parents and children, and go there."""
        from tui.personas.family_screen import FamilyScreen  # noqa: PLC0415 - when first asked for

        entry = self._highlighted()
        if entry is None:
            return
        parents, children = family_of(entry, self._entries)
        if not parents and not children:
            self.query_one(MessageLine).complain(f"{entry.persona.persona_id} has neither parents nor children here")
            return
        self.app.push_screen(FamilyScreen(entry.persona.name, parents, children), self._go_to)

    def _go_to(self, persona_id: str | None) -> None:
        if persona_id is None:
            return
        if all(entry.persona.persona_id != persona_id for entry in self._entries):
            self.query_one(MessageLine).complain(f"{persona_id} is gone")
            return
        self.query_one("#words", Input).clear()
        self.query_one("#words").display = False
        self._fill(persona_id)

    def action_mark(self) -> None:
        """Mark the highlighted persona, or take its mark away; of three marks the oldest goes."""
        entry = self._highlighted()
        if entry is None:
            return
        name = entry.persona.persona_id
        if name in self._marked:
            self._marked.remove(name)
        else:
            self._marked = [*self._marked, name][-2:]
        self._fill()
        told = " and ".join(self._marked)
        more = "= compares them" if len(self._marked) > 1 else "= compares it with the highlighted one"
        self.query_one(MessageLine).say(f"marked: {told}; {more}" if told else "nothing is marked any more")

    def action_compare(self) -> None:
        """Two personas side by side."""
        entry = self._highlighted()
        names = list(dict.fromkeys([*self._marked, *([entry.persona.persona_id] if entry else [])]))[:2]
        if len(names) < 2:  # noqa: PLR2004 - two are compared
            self.query_one(MessageLine).complain("mark one persona with m, go to another, then press =")
            return
        self._compare(*names)

    @work(group="compare", exclusive=True)
    async def _compare(self, left: str, right: str) -> None:
        from tui.personas.compare_screen import PersonaCompareScreen  # noqa: PLC0415 - when first asked for

        message = self.query_one(MessageLine)
        message.say(f"comparing {left} and {right}")
        try:
            found = await asyncio.to_thread(self.session.runs.compare_personas, left, right)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        message.clear()
        self.app.push_screen(PersonaCompareScreen(found))

    # -- changes ------------------------------------------------------------------------------------------

    def action_change(self, verdict: str) -> None:
        """Carry out a verdict on the highlighted persona."""
        entry = self._highlighted()
        if entry is not None:
            self._change(entry.persona.persona_id, Verdict(verdict))

    @work(group="roster")
    async def _change(self, persona_id: str, verdict: Verdict) -> None:
        change = partial(self.session.personas.roster.change, persona_id, verdict, rule="manual", decided_by="user")
        moved = await self._done(change)
        if moved is not None:
            more = {Verdict.PRUNE: "; u takes it back", Verdict.RESTORE: ", and starts afresh"}.get(verdict, "")
            self.query_one(MessageLine).say(f"{moved.persona_id}: {moved.before} → {moved.after}{more}")

    async def _done(self, change: Callable[[], Any], persona_id: str = "") -> Any:
        """Do what changes the roster in a thread and read it anew; None and a complaint if it cannot be done."""
        try:
            result = await asyncio.to_thread(change)
        except PersonaMoeError as error:
            await self._reload()  # another session may be why
            self.query_one(MessageLine).complain(str(error))
            return None
        await self._reload(persona_id or getattr(result, "persona_id", ""))
        return result

    @work(group="roster")
    async def action_undo(self) -> None:
        """Take back the latest change by hand."""
        from tui.personas.text import undone_words  # noqa: PLC0415 - when first asked for

        undone = await self._done(self.session.personas.roster.undo)
        if undone is not None:
            self.query_one(MessageLine).say(undone_words(undone))

    def action_breed(self) -> None:
        """Choose the highlighted persona as a parent; the second choice has the child."""
        entry = self._highlighted()
        if entry is None:
            return
        chosen, name = self._first_parent, entry.persona.persona_id
        self._first_parent = "" if chosen else name
        if chosen:
            self._breed([chosen, name])
        else:
            words = f"{name} is a parent: b on another crosses the two, b again nudges its traits"
            self.query_one(MessageLine).say(words)

    @work(group="roster")
    async def _breed(self, parents: list[str]) -> None:
        born = await self._done(partial(self.session.personas.breed, parents))
        if born is not None:
            told = f"{born.persona_id} is experimental, a child of {' and '.join(born.parents)}"
            self.query_one(MessageLine).say(told)

    # -- forms --------------------------------------------------------------------------------------------

    def action_new(self) -> None:
        """A form with nothing in it but an id."""
        from engine.personas.persona import Persona  # noqa: PLC0415 - at the key

        self._open_form(Persona(free_id(_NEW_ID, self._entries), {}), new=True)

    def action_copy(self) -> None:
        """A form filled with the highlighted persona, under another id."""
        entry = self._highlighted()
        if entry is not None:
            name = free_id(f"{entry.persona.persona_id[:50]}-copy", self._entries)
            self._open_form(copy_of(entry.persona, name), new=True)

    def action_edit(self) -> None:
        """A form filled with the highlighted persona."""
        entry = self._highlighted()
        if entry is not None:
            self._open_form(entry.persona, new=False)

    def _open_form(self, persona: Persona, *, new: bool) -> None:
        from tui.personas.form import PersonaForm  # noqa: PLC0415 - when first asked for

        self.app.push_screen(PersonaForm(self.session.personas.roster, persona, new=new), self._after_form)

    async def _after_form(self, told: str | None) -> None:
        """The form was left; `told` says what was saved, if anything was: `id: what`."""
        if told:
            await self._reload(told.partition(":")[0])
            self.query_one(MessageLine).say(told)

    @work(group="roster")
    async def action_editor(self) -> None:
        """The highlighted persona's file in $EDITOR; what is not valid changes nothing and waits for the next time."""
        entry = self._highlighted()
        if entry is None:
            return
        name, message = entry.persona.persona_id, self.query_one(MessageLine)
        try:
            persona, draft = edit_in_editor(self.app, entry.persona, self._drafts.get(name, ""))
        except PersonaError as error:
            if isinstance(error, DraftError):
                self._drafts[name] = error.draft
            message.complain(f"{error}; nothing was changed, ctrl+e goes on with it")
            return
        self._drafts[name] = draft
        edited = await self._done(partial(self.session.personas.roster.edit, persona), name)
        if edited is not None:
            del self._drafts[name]
            message.say(f"{name}: saved" if edited.persona != entry.persona else f"{name} is as it was")
