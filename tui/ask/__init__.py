"""tui/ask."""
