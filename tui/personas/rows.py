"""The rows of the persona manager: which, in which order, and what stands in them."""

from collections.abc import Callable, Sequence
from itertools import chain, count
from typing import Any

from rich.text import Text

from engine.personas.persona import PersonaState, RosterEntry
from engine.personas.roster import performance_of
from tui.drawing.cells import fit, plain, score
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


def listed(entries: Sequence[RosterEntry], *, words: str, order: str) -> list[RosterEntry]:
    """The personas with all `words` in name, id, state or expertise, in one of `ORDERS`; equal ones by id."""
    wanted = words.casefold().split()
    found = (entry for entry in entries if all(word in _text(entry) for word in wanted))
    return sorted(found, key=lambda entry: (_KEYS[order](entry), entry.persona.persona_id))


def _text(entry: RosterEntry) -> str:
    persona = entry.persona
    return " ".join((persona.name, persona.persona_id, entry.state, *persona.expertise)).casefold()


def persona_cells(entry: RosterEntry, *, marked: bool = False) -> list[Text]:
    """The row of one persona: mark and name, state, samples, mean reward, cost, expertise."""
    persona, earned = entry.persona, performance_of(entry.persona)
    mean = score(earned.mean) if earned.samples else "  · "
    return [
        Text(f"{CHOSEN if marked else ' '} {fit(persona.name, NAME_CELLS)}"),
        Text(f"{STATES.get(entry.state, '?')} {entry.state}"),
        Text(f"{earned.samples:>7}"),
        Text(mean),
        Text(score(persona.activation_cost)),
        Text(plain(", ".join(persona.expertise))[:MOST_CHARACTERS]),
    ]


def free_id(stem: str, entries: Sequence[RosterEntry]) -> str:
    """`stem`, or with the first number behind it that nobody has."""
    taken = {entry.persona.persona_id for entry in entries}
    names = chain([stem], (f"{stem}-{n}" for n in count(2)))
    return next(name for name in names if name not in taken)
