"""One persona in full: what it is, and its traits as bars from 1 to 9."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.lifecycle import performance_of
from engine.persona import RosterEntry
from engine.text import printable
from engine.traits import TRAITS
from tui.cells import bar, fit, plain

HIGHEST = 9
TRAIT_CELLS = 14
FEW = 5


def card_text(entry: RosterEntry, width: int) -> Text:
    """Name and id, state and record, description, expertise, and each trait with the parameter it sets."""
    persona, earned = entry.persona, performance_of(entry.persona)
    record = f"{earned.samples} samples, mean {earned.mean:.2f}" if earned.samples else "no samples yet"
    text = Text.assemble((plain(persona.name), "bold"), (f"  {persona.persona_id}\n", "dim"))
    text.append(f"{entry.state}{', the neutral control' if persona.is_control else ''} · {record}\n", "dim")
    if description := printable(str(persona.metadata.get("description", ""))).strip():
        text.append(f"{description}\n")
    text.append("\n")
    columns = max(width // (TRAIT_CELLS + HIGHEST + 6), 1) if len(persona.traits) > FEW else 1
    for n, (trait, value) in enumerate(persona.traits.items(), start=1):
        text.append(f"{fit(trait, TRAIT_CELLS)} ")
        text.append(bar(value, full=HIGHEST, width=HIGHEST), "cyan")
        text.append(f" {value}")
        if columns == 1:
            text.append(
                f"  {TRAITS[trait].parameter if trait in TRAITS else 'colours its words'}".replace("_", " "), "dim"
            )
        text.append("   " if n % columns else "\n")
    if persona.expertise:
        text.append(f"\nat home in {', '.join(map(plain, persona.expertise))}", "dim")
    return text


class PersonaCard(VerticalScroll, can_focus=True):
    """Shows `card_text` of one persona."""

    BORDER_TITLE = " Persona "

    def __init__(self, *, id: str) -> None:  # noqa: A002 - textual's own name for it
        super().__init__(id=id)
        self._entry: RosterEntry | None = None

    def compose(self) -> ComposeResult:
        """One text that comes from a persona file."""
        yield Static(markup=False, id="card-text")

    def show(self, entry: RosterEntry | None) -> None:
        """Draw this persona, or nothing."""
        self._entry = entry
        self.query_one(Static).update("" if entry is None else card_text(entry, self.size.width))

    def on_resize(self) -> None:
        """Another width may hold another number of columns."""
        self.show(self._entry)
