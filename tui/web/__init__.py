"""tui/web."""
