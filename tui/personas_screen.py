"""The persona manager: who is in which state, what each has earned, and the keys that change it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from engine.errors import PersonaMoeError
from engine.lifecycle import Verdict, performance_of
from tui.cells import fit, plain, score, title
from tui.widgets.message_line import MessageLine
from tui.widgets.persona_card import PersonaCard
from tui.widgets.places_bar import PlacesBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from engine.persona import RosterEntry
    from tui.composition import Session

STATE_MARKS = {"active": "●", "stable": "◐", "experimental": "○", "pruned": "x"}
NAME_CELLS, MOST_CHARACTERS = 18, 200


def persona_cells(entry: RosterEntry) -> list[Text]:
    """The row of one persona: name, state, samples, mean reward, cost, expertise."""
    persona, earned = entry.persona, performance_of(entry.persona)
    mean = score(earned.mean) if earned.samples else "  · "
    return [
        Text(fit(persona.name, NAME_CELLS)),
        Text(f"{STATE_MARKS.get(entry.state, '?')} {entry.state}"),
        Text(f"{earned.samples:>7}"),
        Text(mean),
        Text(score(persona.activation_cost)),
        Text(plain(", ".join(persona.expertise))[:MOST_CHARACTERS]),
    ]


class PersonasScreen(Screen[None]):
    """A table of all personas and a card of the highlighted one; every change goes through the roster."""

    TITLE = "Personas"
    CSS_PATH = "personas.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="personas.back", tooltip="Forget the chosen parent, or go back"),
        Binding(
            "p", "change('promote')", "Promote", id="promote", tooltip="One state up: experimental, stable, active"
        ),
        Binding("d", "change('demote')", "Demote", id="demote", tooltip="One state down"),
        Binding("x", "change('prune')", "Prune", id="prune", tooltip="Into the archive; restore brings it back"),
        Binding("r", "change('restore')", "Restore", id="restore", tooltip="Out of the archive, to start afresh"),
        Binding("b", "breed", "Breed", id="breed", tooltip="Choose one parent, then another: their child joins"),
        Binding("j", "cursor(1)", "Down", show=False, id="personas.down", tooltip="The next persona"),
        Binding("k", "cursor(-1)", "Up", show=False, id="personas.up", tooltip="The persona before"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._entries: Sequence[RosterEntry] = ()
        self._first_parent = ""

    def compose(self) -> ComposeResult:
        """Table, card, the roster's problems, and what the last key did."""
        yield PlacesBar("personas", self.session.settings.screen.keymap)
        with Container(id="manager"):
            yield DataTable[Text](id="table", cursor_type="row", zebra_stripes=False)
            yield PersonaCard(id="card")
        yield Static(markup=False, id="problems")
        yield MessageLine(id="message")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The columns; the rows come with every visit."""
        table = self.query_one(DataTable)
        table.border_title = title("Personas")
        table.add_columns("persona", "state", "samples", "mean", "cost", "expertise")

    async def on_screen_resume(self) -> None:
        """Another session or a run may have changed the roster since the last visit."""
        await self._reload()

    async def _reload(self) -> None:
        self._entries, problems = await asyncio.to_thread(self._read)
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        for entry in self._entries:
            table.add_row(*persona_cells(entry), key=entry.persona.persona_id)
        table.border_title = title(f"Personas · {len(self._entries)}")
        table.move_cursor(row=min(row, max(len(self._entries) - 1, 0)))
        self.query_one("#problems", Static).update(Text("\n".join(f"! {plain(problem)}" for problem in problems)))
        self.query_one("#problems").display = bool(problems)
        self._show_card()

    def _read(self) -> tuple[Sequence[RosterEntry], Sequence[str]]:
        roster = self.session.roster
        return roster.entries(), roster.problems()

    def _highlighted(self) -> RosterEntry | None:
        row = self.query_one(DataTable).cursor_row
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def _show_card(self) -> None:
        self.query_one(PersonaCard).show(self._highlighted())

    def on_data_table_row_highlighted(self, _event: DataTable.RowHighlighted) -> None:
        """The card follows the cursor."""
        self._show_card()

    def action_cursor(self, by: int) -> None:
        """Move the cursor by `by` rows."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(0, table.cursor_row + by))

    def action_change(self, verdict: str) -> None:
        """Carry out a verdict on the highlighted persona."""
        entry = self._highlighted()
        if entry is not None:
            self._change(entry.persona.persona_id, Verdict(verdict))

    @work(group="roster")
    async def _change(self, persona_id: str, verdict: Verdict) -> None:
        message = self.query_one(MessageLine)
        try:
            moved = await asyncio.to_thread(
                partial(self.session.roster.change, persona_id, verdict, rule="manual", decided_by="user")
            )
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        more = {Verdict.PRUNE: "; r restores it", Verdict.RESTORE: ", and starts afresh"}.get(verdict, "")
        await self._reload()
        message.say(f"{moved.persona_id}: {moved.before} → {moved.after}{more}")

    def action_back(self) -> None:
        """Forget the chosen parent; without one, go back to the question."""
        if not self._first_parent:
            self.app.switch_mode("ask")
            return
        self.query_one(MessageLine).say(f"{self._first_parent} is no parent any more")
        self._first_parent = ""

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
        message = self.query_one(MessageLine)
        try:
            born = await asyncio.to_thread(self.session.breed, parents)
        except PersonaMoeError as error:
            message.complain(str(error))
            return
        await self._reload()
        table = self.query_one(DataTable)
        table.move_cursor(row=table.get_row_index(born.persona_id))
        message.say(f"{born.persona_id} is experimental, a child of {' and '.join(born.parents)}")
