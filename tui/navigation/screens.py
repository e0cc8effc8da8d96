"""The screens of the application and their keys: the one table that the keys, the palette and the top line read."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """A screen that is always one key away; `module` and `kind` name its class, imported when it is first shown."""

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
        "personas", "Personas", "f2", "Promote, demote, prune and restore personas",
        "tui.personas.screen", "PersonasScreen",
    ),
    ScreenEntry(
        "history", "History", "f3,f8", "Earlier questions: find and replay them",
        "tui.history.screen", "HistoryScreen",
    ),
    ScreenEntry(
        "graph", "Graph", "f4", "The question's graph: step by step, by persona, and the paths to the citations",
        "tui.graph.screen", "GraphScreen",
    ),
    ScreenEntry(
        "library", "Library", "f5", "Add, read again and remove documents",
        "tui.library.screen", "LibraryScreen",
    ),
    ScreenEntry(
        "settings", "Settings", "f6", "Thresholds, weights, model, theme and keys: see and change them",
        "tui.settings.screen", "SettingsScreen",
    ),
    ScreenEntry(
        "health", "Health", "f7", "Runs, times and trouble; what a run needs",
        "tui.health.screen", "HealthScreen",
    ),
)  # fmt: skip
"""In the order of their keys; the ask screen, where the program starts, is where escape leads back to."""
