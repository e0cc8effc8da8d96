"""The table of the personas screen: filter, order, marks, and the cells of a row."""

from collections.abc import Callable, Sequence
from itertools import chain, count
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import performance_of
from tui.drawing.cells import fit, plain, score, title
from tui.drawing.marks import CHOSEN, STATES

NAME_CELLS, MOST_CHARACTERS = 18, 200
ORDERS = ("state", "name", "mean", "samples")

_RANKS = {state: rank for rank, state in enumerate(PersonaState)}  # active first, pruned last
_KEYS: dict[str, Callable[[RosterEntry], Any]] = {
    "state": lambda entry: _RANKS[entry.state],
    "name": lambda entry: entry.persona.name.casefold(),
    "mean": lambda entry: -performance_of(entry.persona).mean,
    "samples": lambda entry: -performance_of(entry.persona).samples,
}


class PersonaTable(DataTable[Text]):
    """A row for each persona that has the words of the filter; the cursor stays on its persona."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="personas.down", tooltip="The next persona"),
        Binding("k", "cursor_up", "Up", show=False, id="personas.up", tooltip="The previous persona"),
        Binding("g", "scroll_top", "First", show=False, id="personas.first", tooltip="The first persona"),
        Binding("G", "scroll_bottom", "Last", show=False, id="personas.last", tooltip="The last persona"),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self.entries: Sequence[RosterEntry] = ()
        self.listed: Sequence[RosterEntry] = ()
        self.marked: list[str] = []
        self.order = ORDERS[0]
        self._words = ""

    def on_mount(self) -> None:
        """The columns; rows come with every visit of the screen."""
        self.border_title = title("Personas")
        self.add_columns("  persona", "state", "samples", "mean", "cost", "expertise")

    @property
    def entry(self) -> RosterEntry | None:
        """The persona under the cursor."""
        return self.listed[self.cursor_row] if 0 <= self.cursor_row < len(self.listed) else None

    def filter(self, words: str) -> None:
        """List only personas with all these words."""
        self._words = words
        self.fill()

    def sort_next(self) -> None:
        """Take the next of `ORDERS`."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self.fill()

    def toggle_mark(self, persona_id: str) -> None:
        """Mark a persona or take its mark away; of three marks the oldest goes."""
        if persona_id in self.marked:
            self.marked.remove(persona_id)
        else:
            self.marked = [*self.marked, persona_id][-2:]
        self.fill()

    def fill(self, persona_id: str = "") -> None:
        """List the entries anew; the cursor goes to this persona, or stays on its own."""
        current = self.entry
        target, row = persona_id or (current.persona.persona_id if current else ""), self.cursor_row
        self.listed = listed(self.entries, words=self._words, order=self.order)
        names = [entry.persona.persona_id for entry in self.listed]
        with self.app.batch_update(), self.prevent(DataTable.RowHighlighted):
            self.clear()
            for entry in self.listed:
                self.add_row(*persona_cells(entry, marked=entry.persona.persona_id in self.marked))
            self.move_cursor(row=names.index(target) if target in names else min(row, max(len(names) - 1, 0)))
        sorted_by = "" if self.order == ORDERS[0] else f" by {self.order}"
        total = f" of {len(self.entries)}" if self._words.strip() else ""
        self.border_title = title(f"Personas · {len(names)}{total}{sorted_by}")


def listed(entries: Sequence[RosterEntry], *, words: str, order: str) -> list[RosterEntry]:
    """The personas with all `words` in name, id, state or expertise, in one of `ORDERS`; equal ones by id."""
    required = words.casefold().split()
    matching = (entry for entry in entries if all(word in _search_text(entry) for word in required))
    return sorted(matching, key=lambda entry: (_KEYS[order](entry), entry.persona.persona_id))


def _search_text(entry: RosterEntry) -> str:
    persona = entry.persona
    return " ".join((persona.name, persona.persona_id, entry.state, *persona.expertise)).casefold()


def persona_cells(entry: RosterEntry, *, marked: bool = False) -> list[Text]:
    """The row of one persona: mark and name, state, samples, mean reward, cost, expertise."""
    persona, performance = entry.persona, performance_of(entry.persona)
    mean = score(performance.mean) if performance.samples else "  · "
    return [
        Text(f"{CHOSEN if marked else ' '} {fit(persona.name, NAME_CELLS)}"),
        Text(f"{STATES.get(entry.state, '?')} {entry.state}"),
        Text(f"{performance.samples:>7}"),
        Text(mean),
        Text(score(persona.activation_cost)),
        Text(plain(", ".join(persona.expertise))[:MOST_CHARACTERS]),
    ]


def free_id(stem: str, entries: Sequence[RosterEntry]) -> str:
    """`stem`, or `stem` with the first number that makes an unused id."""
    used = {entry.persona.persona_id for entry in entries}
    names = chain([stem], (f"{stem}-{n}" for n in count(2)))
    return next(name for name in names if name not in used)
