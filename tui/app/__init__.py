"""tui/app."""
