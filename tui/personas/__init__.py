"""tui/personas."""
