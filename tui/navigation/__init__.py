"""tui/navigation."""
