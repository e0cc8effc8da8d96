"""tui/source."""
