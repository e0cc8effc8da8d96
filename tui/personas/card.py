"""One persona in full: what it is, its family, what its state rests on, and its traits as bars from 1 to 9."""

from collections.abc import Sequence

from rich.text import Text

from engine.personas.outlook import Outlook
from engine.personas.persona import RosterEntry
from engine.personas.traits import TRAITS
from engine.text.safe import printable
from tui.drawing.cells import bar, fit, plain
from tui.personas.outlook_text import outlook_lines, scale_line
from tui.personas.text import HIGHEST

TRAIT_CELLS, BROADEST_SCALE = 14, 72
MOST_NAMED = 8


def family_of(entry: RosterEntry, entries: Sequence[RosterEntry]) -> tuple[list[str], list[str]]:
    """The ids of parents and of children; a parent may be gone."""
    name = entry.persona.persona_id
    children = [each.persona.persona_id for each in entries if name in each.persona.parents]
    return list(entry.persona.parents), children


def card_lines(entry: RosterEntry, entries: Sequence[RosterEntry], outlook: Outlook, width: int) -> list[Text]:
    """Name and state, description, the scale with its words, family, and each trait with what it sets."""
    persona = entry.persona
    control = ", the neutral control" if persona.is_control else ""
    head = Text.assemble((plain(persona.name), "bold"), (f"  {persona.persona_id} · {entry.state}{control}", "dim"))
    told = outlook_lines(entry, outlook)
    lines = [head, Text(scale_line(outlook, min(width, BROADEST_SCALE)), "cyan")]
    lines += [Text(told[0]), Text(told[1], "dim"), *map(Text, told[2:])]
    if description := printable(str(persona.metadata.get("description", ""))).strip():
        lines += [Text(), Text(description)]
    lines += [Text(), *(_trait(trait, value) for trait, value in persona.traits.items())]
    if not persona.traits:
        lines.append(Text("no traits: every habit of its walk is in the middle", "dim"))
    if persona.expertise:
        lines.append(Text(f"at home in {', '.join(map(plain, persona.expertise))}", "dim"))
    for label, names in zip(("child of", "children"), family_of(entry, entries), strict=True):
        if names:
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            lines.append(Text(f"{label} {', '.join(names[:MOST_NAMED])}{more} (t goes there)", "dim"))
    return lines


def _trait(trait: str, value: int) -> Text:
    sets = TRAITS[trait].meaning if trait in TRAITS else "colours its words"
    drawn = bar(value, full=HIGHEST, width=HIGHEST)
    return Text.assemble(f"{fit(trait, TRAIT_CELLS)} ", (drawn, "cyan"), f" {value}  ", (sets, "dim"))
