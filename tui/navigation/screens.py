"""The table of the screens that a function key opens; bindings, palette and screen bar are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen and its keys; `module` and `kind` name its class, which is imported when it is first opened."""

    mode: str
    title: str
    keys: str
    tooltip: str
    module: str
    kind: str

    def screen_class(self) -> type[Screen[None]]:
        """The class of the screen; it takes the session."""
        screen: type[Screen[None]] = getattr(import_module(self.module), self.kind)
        return screen


SCREENS = (
    ScreenEntry(
        "personas", "Personas", "f2,alt+p", "Promote, demote, prune and restore personas",
        "tui.personas.screen", "PersonasScreen",
    ),
    ScreenEntry(
        "history", "History", "f3,f8,alt+h", "Find, replay, compare and export earlier questions",
        "tui.history.screen", "HistoryScreen",
    ),
    ScreenEntry(
        "graph", "Graph", "f4,alt+g", "The graph of a question: its steps, its personas, the paths to the citations",
        "tui.graph.screen", "GraphScreen",
    ),
    ScreenEntry(
        "library", "Library", "f5,alt+l", "Add, rescan and remove documents",
        "tui.library.screen", "LibraryScreen",
    ),
    ScreenEntry(
        "settings", "Settings", "f6,alt+s", "Change thresholds, weights, model, theme and keys",
        "tui.settings.screen", "SettingsScreen",
    ),
    ScreenEntry(
        "health", "Health", "f7,alt+e", "Numbers of runs, checks, and the newest log entries",
        "tui.health.screen", "HealthScreen",
    ),
)  # fmt: skip
"""In the order of their keys; the ask screen is not among them, because escape leads back to it."""
TITLES = {"ask": "Ask"} | {entry.mode: entry.title for entry in SCREENS}
"""The title of each mode."""
