"""The form that adds or edits a persona; every key checks it against the schema of persona files."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input, Label, Static

from engine.errors import PersonaMoeError
from engine.personas.persona import Persona, content_of, persona_problems
from engine.personas.roster import performance_of
from engine.personas.traits import starts_afresh
from engine.text.safe import one_line
from tui.drawing.cells import counted, plain
from tui.personas.trait_list import TraitList
from tui.widgets.key_bar import KeyBar
from tui.widgets.line_input import LineInput
from tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from db.personas.folder_roster import FolderRoster

FIELDS = {
    "persona_id": ("id", "lower-case letters, digits, - and _; also the name of its file"),
    "name": ("name", "its name on the screens"),
    "description": ("description", "a sentence that says how it searches"),
    "expertise": ("expertise", "subjects, separated by ; - the gate prefers it for questions about them"),
    "activation_cost": ("cost", "0 to 1: the gate subtracts it from its score"),
}
MOST_PROBLEMS, SEPARATOR = 2, ";"


class PersonaForm(Screen[str | None]):
    """Dismissed with `id: words` about what was saved, or with None."""

    TITLE = "Persona"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", id="form.save", tooltip="Save the persona and go back"),
        Binding(
            "escape", "leave", "Leave", id="form.leave", tooltip="Go back without saving; changes need a second esc"
        ),
        Binding("ctrl+r", "record", "Record", id="form.record", tooltip="Keep its samples, or start afresh"),
        Binding("up", "app.focus_previous", "Up", show=False, id="form.up", tooltip="The field above"),
        Binding("down,enter", "app.focus_next", "Down", show=False, id="form.down", tooltip="The field below"),
    ]

    def __init__(self, roster: FolderRoster, persona: Persona, *, new: bool) -> None:
        super().__init__()
        self._roster, self._persona, self._new = roster, persona, new
        self._afresh: bool | None = None
        self._used_ids: frozenset[str] = frozenset()
        self._warned = False

    def compose(self) -> ComposeResult:
        """A line for each field, the traits, whether the record is kept, and the problems."""
        heading = "New persona" if self._new else f"Edit {plain(self._persona.name)}"
        yield Label(Text(heading, "bold"), id="form-title")
        for name, (label, hint) in FIELDS.items():
            with Horizontal(classes="form-row"):
                yield Label(label, classes="form-label", markup=False)
                yield Input(self._initial(name), placeholder=hint, compact=True, select_on_focus=False, id=name)
        yield TraitList(self._persona.traits, fixed=self._persona.is_control, id="traits")
        yield LineInput(placeholder="name of the other trait; enter adds it, esc closes", pane="#traits", id="other")
        yield Static(markup=False, id="record")
        yield Static(markup=False, id="wrong")
        yield MessageLine(id="message")
        yield KeyBar()

    def _initial(self, name: str) -> str:
        persona = self._persona
        if name == "expertise":
            return f"{SEPARATOR} ".join(map(one_line, persona.expertise))
        if name == "activation_cost":
            return f"{persona.activation_cost:g}"
        return one_line(persona.persona_id if name == "persona_id" else str(persona.metadata.get(name, "")))

    async def on_mount(self) -> None:
        """Focus the first field that can be changed; a thread reads which ids are in use."""
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#persona_id").disabled = not self._new
        self.query_one(MessageLine).clear()
        self.query_one("#persona_id" if self._new else "#name").focus()
        self._check()
        if self._new:
            entries = await asyncio.to_thread(self._roster.entries)
            self._used_ids = frozenset(entry.persona.persona_id for entry in entries)
            self._check()

    # -- what was typed -----------------------------------------------------------------------------------

    def _data(self) -> dict[str, Any]:
        """The content of the file that would be saved, valid or not."""
        typed = {name: self.query_one(f"#{name}", Input).value for name in FIELDS}
        data: dict[str, Any] = msgspec.to_builtins(self._persona)
        data["persona_id"] = typed["persona_id"].strip()
        for name in ("name", "description"):
            if typed[name] != self._initial(name):
                data["metadata"][name] = typed[name]
            if not data["metadata"].get(name):
                data["metadata"].pop(name, None)
        if typed["expertise"] != self._initial("expertise"):
            data["expertise"] = [field.strip() for field in typed["expertise"].split(SEPARATOR) if field.strip()]
        data["expertise"] = list(data["expertise"])
        if typed["activation_cost"] != self._initial("activation_cost"):
            data["activation_cost"] = _number(typed["activation_cost"])
        return {**data, "traits": dict(self.query_one(TraitList).traits)}

    def _problems(self, data: dict[str, Any]) -> list[str]:
        used = self._new and data["persona_id"] in self._used_ids
        return [*([f"persona_id: {data['persona_id']} is in use"] if used else []), *persona_problems(data)]

    @on(Input.Changed)
    @on(TraitList.Changed)
    def _check(self) -> None:
        """Show the problems, and what saving would do to the record."""
        data = self._data()
        problems = self._problems(data)
        more = f"  (and {len(problems) - MOST_PROBLEMS} more)" if len(problems) > MOST_PROBLEMS else ""
        words = "\n".join(f"! {plain(problem)}" for problem in problems[:MOST_PROBLEMS]) + more
        wrong = self.query_one("#wrong", Static)
        wrong.update(Text(words, "yellow") if problems else Text("✓ valid", "green"))
        words, record = self._record_words(data, valid=not problems), self.query_one("#record", Static)
        record.update(Text(words, "dim"))
        record.display = bool(words)
        self._warned = False

    def _record_words(self, data: dict[str, Any], *, valid: bool) -> str:
        samples = performance_of(self._persona).samples
        if self._new or not samples or not valid:
            return ""
        if self._starts_afresh(msgspec.convert(data, Persona)):
            return f"record: starts afresh, {counted(samples, 'sample')} will no longer count (^r keeps the record)"
        return f"record: kept, {counted(samples, 'sample')} (^r starts afresh)"

    def _starts_afresh(self, persona: Persona) -> bool:
        """Return the choice of the user, else the rule of the roster."""
        return starts_afresh(self._persona, persona) if self._afresh is None else self._afresh

    # -- keys ---------------------------------------------------------------------------------------------

    def action_record(self) -> None:
        """Keep the record or start afresh, whichever is not chosen."""
        data = self._data()
        if not self._new and not self._problems(data):
            self._afresh = not self._starts_afresh(msgspec.convert(data, Persona))
            self._check()

    def on_trait_list_other_wanted(self) -> None:
        """Ask for the name of another trait."""
        self.query_one(LineInput).open()

    @on(Input.Submitted)
    def _next_field(self, event: Input.Submitted) -> None:
        """Add the typed trait; from any other field go to the next."""
        if event.input.id != "other":
            self.focus_next()
            return
        if trait := one_line(event.value).strip():
            self.query_one(TraitList).add(trait)
        self.query_one(LineInput).close()

    def action_leave(self) -> None:
        """Close the line for another trait, or leave the form; unsaved changes need a second time."""
        if (line := self.query_one(LineInput)).is_open:
            line.close()
            return
        data = self._data()
        changed = data["persona_id"] != self._persona.persona_id or self._content(data) != content_of(self._persona)
        if changed and not self._warned:
            self._warned = True
            self.query_one(MessageLine).complain("not saved: ^s saves the changes, esc again discards them")
        else:
            self.dismiss(None)

    def _content(self, data: dict[str, Any]) -> dict[str, Any]:
        return {name: data[name] for name in content_of(self._persona)}

    def action_save(self) -> None:
        """Save the persona if it is valid."""
        data = self._data()
        if problems := self._problems(data):
            self.query_one(MessageLine).complain(f"not saved: {problems[0]}")
            return
        self._save(msgspec.convert(data, Persona))

    @work(group="save", exclusive=True)
    async def _save(self, persona: Persona) -> None:
        afresh = not self._new and self._starts_afresh(persona)
        write = partial(self._roster.add, persona) if self._new else partial(self._roster.edit, persona, afresh=afresh)
        try:
            entry = await asyncio.to_thread(write)
        except PersonaMoeError as error:
            self.query_one(MessageLine).complain(str(error))
            return
        samples = performance_of(self._persona).samples
        result = f"added as {entry.state}" if self._new else "saved"
        self.dismiss(f"{persona.persona_id}: {result}{', and starts afresh' if afresh and samples else ''}")


def _number(text: str) -> float | str:
    """The number, or the text itself, which the schema then refuses."""
    try:
        return float(text)
    except ValueError:
        return text
