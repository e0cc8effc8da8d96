"""tui/health."""
