"""Show one pane on the whole screen, and all panes again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import Input

if TYPE_CHECKING:
    from textual.screen import Screen


def toggle_zoom(screen: Screen[Any]) -> None:
    """Show the pane with the focus alone, the largest pane if a line of text has the focus; or show all panes again."""
    pane = screen.focused
    if screen.maximized is not None:
        screen.minimize()
        return
    if pane is None or isinstance(pane, Input):
        panes = (other for other in screen.focus_chain if not isinstance(other, Input))
        pane = max(panes, key=lambda other: other.region.area, default=None)
    if pane is not None:
        screen.set_focus(pane)
        screen.maximize(pane, container=False)
