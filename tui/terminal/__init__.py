"""tui/terminal."""
