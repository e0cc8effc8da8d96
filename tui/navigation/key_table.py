"""Read the keys of all screens from their bindings; build the table of KEYS.md; check a keymap."""

from __future__ import annotations

import inspect
import pkgutil
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, Keys, format_key, key_to_character

import tui
from tui.navigation.screens import SCREENS
from tui.terminal.textual_fixes import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVERYWHERE = "everywhere"
_FIRST = (("tui.app.app", "PersonaMoeApp", EVERYWHERE), ("tui.ask.screen", "AskScreen", "Ask"))
"""Imported by name, because both import this module themselves."""
_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_SPELLED = {"escape": "esc", "pageup": "page up", "pagedown": "page down", "space": "space", "full_stop": "."}


@dataclass(frozen=True)
class BoundKey:
    """One binding: the screen or pane in which it works, its keys as Textual names them, what it does."""

    where: str
    keys: tuple[str, ...]
    does: str
    id: str
    name: str

    @property
    def shown(self) -> str:
        """The keys as the screens show them."""
        return ", ".join(map(spelled, self.keys))


def spelled(key: str) -> str:
    """The key as the screens show it: `ctrl+?` for `ctrl+question_mark`."""
    *modifiers, last = key.split("+")
    name = _SPELLED.get(last) or (last if last in set(Keys) else format_key(last))
    return "+".join([*modifiers, name])


@cache
def bound_keys() -> tuple[BoundKey, ...]:
    """Every binding with an id: of the application, of each screen in the order of its key, then of the panes."""
    owners = {getattr(import_module(module), kind): where for module, kind, where in _FIRST}
    owners |= {entry.screen_class(): entry.title for entry in SCREENS}
    screens = tuple(owners)
    for kind in _classes():
        if not any(issubclass(screen, kind) for screen in screens):
            owners[kind] = _title(kind)
    return tuple(bound for kind, where in owners.items() for bound in _of(kind, where, inherited=kind in screens))


def _classes() -> Iterator[type[Any]]:
    """The screens and the widgets of this program, by module and name."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        if module.name.split(".")[1] not in {"commands", "web", "__main__", "command_line"}:
            for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
                if kind.__module__ == module.name and "BINDINGS" in vars(kind):
                    yield kind


def _title(kind: type[Any]) -> str:
    """`HelpScreen` as `help`, `LinePane` as `line pane`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)
    return words.strip().removesuffix(" screen")


def _of(kind: type[Any], where: str, *, inherited: bool) -> Iterator[BoundKey]:
    """The bindings of a class; with `inherited` also those of its base classes in this program."""
    classes = [base for base in kind.__mro__ if base.__module__.startswith("tui.")] if inherited else [kind]
    for binding in (binding for owner in classes for binding in vars(owner).get("BINDINGS", ())):
        if isinstance(binding, Binding) and binding.id:
            keys = tuple(key.strip() for key in binding.key.split(","))
            yield BoundKey(where, keys, binding.tooltip or binding.description, binding.id, binding.description)


def markdown() -> str:
    """Return the table of KEYS.md."""
    lines = ["| where | key | what it does | id |", "|---|---|---|---|"]
    where = ""
    for bound in bound_keys():
        cells = ("" if bound.where == where else bound.where, f"`{bound.shown}`", bound.does, f"`{bound.id}`")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        where = bound.where
    return "\n".join(lines)


def keymap_problems(keymap: Mapping[str, str]) -> list[str]:
    """The problems of a user's keymap: unknown ids, keys that do not exist, keys that two actions share."""
    ids = {bound.id for bound in bound_keys()} | {"command_palette"}
    problems = []
    for name, keys in keymap.items():
        if name not in ids:
            near = get_close_matches(name, ids, n=1, cutoff=0.0)
            problems.append(f"keymap: there is no action {name!r} (did you mean {near[0]!r}?)")
        invalid = [key for key in _split(keys) if not is_key(key)]
        problems += [f"keymap: {name}: {key!r} is no key (such as f5, ctrl+x or question_mark)" for key in invalid]
    return problems + _conflicts(keymap)


def _conflicts(keymap: Mapping[str, str]) -> list[str]:
    """The keys of the keymap that another action of the same screen, or of all screens, has too."""
    problems: dict[str, None] = {}
    effective = [(bound, _split(keymap[bound.id]) if bound.id in keymap else bound.keys) for bound in bound_keys()]
    for bound, keys in effective:
        if bound.id not in keymap:
            continue
        for other, other_keys in effective:
            overlap = bound.where == other.where or EVERYWHERE in {bound.where, other.where}
            for key in set(keys) & set(other_keys) if overlap and other.id != bound.id else ():
                names = " and ".join(sorted((bound.id, other.id)))
                problems[f"keymap: {spelled(key)} is the key of {names}"] = None
    return list(problems)


def _split(keys: str) -> tuple[str, ...]:
    """The keys of a comma-separated list, as Textual names them."""
    return tuple(_named(key.strip()) for key in keys.split(","))


def _named(key: str) -> str:
    return key_name(key) if len(key) == 1 else key


def is_key(key: str) -> bool:
    """Whether a terminal can send the key: modifiers, then a character, its name, or a key such as `f5`."""
    *modifiers, last = key.split("+")
    if not last or not set(modifiers) <= _MODIFIERS:
        return False
    name = REPLACED_KEYS.get(last, last)
    return last in {str(k.value) for k in Keys} or key_to_character(name) is not None
