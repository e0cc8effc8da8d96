"""tui/run."""
