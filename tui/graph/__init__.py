"""tui/graph."""
